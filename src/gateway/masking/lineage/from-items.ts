import {
  aliasOf,
  functionName,
  isNode,
  listOf,
  statementOf,
  stringsOf,
  type TreeNode,
  tagged,
  textOf,
} from '../tree.ts';
import { condition } from './conditions.ts';
import { lineageOf } from './expressions.ts';
import { clean, computed, either, type Lineage, unknown } from './lineage.ts';
import { type Place, steer, touch, within } from './place.ts';
import { type Column, emptyLevel, generatedRows, isGenerated, type Level, renamed } from './range.ts';
import { entryOf, levelOf, relationLevel } from './relations.ts';

/** What the items of a FROM clause bring in sight. Each sees those before it as far as it is LATERAL. */
export function fromClause(items: readonly unknown[], outer: Place): Level {
  return items.reduce<Level>((level, item) => beside(level, fromItem(item, level, outer)), emptyLevel);
}

/** Both sides in sight. */
export const beside = (left: Level, right: Level): Level => ({
  entries: [...left.entries, ...right.entries],
  merged: new Map([...left.merged, ...right.merged]),
  star: [...left.star, ...right.star],
});

function fromItem(item: unknown, before: Level, outer: Place): Level {
  const statement = statementOf(item);
  if (statement === null) return unknownItem(outer);
  const { tag, node } = statement;
  switch (tag) {
    case 'RangeVar':
      return relationLevel(node, outer);
    case 'JoinExpr':
      return join(node, before, outer);
    case 'RangeSubselect': {
      const query = statementOf(node.subquery);
      if (query === null) return unknownItem(outer);
      return aliased(node, outer.query(query.tag, query.node, node.lateral === true ? within(outer, before) : outer));
    }
    case 'RangeFunction':
      return functions(node, within(outer, before));
    case 'RangeTableSample': {
      steer(computed([lineageOf(node.args, outer), lineageOf(node.repeatable, outer)]), outer);
      return fromItem(node.relation, before, outer);
    }
    case 'RangeTableFunc':
    case 'JsonTable':
      return tableFunction(node, within(outer, before));
    default:
      return unknownItem(outer);
  }
}

const unknownItem = (place: Place): Level =>
  levelOf(entryOf(null, [], [{ name: null, lineage: touch(unknown, place), many: true }]));

function aliased(node: TreeNode, columns: readonly Column[]): Level {
  const alias = aliasOf(node);
  const named = renamed(columns, alias.columns);
  return levelOf(entryOf(alias.name, [], named), named);
}

function join(node: TreeNode, before: Level, outer: Place): Level {
  const left = fromItem(node.larg, before, outer);
  const right = fromItem(node.rarg, beside(before, left), outer);
  const names = node.isNatural === true ? commonNames(left, right) : stringsOf(node.usingClause);
  const level = names === null ? looseJoin(left, right, outer) : joinedBy(names, left, right, outer);
  if (node.quals !== undefined) condition(node.quals, within(outer, level));
  const alias = aliasOf(node);
  if (alias.name !== null) return aliased(node, level.star);
  const using = isNode(node.join_using_alias) ? textOf(node.join_using_alias.aliasname) : null;
  if (using === null) return level;
  const merged = [...level.merged].map(([name, lineage]): Column => ({ name, lineage }));
  return { ...level, entries: [...level.entries, entryOf(using, [], merged)] };
}

/** Columns that both sides have; null when they do not list them all. */
function commonNames(left: Level, right: Level): string[] | null {
  if ([...left.star, ...right.star].some(({ many, name }) => many === true || name === null)) return null;
  const names = new Set(right.star.map(({ name }) => name));
  return left.star.flatMap(({ name }) => (name !== null && names.has(name) ? [name] : []));
}

/** A NATURAL join of columns that are not all known: any of them may be one that it compares, or one and the same. */
function looseJoin(left: Level, right: Level, place: Place): Level {
  const any = either([...left.star, ...right.star].map(({ lineage }) => lineage));
  steer(any, place);
  return { ...beside(left, right), star: [{ name: null, lineage: any, many: true }] };
}

