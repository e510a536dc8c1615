import type { CatalogRelation, CatalogSnapshot } from './catalog.ts';
import { indexOf } from './catalog-index.ts';
import { type ParsedStatement, qualifiedName, type RelationReference, takenFrom } from './effects.ts';
import { isNode, listAt, nameParts, type SyntaxNode, stringAt, tagged, untag } from './tree.ts';

/** Column names that a text mentions anywhere, and whether it may also mean whole rows. */
interface Mentioned {
  readonly names: Set<string>;
  /** Relations named in the text itself, `schema.relation` or bare. */
  readonly relations: Set<string>;
  wholeRows: boolean;
}

/** Kinds whose text names every column that they touch; anything else counts as touching all of them. */
const namesItsColumns = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'CopyStmt']);

const touched = new WeakMap<ParsedStatement, { catalog: CatalogSnapshot | null; columns: readonly string[] }>();

/**
 * Columns that a statement may read or write, as `schema.relation.column`. Errs on the side of more: a name counts for
 * every relation of the statement that has such a column; `*`, whole rows, NATURAL joins, definitions, and what is read
 * through views and functions count as all columns. A relation that the catalog does not know gives `relation.*`.
 */
export function columnsTouched(statement: ParsedStatement, catalog: CatalogSnapshot | null): readonly string[] {
  const known = touched.get(statement);
  if (known !== undefined && known.catalog === catalog) return known.columns;
  const columns = find(statement, catalog);
  touched.set(statement, { catalog, columns });
  return columns;
}

function find({ tree, effects }: ParsedStatement, catalog: CatalogSnapshot | null): readonly string[] {
  const mentioned: Mentioned = { names: new Set(), relations: new Set(), wholeRows: false };
  const statement = tagged(tree);
  if (statement === null || !namesItsColumns.has(statement.tag)) mentioned.wholeRows = true;
  visit(tree, mentioned);
  const index = catalog === null ? null : indexOf(catalog);
  const references = [...takenFrom(effects.reads), ...effects.writes];
  const relations = references.map((reference) => ({
    reference,
    relation: reference.oid === null ? null : (index?.relationByOid(reference.oid) ?? null),
  }));
  // A bare name that is no column of anything here may be a whole row, called by its relation or alias.
  const columns = new Set(relations.flatMap(({ relation }) => relation?.columns.map(({ name }) => name) ?? []));
  if ([...mentioned.names].some((name) => !columns.has(name))) mentioned.wholeRows = true;
  return [...new Set(relations.flatMap(({ reference, relation }) => columnsOf(reference, relation, mentioned)))];
}

function columnsOf(reference: RelationReference, relation: CatalogRelation | null, mentioned: Mentioned): string[] {
  const qualified = qualifiedName(reference);
  if (relation === null) return [`${qualified}.*`];
  const direct = mentioned.relations.has(reference.name) || mentioned.relations.has(qualified);
  const all = mentioned.wholeRows || !direct;
  return relation.columns
    .filter(({ name }) => all || mentioned.names.has(name))
    .map(({ name }) => `${qualified}.${name}`);
}

function visit(value: unknown, mentioned: Mentioned): void {
  if (Array.isArray(value)) {
    for (const member of value) visit(member, mentioned);
    return;
  }
  if (!isNode(value)) return;
  for (const [tag, child] of Object.entries(value)) {
    if (isNode(child)) note(tag, child, mentioned);
    visit(child, mentioned);
  }
}

function note(tag: string, node: SyntaxNode, mentioned: Mentioned): void {
  switch (tag) {
    case 'ColumnRef': {
      const parts = nameParts(listAt(node, 'fields'));
      const last = parts.at(-1) ?? null;
      if (last === null) mentioned.wholeRows = true;
      else mentioned.names.add(last);
      // `(alias.composite).field` and `schema.table.column`: what stands before may be a column itself.
      return;
    }
    case 'A_Indirection':
      if (listAt(node, 'indirection').some((part) => tagged(part)?.tag === 'A_Star')) mentioned.wholeRows = true;
      return;
    case 'RangeVar':
    case 'relation':
    case 'rel':
      if (typeof node.relname !== 'string') return;
      mentioned.relations.add(node.relname);
      if (stringAt(node, 'schemaname') !== '')
        mentioned.relations.add(`${stringAt(node, 'schemaname')}.${node.relname}`);
      return;
    case 'JoinExpr':
      if (node.isNatural === true) mentioned.wholeRows = true;
      for (const name of nameParts(listAt(node, 'usingClause'))) if (name !== null) mentioned.names.add(name);
      return;
    case 'InsertStmt':
      noteTargets(listAt(node, 'cols'), mentioned);
      return;
    case 'UpdateStmt':
    case 'onConflictClause':
    case 'MergeWhenClause':
      noteTargets(listAt(node, 'targetList'), mentioned, tag === 'MergeWhenClause');
      return;
    case 'CopyStmt': {
      const names = nameParts(listAt(node, 'attlist'));
      if (names.length === 0 && isNode(node.relation)) mentioned.wholeRows = true;
      for (const name of names) if (name !== null) mentioned.names.add(name);
      return;
    }
  }
}

/** Columns assigned to; an INSERT that names none fills all of them. */
function noteTargets(targets: readonly unknown[], mentioned: Mentioned, mayBeEmpty = false): void {
  if (targets.length === 0 && !mayBeEmpty) mentioned.wholeRows = true;
  for (const target of targets) {
    const name = stringAt(untag(target, 'ResTarget') ?? {}, 'name');
    if (name !== '') mentioned.names.add(name);
  }
}
