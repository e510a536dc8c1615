import type { StatementScope } from './statement-scope.ts';
import { functionName, isNode, listOf, stringOf, type TreeNode, tagged, walk } from './tree.ts';

/**
 * True when an expression is proven to say nothing of a masked column: constants, parameters, references to unmasked
 * columns of base relations, and harmless functions and operators over these; `count(*)` and `count(column)` always.
 */
export function isCleanExpression(expression: unknown, scope: StatementScope, harmful: ReadonlySet<string>): boolean {
  if (isPlainCount(expression, harmful)) return true;
  let clean = true;
  walk(expression, (node, key) => {
    if (!clean) return false;
    if (key === 'SubLink' || key === 'A_Star' || key === 'MultiAssignRef') clean = false;
    if (key === 'FuncCall' && harmful.has(functionName(node))) clean = false;
    // A window that is defined elsewhere may order by anything.
    if (key === 'over' && (node.name !== undefined || node.refname !== undefined)) clean = false;
    if (key === 'ColumnRef') {
      if (!scope.isCleanReference(node)) clean = false;
      return false;
    }
    return undefined;
  });
  return clean;
}

/** `count(*)` or `count(column)` of pg_catalog, without FILTER, OVER, ORDER BY. */
function isPlainCount(expression: unknown, harmful: ReadonlySet<string>): boolean {
  const call = tagged(expression, 'FuncCall');
  if (call === null || functionName(call) !== 'count' || harmful.has('count')) return false;
  const name = listOf(call.funcname);
  if (name.length === 2 && stringOf(name[0]) !== 'pg_catalog') return false;
  if (name.length > 2 || call.over !== undefined || call.agg_filter !== undefined || call.agg_order !== undefined)
    return false;
  const parameters = listOf(call.args);
  return call.agg_star === true || (parameters.length === 1 && tagged(parameters[0], 'ColumnRef') !== null);
}

/** The query whose rows a statement sends or will send: of a SELECT, a cursor, a PREPARE; null for the rest. */
export function queryOf(tag: string, node: TreeNode): TreeNode | null {
  if (tag === 'SelectStmt') return node;
  if (tag === 'DeclareCursorStmt' || tag === 'PrepareStmt') return tagged(node.query, 'SelectStmt');
  return null;
}

/** Which result columns of a query are clean, by position; null when the positions cannot be told (`*`, UNION, VALUES). */
export function cleanTargets(
  query: TreeNode,
  scope: StatementScope,
  harmful: ReadonlySet<string>,
): readonly boolean[] | null {
  if (query.op !== 'SETOP_NONE' || query.valuesLists !== undefined) return null;
  const targets: boolean[] = [];
  for (const item of listOf(query.targetList)) {
    const target = tagged(item, 'ResTarget');
    if (target === null || endsInStar(target.val)) return null;
    targets.push(isCleanExpression(target.val, scope, harmful));
  }
  return targets;
}

function endsInStar(value: unknown): boolean {
  const reference = tagged(value, 'ColumnRef')?.fields;
  const indirection = tagged(value, 'A_Indirection')?.indirection;
  return [...listOf(reference), ...listOf(indirection)].some((part) => isNode(part) && 'A_Star' in part);
}
