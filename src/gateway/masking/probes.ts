import type { StatementScope } from './statement-scope.ts';
import { isNode, listOf, type TreeNode, tagged, walk } from './tree.ts';

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
 * (reference/masking.md §7). `IS [NOT] NULL` of a bare column is not one: that a value is missing is not masked.
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
    if (node.targetList !== undefined) addOrdinals(node, add);
    return undefined;
  });
  return found;
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
