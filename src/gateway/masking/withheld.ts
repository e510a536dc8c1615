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

/** Withheld columns that a statement names without referring to their values: to write, index, change, rename or copy them. */
function namedBeside(tree: unknown, withheld: MaskedCatalog): string[] {
  const labels: string[] = [];
  walk(tree, (item, key) => {
    const entries = isNode(item.relation) ? (withheld.byName.get(textOf(item.relation.relname) ?? '') ?? []) : [];
    if (entries.length === 0) return undefined;
    for (const name of namesIn(key, item, entries)) {
      for (const entry of entries) if (maskedNames(entry).includes(name)) labels.push(`${entry.relation.name}.${name}`);
    }
    return undefined;
  });
  return labels;
}

/** Names of columns that one command gives for the relation that it is about. */
function namesIn(key: string, item: TreeNode, entries: readonly MaskedRelation[]): string[] {
  const names = (nodes: unknown, tag: string): string[] =>
    listOf(nodes).flatMap((node) => textOf(tagged(node, tag)?.name) ?? []);
  switch (key) {
    case 'InsertStmt': {
      const listed = names(item.cols, 'ResTarget');
      const conflict = isNode(item.onConflictClause) ? item.onConflictClause : {};
      const infer = isNode(conflict.infer) ? conflict.infer : {};
      return [
        ...(listed.length === 0 ? filledByPosition(item, entries) : listed),
        ...names(conflict.targetList, 'ResTarget'),
        ...names(infer.indexElems, 'IndexElem'),
      ];
    }
    case 'UpdateStmt':
      return names(item.targetList, 'ResTarget');
    case 'MergeStmt':
      return listOf(item.mergeWhenClauses).flatMap((clause) => {
        const when = tagged(clause, 'MergeWhenClause') ?? {};
        const inserts = when.commandType === 'CMD_INSERT';
        const listed = names(when.targetList, 'ResTarget');
        const width = listOf(when.values).length;
        return inserts && listed.length === 0 && width > 0 ? firstColumns(entries, width) : listed;
      });
    case 'CopyStmt': {
      const listed = listOf(item.attlist).flatMap((node) => stringOf(node) ?? []);
      return listed.length === 0 ? entries.flatMap(maskedNames) : listed;
    }
    case 'IndexStmt':
      return [...names(item.indexParams, 'IndexElem'), ...names(item.indexIncludingParams, 'IndexElem')];
    case 'AlterTableStmt':
      return names(item.cmds, 'AlterTableCmd');
    case 'RenameStmt':
      return [textOf(item.subname) ?? ''];
    default:
      return [];
  }
}

/** Columns that an INSERT without a list fills: as many as it has values, all of them where that is not seen. */
function filledByPosition(insert: TreeNode, entries: readonly MaskedRelation[]): string[] {
  if (insert.selectStmt === undefined) return [];
  const rows = listOf(tagged(insert.selectStmt, 'SelectStmt')?.valuesLists);
  const widths = rows.map((row) => listOf(tagged(row, 'List')?.items).length);
  const width = widths.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...widths);
  return firstColumns(entries, width);
}

const firstColumns = (entries: readonly MaskedRelation[], width: number): string[] =>
  entries.flatMap((entry) => entry.relation.columns.slice(0, width).map(({ name }) => name));
