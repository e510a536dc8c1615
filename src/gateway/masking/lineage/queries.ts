import { columnReference, isNode, listOf, stringsOf, type TreeNode, tagged, textOf } from '../tree.ts';
import { condition } from './conditions.ts';
import { lineageOf, window } from './expressions.ts';
import { fromClause } from './from-items.ts';
import { clean, computed, either, isLong, type Lineage, sized, sizeOf, unknown } from './lineage.ts';
import { dependencyOrder, mentionsTable } from './mentions.ts';
import { ownName } from './own-name.ts';
import { type Place, steer, touch, within } from './place.ts';
import { type Column, generatedRows, isGenerated, renamed, resolve, starOf } from './range.ts';

/** The result columns of a SELECT, of VALUES, or of a set operation. Notes on the way what steers it. */
export function selectColumns(node: TreeNode, outer: Place): readonly Column[] {
  const place = withTables(node, outer);
  return isNode(node.larg) && isNode(node.rarg) ? setOperation(node, place) : simpleQuery(node, place);
}

function simpleQuery(node: TreeNode, outer: Place): readonly Column[] {
  if (node.valuesLists !== undefined) return valuesColumns(node, outer);
  const level = fromClause(listOf(node.fromClause), outer);
  const place = withWindows(node, within(outer, level));
  const targets = targetColumns(listOf(node.targetList), place);
  const columns = isGenerated(level.star) ? generatedRows(targets) : targets;
  longRow(columns, place);
  condition(node.whereClause, place);
  condition(node.havingClause, place);
  for (const item of listOf(node.groupClause)) steer(sorted(item, columns, place), place);
  for (const one of place.windows.values()) steer(window(one, place), place);
  distinct(node, columns, place);
  ordered(node, columns, place);
  return columns;
}

/** A row that is too long for the server tells how long its columns are. */
function longRow(columns: readonly Column[], place: Place): void {
  if (columns.some(({ lineage }) => isLong(lineage))) for (const { lineage } of columns) steer(lineage, place);
}

function setOperation(node: TreeNode, place: Place): readonly Column[] {
  const arms = [node.larg, node.rarg].map((arm) => (isNode(arm) ? selectColumns(arm, place) : []));
  const [left = [], right = []] = arms;
  const columns = pairwise(left, right);
  // Which rows are equal decides which come.
  if (node.all !== true || node.op !== 'SETOP_UNION') for (const { lineage } of columns) steer(lineage, place);
  ordered(node, columns, { ...place, levels: [] });
  return columns;
}

/** Columns of two arms at the same places; the names are the first's. */
export function pairwise(left: readonly Column[], right: readonly Column[]): readonly Column[] {
  const loose = [...left, ...right].some(({ many }) => many === true) || left.length !== right.length;
  if (!loose)
    return left.map((column, at) => ({ ...column, lineage: either([column.lineage, right[at]?.lineage ?? unknown]) }));
  const any = either([...left, ...right].map(({ lineage }) => lineage));
  return [{ name: null, lineage: any, many: true }];
}

function valuesColumns(node: TreeNode, place: Place): readonly Column[] {
  const rows = listOf(node.valuesLists).map((row) =>
    listOf(tagged(row, 'List')?.items).map((item): Column => ({ name: null, lineage: lineageOf(item, place) })),
  );
  const [first = [], ...others] = rows;
  const columns = others.reduce<readonly Column[]>(pairwise, first);
  const named = columns.map((column, at) => (column.many === true ? column : { ...column, name: `column${at + 1}` }));
  ordered(node, named, place);
  return named;
}

/** The columns of a target list, or of RETURNING. */
export function targetColumns(targets: readonly unknown[], place: Place): readonly Column[] {
  return targets.flatMap((item): readonly Column[] => {
    const target = tagged(item, 'ResTarget');
    if (target === null) return [{ name: null, lineage: touch(unknown, place), many: true }];
    const reference = tagged(target.val, 'ColumnRef');
    if (reference !== null && columnReference(reference).star) {
      const columns = starOf(columnReference(reference).names, place.levels);
      for (const { lineage } of columns) touch(lineage, place);
      return columns;
    }
    const lineage = lineageOf(target.val, place);
    const fields = listOf(tagged(target.val, 'A_Indirection')?.indirection);
    if (fields.some((field) => isNode(field) && 'A_Star' in field)) return [{ name: null, lineage, many: true }];
    return [{ name: textOf(target.name) ?? ownName(target.val), lineage }];
  });
}

function distinct(node: TreeNode, columns: readonly Column[], place: Place): void {
  if (!Array.isArray(node.distinctClause)) return;
  const given = node.distinctClause.filter((item) => isNode(item) && Object.keys(item).length > 0);
  if (given.length === 0) for (const { lineage } of columns) steer(lineage, place);
  for (const item of given) steer(sorted(item, columns, place), place);
}

function ordered(node: TreeNode, columns: readonly Column[], place: Place): void {
  for (const item of listOf(node.sortClause)) steer(sorted(tagged(item, 'SortBy')?.node, columns, place), place);
  for (const part of [node.limitCount, node.limitOffset]) steer(lineageOf(part, place), place);
}

