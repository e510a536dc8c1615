import type { StatementScope } from './statement-scope.ts';
import { functionName, isNode, listOf, stringOf, type TreeNode, tagged, walk } from './tree.ts';

/** Keys below which an expression steers which rows come, in which order, or whether the statement fails. */
const steering = new Set([
  'whereClause',
  'havingClause',
  'groupClause',
  'sortClause',
  'windowClause',
  'limitCount',
  'limitOffset',
  'quals',
  'usingClause',
  'over',
  'agg_filter',
  'agg_order',
  'joinCondition',
  'condition',
  'infer',
  'onConflictWhere',
  'RangeFunction',
  'RangeTableSample',
  'RangeTableFunc',
  'testexpr',
]);

/**
 * Masked columns (`users.email`) in a position where their value could be told from the answer without being in it
 * (reference/masking.md §7),
 * or in an expression that may fail over it. `IS [NOT] NULL` of a bare column is not one: that a value is missing is not masked.
 */
export function probesOf(tree: unknown, scope: StatementScope): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (value: unknown): void => {
    for (const label of scope.mentions(withoutNullTests(value))) found.add(label);
  };
  walk(tree, (node, key) => {
    if (key === 'JoinExpr' && node.isNatural === true) {
      for (const entry of scope.maskedRelations) found.add(`${entry.relation.name}.*`);
    }
    if (key === 'CaseExpr') add(node.arg);
    if (key === 'CaseWhen') add(node.expr);
    if (key === 'FuncCall' && node.agg_distinct === true) add(node.args);
    if (key === 'onConflictClause') add(node.whereClause);
    if (key === 'RangeFunction' || key === 'RangeTableSample' || key === 'RangeTableFunc') add({ [key]: node });
    for (const [name, child] of Object.entries(node)) {
      if (steering.has(name) && key !== 'CaseWhen') add({ [name]: child });
    }
    if (Array.isArray(node.distinctClause) || isSetOperationWithoutAll(node)) addTargets(node, add);
    if (node.targetList !== undefined) {
      addOrdinals(node, add);
      addFailing(node.targetList, add);
    }
    return undefined;
  });
  return found;
}

/**
 * Functions and operators of pg_catalog that cannot fail and make no rows, whatever value they are given: under these a
 * masked column may stand in a target list. Any other tells a bit by failing, by its time or by its number of rows.
 */
const totalFunctions = new Set(
  `array_agg array_to_json bool_and bool_or btrim coalesce concat concat_ws count dense_rank first_value format initcap json_agg
  json_build_array json_build_object json_object_agg jsonb_agg jsonb_build_array jsonb_build_object jsonb_object_agg lag
  last_value lead left length lower ltrim max md5 min num_nonnulls num_nulls quote_literal quote_nullable replace reverse right
  round row_number row_to_json rtrim split_part string_agg substr substring sum avg to_json to_jsonb trim upper`.split(
    /\s+/,
  ),
);
const totalOperators = new Set([
  '=',
  '<>',
  '<',
  '>',
  '<=',
  '>=',
  '||',
  '~~',
  '!~~',
  '~~*',
  '!~~*',
  '->',
  '->>',
  '#>',
  '#>>',
]);
const totalTypes = new Set(['text', 'varchar', 'bpchar', 'name']);

function addFailing(targets: unknown, add: (value: unknown) => void): void {
  walk(targets, (node, key) => {
    if (key === 'FuncCall' && !totalFunctions.has(functionName(node))) add(node.args);
    if (key === 'A_Expr' && !totalOperators.has(stringOf(listOf(node.name).at(-1)) ?? ''))
      add([node.lexpr, node.rexpr]);
    if (key === 'A_Indices') add([node.lidx, node.uidx]);
    if (key === 'TypeCast' && isNode(node.typeName)) {
      const type = stringOf(listOf(node.typeName.names).at(-1)) ?? '';
      if (!totalTypes.has(type)) add(node.arg);
    }
    return undefined;
  });
}

const isSetOperationWithoutAll = (node: TreeNode): boolean =>
  typeof node.op === 'string' && node.op.startsWith('SETOP_') && node.op !== 'SETOP_NONE' && node.all !== true;

/** Every target of a query and of the arms below it. */
function addTargets(query: TreeNode, add: (value: unknown) => void): void {
  add(query.distinctClause);
  add(query.targetList);
  add(query.valuesLists);
  for (const arm of [query.larg, query.rarg]) if (isNode(arm)) addTargets(arm, add);
}

/** `ORDER BY 2`, `GROUP BY 1`: the target at that place; any place after a `*`. */
function addOrdinals(query: TreeNode, add: (value: unknown) => void): void {
  const targets = listOf(query.targetList);
  const items = [...listOf(query.sortClause).map((item) => tagged(item, 'SortBy')?.node), ...listOf(query.groupClause)];
  for (const item of items) {
    const constant = tagged(tagged(item, 'A_Const')?.ival !== undefined ? item : null, 'A_Const');
    const value = constant?.ival;
    if (!isNode(value)) continue;
    const place = typeof value.ival === 'number' ? value.ival : 0;
    const before = targets.slice(0, place);
    const star = before.some((target) => JSON.stringify(target).includes('"A_Star"'));
    add(star ? targets : targets[place - 1]);
  }
}

/** The tree without `column IS [NOT] NULL`. */
function withoutNullTests(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullTests);
  if (!isNode(value)) return value;
  const test = tagged(value, 'NullTest');
  if (test !== null && tagged(test.arg, 'ColumnRef') !== null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutNullTests(child)]));
}
