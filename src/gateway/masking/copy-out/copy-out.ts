import { parseSync } from 'libpg-query';
import type { ParsedStatement } from '../../sql/effects.ts';
import { sqlIdentifier } from '../../wire/quote.ts';
import { isNode, statementOf, stringsOf, type TreeNode, textOf } from '../tree.ts';
import { type CopyFormat, copyFormatOf, isUnmaskable, type UnmaskableCopy } from './copy-format.ts';

/** A COPY TO STDOUT whose rows can be masked once the server has told the columns of `look`. */
export interface CopyOut {
  readonly format: CopyFormat;
  /** A query of the same columns in the same order, to be described by the server and never run. */
  readonly look: string;
  /** `COPY t TO`: the server leaves generated columns out, which `look` has. */
  readonly wholeTable: boolean;
}

/** How the rows of a statement leave: as COPY TO STDOUT that can be masked, or that cannot; null when it is no COPY TO. */
export function copyOutOf({ tree, text }: Pick<ParsedStatement, 'tree' | 'text'>): CopyOut | UnmaskableCopy | null {
  const statement = statementOf(tree);
  if (statement?.tag !== 'CopyStmt' || statement.node.is_from === true) return null;
  const { node } = statement;
  if (node.filename !== undefined || node.is_program === true)
    return { reason: 'it would be written by the server, past Postern', hint: 'Use COPY … TO STDOUT.' };
  const format = copyFormatOf(node.options);
  if (isUnmaskable(format)) return format;
  if (node.query === undefined)
    return { format, look: tableLook(node), wholeTable: stringsOf(node.attlist).length === 0 };
  const look = queryText(text, node.query);
  if (look === null)
    return { reason: 'the query in it could not be told from the rest', hint: 'Write COPY (query) TO STDOUT plainly.' };
  return { format, look, wholeTable: false };
}

/** COPY of a table reads no children, and no view. */
function tableLook(node: TreeNode): string {
  const relation = isNode(node.relation) ? node.relation : {};
  const name = [relation.catalogname, relation.schemaname, relation.relname]
    .flatMap((part) => textOf(part) ?? [])
    .map(sqlIdentifier)
    .join('.');
  const columns = stringsOf(node.attlist).map(sqlIdentifier).join(', ');
  return `SELECT ${columns === '' ? '*' : columns} FROM ONLY ${name}`;
}

/** Brackets looked at in search of those around the query. */
const mostOpening = 5;
const mostClosing = 50;
/** What may follow the query: TO, behind spaces and comments. */
const behindQuery = /^\)(?:\s|--.*|\/\*[\s\S]*?\*\/)*to\b/i;

/**
 * The text of the query in `COPY (query) TO`. The tree does not say where it ends; whatever stands between two brackets is
 * taken when PostgreSQL's grammar reads the same tree in it, so that a mistake in finding it cannot matter.
 */
function queryText(text: string, query: unknown): string | null {
  const wanted = withoutPlaces(query);
  const opening = placesOf('(', text).slice(0, mostOpening);
  const closing = placesOf(')', text)
    .filter((at) => behindQuery.test(text.slice(at, at + 200)))
    .slice(-mostClosing)
    .reverse();
  for (const start of opening)
    for (const end of closing) {
      const candidate = text.slice(start + 1, end);
      if (treeOf(candidate) === wanted) return candidate;
    }
  return null;
}

function placesOf(character: string, text: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) places.push(at);
  return places;
}

function treeOf(text: string): string | null {
  try {
    const [only, ...others] = parseSync(text).stmts ?? [];
    return only === undefined || others.length > 0 ? null : withoutPlaces(only.stmt);
  } catch {
    return null; // no statement
  }
}

/** A tree as text, without the members that say where in the text something stands. */
const withoutPlaces = (tree: unknown): string =>
  JSON.stringify(tree, (key, value: unknown) =>
    /^(?:.+_)?location$|^(?:rexpr_)?list_(?:start|end)$/.test(key) ? undefined : value,
  );