/** JOIN … USING: the columns come once, before the others, and stand for either side's. */
function joinedBy(names: readonly string[], left: Level, right: Level, place: Place): Level {
  const merged = names.map((name): Column => {
    const lineage = either([columnNamed(name, left), columnNamed(name, right)]);
    steer(touch(lineage, place), place);
    return isGenerated([...left.star, ...right.star]) ? { name, lineage, generated: true } : { name, lineage };
  });
  const others = ({ star }: Level): readonly Column[] =>
    star.filter(({ name }) => name === null || !names.includes(name));
  const both = beside(left, right);
  return {
    entries: both.entries,
    merged: new Map([...both.merged, ...merged.map(({ name, lineage }) => [name ?? '', lineage] as const)]),
    star: [...merged, ...others(left), ...others(right)],
  };
}

function columnNamed(name: string, { star }: Level): Lineage {
  const exact = star.some((column) => column.name === name);
  const found = star.filter(
    (column) => column.name === name || column.many === true || (!exact && column.name === null),
  );
  return found.length === 0 ? unknown : either(found.map(({ lineage }) => lineage));
}

/** Functions of pg_catalog whose result in FROM is one column, named like the function or its alias. */
const singleColumn = new Set(
  `generate_series generate_subscripts string_to_table regexp_split_to_table regexp_matches json_array_elements
  json_array_elements_text jsonb_array_elements jsonb_array_elements_text json_object_keys jsonb_object_keys jsonb_path_query`.split(
    /\s+/,
  ),
);

function functions(node: TreeNode, place: Place): Level {
  const alias = aliasOf(node);
  const called = listOf(node.functions).map((item) => listOf(tagged(item, 'List')?.items));
  const columns = called.flatMap(([call, definitions]): readonly Column[] => {
    const lineage = call === undefined ? touch(unknown, place) : computed([lineageOf(call, place)]);
    steer(lineage, place); // it decides how many rows there are
    const listed = [...listOf(tagged(definitions, 'List')?.items), ...listOf(node.coldeflist)];
    if (listed.length > 0) return listed.map((item) => ({ name: textOf(tagged(item, 'ColumnDef')?.colname), lineage }));
    const name = functionName(tagged(call, 'FuncCall') ?? {});
    const single = singleColumn.has(name) && !place.catalog.userFunctions.has(name);
    if (single) return [{ name: called.length === 1 ? (alias.name ?? name) : name, lineage }];
    return [{ name: null, lineage, many: true }];
  });
  const all = node.ordinality === true ? [...columns, { name: 'ordinality', lineage: clean }] : columns;
  const named = generatedRows(renamed(all, alias.columns));
  const name = alias.name ?? functionName(tagged(called[0]?.[0], 'FuncCall') ?? {});
  return levelOf(entryOf(name, [], named), named);
}

/** XMLTABLE and JSON_TABLE: every column is made from the document, and so is the number of rows. */
function tableFunction(node: TreeNode, place: Place): Level {
  const { columns, alias: _, ...parts } = node;
  const lineage = computed([
    ...Object.values(parts).map((part) => documentLineage(part, place)),
    documentLineage(columns, place),
  ]);
  steer(lineage, place);
  const named = namesOf(columns).map((name): Column => ({ name, lineage, generated: true }));
  return aliased(node, named.length > 0 ? named : [{ name: null, lineage: touch(unknown, place), many: true }]);
}

function documentLineage(value: unknown, place: Place): Lineage {
  if (Array.isArray(value)) return computed(value.map((item) => documentLineage(item, place)));
  if (!isNode(value)) return clean;
  const tag = statementOf(value);
  if (tag !== null && /^[A-Z]/.test(tag.tag)) return lineageOf(value, place);
  return computed(Object.values(value).map((item) => documentLineage(item, place)));
}

function namesOf(columns: unknown): readonly (string | null)[] {
  return listOf(columns).flatMap((item) => {
    const column = tagged(item, 'RangeTableFuncCol') ?? tagged(item, 'JsonTableColumn');
    if (column === null) return [];
    return column.coltype === 'JTC_NESTED' ? namesOf(column.columns) : [textOf(column.colname) ?? textOf(column.name)];
  });
}
