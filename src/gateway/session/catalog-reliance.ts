import type { CatalogSnapshot } from '../sql/catalog.ts';
import type { Effects, ParsedStatement } from '../sql/effects.ts';
import type { Parser } from '../sql/parser.ts';
import { frontend } from '../wire/constants.ts';
import { decodeBind, decodeParse, decodeQuery } from '../wire/decode-frontend.ts';
import type { NameRegistry } from './names.ts';
import { Oversized } from './oversized.ts';
import type { Unit } from './segment.ts';

/** Why the catalog is doubted behind definitions of the same transaction. */
export const changedHere =
  'the schema may have been changed in this transaction, which cannot be seen from outside before its COMMIT';

/** With what a text is looked at. */
export interface RelianceContext {
  readonly parser: Parser;
  readonly catalog: CatalogSnapshot | null;
  /** True on a connection with mask rules: what its reads show is decided by the catalog. */
  readonly masked: boolean;
}

/**
 * True when a verdict on these effects may be laxer because of what the catalog says: a write (that a key is unique, that
 * no trigger fires), a view, a function that is not certainly the server's own, and on a masked connection any relation.
 * A plain read of tables is not: it is let through whatever they are (decision 0012).
 */
export function restsOnCatalog({ kinds, reads, writes, functions }: Effects, masked: boolean): boolean {
  return (
    writes.length > 0 ||
    kinds.includes('execute') ||
    (masked && (reads.length > 0 || kinds.includes('cursor'))) ||
    reads.some(({ via }) => via === 'view' || via === 'function') ||
    functions.some(({ certain }) => certain !== true)
  );
}

/** The same for everything in a unit, before it is judged. What cannot be read is not let through because of any catalog. */
export function unitRestsOnCatalog(unit: Unit, names: NameRegistry, context: RelianceContext): boolean {
  try {
    return textsOf(unit, names).some((text) => textRests(text, context));
  } catch {
    return false; // the planner says what is wrong with it
  }
}

function textRests(text: Buffer, { parser, catalog, masked }: RelianceContext): boolean {
  const understanding = parser.understand(text.toString('utf8'), catalog);
  if (understanding.status !== 'understood') return false;
  return understanding.statements.some(({ effects }: ParsedStatement) => restsOnCatalog(effects, masked));
}

/** The one text that a unit would run and that our grammar does not take; null when there is none, or more than one text. */
export function loneSyntaxError(
  unit: Unit,
  names: NameRegistry,
  { parser, catalog }: Pick<RelianceContext, 'parser' | 'catalog'>,
): string | null {
  try {
    const [first, ...others] = textsOf(unit, names);
    if (first === undefined || others.length > 0 || first.length > parser.statementBytes) return null;
    const text = first.toString('utf8');
    const understanding = parser.understand(text, catalog);
    return understanding.status === 'not_understood' && understanding.code === 'syntax' ? text : null;
  } catch {
    return null; // the planner says what is wrong with it
  }
}

/** What runs in a unit: at Query, or at Bind, never at Parse alone. A portal of an earlier unit holds its locks and plan. */
function textsOf(unit: Unit, names: NameRegistry): readonly Buffer[] {
  if (unit.kind === 'function_call') return [];
  if (unit.kind === 'query') return unit.frame instanceof Oversized ? [] : [decodeQuery(unit.frame)];
  const parsed = new Map<string, Buffer>();
  const texts: Buffer[] = [];
  for (const frame of unit.frames) {
    if (frame instanceof Oversized) break;
    if (frame[0] === frontend.parse) {
      const { name, text } = decodeParse(frame);
      parsed.set(name, text);
    } else if (frame[0] === frontend.bind) {
      const { statement } = decodeBind(frame);
      const text = parsed.get(statement) ?? names.prepared(statement)?.text;
      if (text !== undefined) texts.push(text);
    }
  }
  return texts;
}
