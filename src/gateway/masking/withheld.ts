import type { MaskRule } from '../../contract/index.ts';
import type { CatalogFunction, CatalogSnapshot } from '../sql/catalog.ts';
import { maskedCatalog } from './closure.ts';
import { statementLineage } from './lineage/statement.ts';
import type { MaskedCatalog, MaskedRelation } from './masked-catalog.ts';
import { isNode, listOf, stringOf, type TreeNode, tagged, textOf, walk } from './tree.ts';

/** Why a statement must not run because of a column that does not exist for the agent, in words for it. */
export interface WithheldRefusal {
  readonly code: 'masked_withheld';
  readonly reason: string;
  readonly hint: string;
}

/**
 * The columns that rules withhold, and where the same values are seen (partitions, generated columns, views), beside what is
 * masked whatever the rules say: text of the system's own catalogs, and views of which nobody knows what they show.
 */
export function withheldCatalog(catalog: MaskedCatalog, functions: readonly CatalogFunction[]): MaskedCatalog {
  return maskedCatalog(withheldRules(catalog), snapshotOf(catalog, functions)).catalog;
}

/** A rule for each withheld column. */
const withheldRules = ({ byOid }: MaskedCatalog): MaskRule[] =>
  [...byOid.values()].flatMap(({ relation, masked }) =>
    relation.columns.flatMap(({ attributeNumber, name }) => {
      const by = masked.get(attributeNumber);
      if (by?.masker.kind !== 'withhold') return [];
      return [{ id: by.rule, schema: relation.schema, table: relation.name, column: name, masker: by.masker }];
    }),
  );

const snapshotOf = (
  { byOid, serverVersion }: MaskedCatalog,
  functions: readonly CatalogFunction[],
): CatalogSnapshot => ({
  version: 0,
  serverVersionNumber: serverVersion,
  searchPath: [],
  relations: [...byOid.values()].map(({ relation }) => relation),
  functions,
});

interface Withheld {
  readonly catalog: MaskedCatalog;
  /** Labels (`users.ssn`) of the columns that a statement must not name. */
  readonly labels: ReadonlySet<string>;
}

const known = new WeakMap<MaskedCatalog, Withheld | null>();

/** Null where no rule withholds anything. */
function withheldIn(catalog: MaskedCatalog): Withheld | null {
  const found = known.get(catalog);
  if (found !== undefined) return found;
  const withheld = withheldRules(catalog).length === 0 ? null : compiled(catalog);
  known.set(catalog, withheld);
  return withheld;
}

function compiled(catalog: MaskedCatalog): Withheld {
  const withheld = withheldCatalog(catalog, []);
  const always = maskedCatalog([], snapshotOf(catalog, [])).catalog;
  const labels = [...withheld.byOid.values()].flatMap(({ relation, masked }) =>
    relation.columns
      .filter(
        ({ attributeNumber: number }) => masked.has(number) && !always.byOid.get(relation.oid)?.masked.has(number),
      )
      .map(({ name }) => `${relation.name}.${name}`),
  );
  return { catalog: withheld, labels: new Set(labels) };
}

/** The refusal of a statement that names a withheld column, or shows it by `*`, as part of a whole row or through a view; else null. */
export function withheldRefusal(
  tag: string,
  node: TreeNode,
  relations: readonly MaskedRelation[],
  catalog: MaskedCatalog,
): WithheldRefusal | null {
  const withheld = relations.length === 0 ? null : withheldIn(catalog);
  if (withheld === null) return null;
  const tree = { [tag]: node };
  const { findings } = statementLineage(tree, withheld.catalog, new Set());
  const named = [...findings.touched.keys(), ...namedBeside(tree, withheld.catalog)];
  const labels = [...new Set(named)].filter((label) => withheld.labels.has(label)).sort();
  if (labels.length === 0) return null;
  const open = relations.flatMap(({ relation }) =>
    relation.columns.map(({ name }) => name).filter((name) => !withheld.labels.has(`${relation.name}.${name}`)),
  );
  const visible = [...new Set(open)].slice(0, 24).join(', ');
  const list = labels.length > 5 ? `${labels.slice(0, 5).join(', ')} …` : labels.join(', ');
  return {
    code: 'masked_withheld',
    reason: `${list} ${labels.length === 1 ? 'is' : 'are'} not there for this agent: a rule of this connection withholds ${labels.length === 1 ? 'it' : 'them'}`,
    hint:
      visible === ''
        ? 'No column of it is open.'
        : `Leave ${labels.length === 1 ? 'it' : 'them'} out, and name the columns that you need instead of *: ${visible}.`,
  };
}

/** Withheld columns that a statement names without referring to their values: to write, index, change, rename or copy them. */
function namedBeside(tree: unknown, withheld: MaskedCatalog): string[] {
  const labels: string[] = [];
  walk(tree, (item, key) => {
    const entries = isNode(item.relation) ? (withheld.byName.get(textOf(item.relation.relname) ?? '') ?? []) : [];
    if (entries.length === 0) return undefined;
    for (const name of namesIn(key, item, entries)) {
      for (const entry of entries)
        if (maskedColumns(entry).includes(name)) labels.push(`${entry.relation.name}.${name}`);
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
      return listed.length === 0 ? entries.flatMap(maskedColumns) : listed;
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

const maskedColumns = ({ relation, masked }: MaskedRelation): string[] =>
  relation.columns.filter(({ attributeNumber }) => masked.has(attributeNumber)).map(({ name }) => name);
