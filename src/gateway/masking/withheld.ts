import type { CatalogFunction, CatalogSnapshot } from '../sql/catalog.ts';
import { maskedCatalog } from './closure.ts';
import { type MaskedCatalog, type MaskedRelation, maskedNames } from './masked-catalog.ts';
import { statementScope } from './statement-scope.ts';
import { firstUserOid } from './system-relations.ts';
import { isNode, listOf, stringOf, type TreeNode, tagged, textOf, walk } from './tree.ts';

/** Why a statement must not run because of a column that does not exist for the agent, in words for it. */
export interface WithheldRefusal {
  readonly code: 'masked_withheld';
  readonly reason: string;
  readonly hint: string;
}

const known = new WeakMap<MaskedCatalog, MaskedCatalog>();

/**
 * The withheld columns of a catalog and where the same values are seen (partitions, generated columns, views), and no other
 * masked column. `functions` makes views doubtful that call code of users.
 */
export function withheldCatalog(catalog: MaskedCatalog, functions: readonly CatalogFunction[] = []): MaskedCatalog {
  const found = functions.length === 0 ? known.get(catalog) : undefined;
  if (found !== undefined) return found;
  const entries = [...catalog.byOid.values()];
  const rules = entries.flatMap(({ relation, masked }) =>
    relation.columns.flatMap(({ attributeNumber, name }) => {
      const by = masked.get(attributeNumber);
      if (by?.masker.kind !== 'withhold') return [];
      return [{ id: by.rule, schema: relation.schema, table: relation.name, column: name, masker: by.masker }];
    }),
  );
  const relations = entries.map(({ relation }) => relation).filter(({ oid }) => oid >= firstUserOid);
  const snapshot: CatalogSnapshot = { version: 0, serverVersionNumber: 0, searchPath: [], relations, functions };
  const withheld = maskedCatalog(rules, rules.length === 0 ? { ...snapshot, relations: [] } : snapshot).catalog;
  if (functions.length === 0) known.set(catalog, withheld);
  return withheld;
}

/** The refusal of a statement that names a withheld column, or shows it by `*`, as part of a whole row or through a view; else null. */
export function withheldRefusal(tag: string, node: TreeNode, catalog: MaskedCatalog): WithheldRefusal | null {
  const withheld = withheldCatalog(catalog);
  if (withheld.byOid.size === 0) return null;
  const tree = { [tag]: node };
  const scope = statementScope(tree, withheld);
  if (scope.maskedRelations.length === 0) return null;
  const labels = [...new Set([...scope.mentions(tree), ...namedBeside(tree, withheld)])].sort();
  if (labels.length === 0) return null;
  const relations = scope.maskedRelations;
  const visible = [...new Set(relations.flatMap(visibleColumns))].slice(0, 24).join(', ');
  return {
    code: 'masked_withheld',
    reason: `${labels.slice(0, 5).join(', ')} ${labels.length === 1 ? 'is' : 'are'} not there for this agent: a rule of this connection withholds it`,
    hint:
      visible === ''
        ? 'No column of it is open.'
        : `Leave it out, and name the columns that you need instead of *: ${visible}.`,
  };
}

const visibleColumns = (entry: MaskedRelation): string[] =>
  entry.relation.columns.filter(({ attributeNumber }) => !entry.masked.has(attributeNumber)).map(({ name }) => name);

/** Withheld columns that a statement names without referring to their values: to write, index, rename, copy or grant them. */
function namedBeside(tree: unknown, withheld: MaskedCatalog): string[] {
  const labels: string[] = [];
  let entries: readonly MaskedRelation[] = [];
  const add = (name: string | null): void => {
    for (const entry of entries) {
      if (name !== null && maskedNames(entry).includes(name)) labels.push(`${entry.relation.name}.${name}`);
    }
  };
  const addAll = (nodes: unknown, tag: string): void => {
    for (const item of listOf(nodes)) add(textOf(tagged(item, tag)?.name));
  };
  walk(tree, (item, key) => {
    if (isNode(item.relation)) entries = withheld.byName.get(textOf(item.relation.relname) ?? '') ?? [];
    if (key === 'InsertStmt') {
      addAll(item.cols, 'ResTarget');
      if (listOf(item.cols).length === 0) for (const name of filledByPosition(item, entries)) add(name);
    }
    if (key === 'UpdateStmt' || key === 'onConflictClause' || key === 'MergeWhenClause')
      addAll(item.targetList, 'ResTarget');
    if (key === 'CopyStmt' && isNode(item.relation)) {
      const named = listOf(item.attlist).map(stringOf);
      for (const name of named.length === 0 ? entries.flatMap(maskedNames) : named) add(name);
    }
    if (key === 'IndexElem' || key === 'AlterTableCmd') add(textOf(item.name));
    if (key === 'RenameStmt') add(textOf(item.subname));
    return undefined;
  });
  return labels;
}

/** Columns that an INSERT without a list fills: as many as it has values, all of them where that is not seen. */
function filledByPosition(insert: TreeNode, entries: readonly MaskedRelation[]): string[] {
  if (insert.selectStmt === undefined) return [];
  const rows = listOf(tagged(insert.selectStmt, 'SelectStmt')?.valuesLists);
  const widths = rows.map((row) => listOf(tagged(row, 'List')?.items).length);
  const width = widths.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...widths);
  return entries.flatMap((entry) => entry.relation.columns.slice(0, width).map(({ name }) => name));
}