/** What an item of ORDER BY, GROUP BY or DISTINCT ON compares: a result column by its place or name, or an expression. */
function sorted(item: unknown, columns: readonly Column[], place: Place): Lineage {
  const ordinal = tagged(item, 'A_Const')?.ival;
  if (isNode(ordinal)) {
    const number = typeof ordinal.ival === 'number' ? ordinal.ival : 0;
    const loose = columns.slice(0, number).some(({ many }) => many === true);
    return loose ? either(columns.map(({ lineage }) => lineage)) : (columns[number - 1]?.lineage ?? clean);
  }
  const grouping = tagged(item, 'GroupingSet');
  if (grouping !== null) return computed(listOf(grouping.content).map((part) => sorted(part, columns, place)));
  const row = tagged(item, 'RowExpr');
  if (row !== null) return computed(listOf(row.args).map((part) => sorted(part, columns, place)));
  const names = columnReference(tagged(item, 'ColumnRef') ?? {}).names;
  // One whose name we cannot tell may be meant.
  const named = names.length === 1 ? columns.filter(({ name }) => name === names[0] || name === null) : [];
  if (named.length === 0) return lineageOf(item, place);
  // The result's column or one of FROM: which comes first depends on the clause, so both count.
  const input = resolve(names, place.levels);
  const found = input.kind === 'value' && !input.lineage.unknown ? [touch(input.lineage, place)] : [];
  return either([...named.map(({ lineage }) => lineage), ...found]);
}

function withWindows(node: TreeNode, place: Place): Place {
  const windows = new Map<string, TreeNode>();
  for (const item of listOf(node.windowClause)) {
    const definition = tagged(item, 'WindowDef');
    const name = textOf(definition?.name);
    if (definition !== null && name !== null) windows.set(name, definition);
  }
  return { ...place, windows };
}

/** Brings the common table expressions of a WITH clause in sight. */
export function withTables(node: TreeNode, outer: Place): Place {
  if (!isNode(node.withClause)) return outer;
  const tables = new Map(outer.tables);
  const place: Place = { ...outer, tables };
  const recursive = node.withClause.recursive === true;
  const named = listOf(node.withClause.ctes).flatMap((item) => {
    const table = tagged(item, 'CommonTableExpr');
    const name = textOf(table?.ctename);
    return table === null || name === null ? [] : [{ name, table }];
  });
  // WITH RECURSIVE lets a query name one that stands behind it: until that was gone through, nothing is known of it.
  if (recursive) for (const { name } of named) tables.set(name, [{ name: null, lineage: unknown, many: true }]);
  for (const { name, table } of recursive ? dependencyOrder(named) : named)
    tables.set(name, tableColumns(name, table, recursive, place));
  return place;
}

/** A recursive query is gone through until what it is made from grows no more: it has but so many sources. */
const mostRounds = 20;

function tableColumns(name: string, table: TreeNode, recursive: boolean, place: Place): readonly Column[] {
  const names = stringsOf(table.aliascolnames);
  const [tag, query] = Object.entries(isNode(table.ctequery) ? table.ctequery : {})[0] ?? [];
  if (tag === undefined || !isNode(query)) return [{ name: null, lineage: touch(unknown, place), many: true }];
  if (!recursive || !mentionsTable(query, name))
    return withTrail(table, renamed(place.query(tag, query, place), names), place);
  let columns: readonly Column[] = [];
  for (let round = 0; round < mostRounds; round += 1) {
    const known = round === 0 ? startOf(query, names, place) : columns;
    const next = withTrail(
      table,
      renamed(place.query(tag, query, { ...place, tables: new Map([...place.tables, [name, known]]) }), names),
      place,
    );
    if (
      round > 0 &&
      next.length === columns.length &&
      next.every(({ lineage }, at) => sameSources(lineage, columns[at]?.lineage))
    )
      return generatedRows(next.map((column, at) => endless(column, columns[at])));
    columns = next;
  }
  return columns.map((column) => ({ ...column, lineage: unknown }));
}

/** What gets twice as long with each round has no end; what each round adds to takes too many of them. */
const endless = (column: Column, before: Column | undefined): Column =>
  before !== undefined && sizeOf(column.lineage) >= 2 * sizeOf(before.lineage)
    ? { ...column, lineage: sized(column.lineage, Number.POSITIVE_INFINITY) }
    : column;

/** The columns of a recursive query before the recursion: those of its first arm. */
function startOf(query: TreeNode, names: readonly string[], place: Place): readonly Column[] {
  return isNode(query.larg) ? renamed(selectColumns(query.larg, withTables(query, place)), names) : [];
}

const sameSources = (a: Lineage, b: Lineage | undefined): boolean =>
  b !== undefined &&
  a.unknown === b.unknown &&
  a.verbatim === b.verbatim &&
  a.sources.size === b.sources.size &&
  a.part === b.part &&
  a.array === b.array;

/** SEARCH and CYCLE add columns that hold rows or parts of them. */
function withTrail(table: TreeNode, columns: readonly Column[], place: Place): readonly Column[] {
  const all = computed(columns.map(({ lineage }) => lineage));
  const added: Column[] = [];
  const add = (name: unknown): void => {
    added.push({ name: textOf(name), lineage: all });
  };
  if (isNode(table.search_clause)) {
    steer(all, place);
    add(table.search_clause.search_seq_column);
  }
  if (isNode(table.cycle_clause)) {
    steer(all, place);
    add(table.cycle_clause.cycle_mark_column);
    add(table.cycle_clause.cycle_path_column);
  }
  return [...columns, ...added];
}
