import type { CatalogSnapshot } from './catalog.ts';
import { type CatalogIndex, indexOf } from './catalog-index.ts';
import { collect, descend } from './collect.ts';
import { type Draft, emptyDraft, finish, mergeDraft, type Place } from './draft.ts';
import type { ParsedStatement } from './effects.ts';
import { noteTypeUse, noteUse } from './functions.ts';
import { readPlpgsql, type VariableType } from './plpgsql.ts';
import { isNode, type SyntaxNode, tagged } from './tree.ts';
import { singleFrom } from './write-consequences.ts';

/** Parses SQL into the `stmt` nodes of its statements; throws when it cannot. */
export type ParseStatements = (sql: string) => readonly SyntaxNode[];

/**
 * Effects and names of one statement. `tree` is the `stmt` node of a RawStmt; `parse` serves definitions found in the
 * catalog. What the grammar table does not know makes the effects `understood: false`.
 */
export function effectsOf(
  tree: unknown,
  text: string,
  catalog: CatalogSnapshot | null,
  parse: ParseStatements,
): ParsedStatement {
  const draft = emptyDraft();
  const statement = tagged(tree);
  const index = catalog === null ? null : indexOf(catalog);
  if (statement === null || !isNode(tree)) draft.unknown.add('RawStmt');
  else collect(statement.tag, statement.node, placeOf(draft, index, tree, text, parse));
  return { effects: finish(draft), text, names: draft.names, tree };
}

function placeOf(
  draft: Draft,
  index: CatalogIndex | null,
  root: SyntaxNode,
  text: string,
  parse: ParseStatements,
): Place {
  return {
    draft,
    index,
    ctes: new Set(),
    mode: 'read',
    root,
    text,
    collect,
    descend,
    collectSql: (sql, within) => collectSql(sql, within, parse),
    fromOf: (definition) => fromOf(definition, parse),
    collectPlpgsql: (definition, within) => collectPlpgsql(definition, within, parse),
  };
}

function collectSql(sql: string, index: CatalogIndex | null, parse: ParseStatements): Draft | null {
  let statements: readonly SyntaxNode[];
  try {
    statements = parse(sql);
  } catch {
    return null; // the callers take null for "may do anything"
  }
  const draft = emptyDraft();
  for (const root of statements) {
    const statement = tagged(root);
    if (statement === null) draft.unknown.add('RawStmt');
    else collect(statement.tag, statement.node, placeOf(draft, index, root, sql, parse));
  }
  return draft;
}

function fromOf(definition: string, parse: ParseStatements): SyntaxNode | null {
  try {
    return singleFrom(parse(definition)[0]);
  } catch {
    return null;
  }
}

/** A variable runs what values of its type run; one with the type of a column, what values of that table do. */
function noteVariableType({ names, ofColumn }: VariableType, place: Place): void {
  const { index } = place;
  if (!ofColumn) return noteTypeUse(names.at(-1) ?? '', place);
  const relation = names.length < 2 ? null : (index?.relation(names.at(-3) ?? null, names.at(-2) ?? '') ?? null);
  if (relation !== null) noteUse(relation, 'read', place); // else of another variable, which is noted itself
}

function collectPlpgsql(definition: string, index: CatalogIndex | null, parse: ParseStatements): Draft | null {
  const reading = readPlpgsql(definition);
  if (reading === null) return null;
  const draft = emptyDraft();
  for (const what of reading.unknown) draft.unknown.add(what);
  const place = placeOf(draft, index, {}, definition, parse);
  for (const type of reading.types) noteVariableType(type, place);
  for (const sql of reading.statements) {
    const collected = collectSql(sql, index, parse);
    if (collected === null) draft.unknown.add('PL/pgSQL statement');
    else mergeDraft(draft, collected, 'function');
    for (const what of collected?.unknown ?? []) draft.unknown.add(what);
  }
  if (reading.loops && draft.kinds.has('insert')) draft.insertedRows = null;
  return draft;
}
