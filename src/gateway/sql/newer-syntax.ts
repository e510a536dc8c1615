import { listAt, nameParts, type SyntaxNode } from './tree.ts';

/**
 * Nodes for what the grammar here reads as syntax of its own, and the version from which the server does too
 * (`server_version_num`). To an older server the names are ordinary ones: `json_value(x)` and `merge_action()` call whatever
 * function goes by that name.
 */
const CALLS_SINCE: Readonly<Record<string, number>> = {
  JsonObjectConstructor: 160000,
  JsonArrayConstructor: 160000,
  JsonArrayQueryConstructor: 160000,
  JsonObjectAgg: 160000,
  JsonArrayAgg: 160000,
  JsonFuncExpr: 170000,
  JsonParseExpr: 170000,
  JsonScalarExpr: 170000,
  JsonSerializeExpr: 170000,
  JsonTable: 170000,
  MergeSupportFunc: 170000,
};

/** SYSTEM_USER is a keyword from 16 on; before, it names a column, and in FROM a table. */
const SYSTEM_USER_SINCE = 160000;

/** How a server of this version reads a node otherwise than the grammar here; null when it does not. */
export function otherReading(type: string, node: SyntaxNode, serverVersion: number): 'call' | 'name' | null {
  const since = Object.hasOwn(CALLS_SINCE, type) ? CALLS_SINCE[type] : undefined;
  if (since !== undefined && serverVersion < since) return 'call';
  if (type !== 'FuncCall' || serverVersion >= SYSTEM_USER_SINCE) return null;
  // Only the keyword comes out like this: there is no such function in those versions.
  return nameParts(listAt(node, 'funcname')).join('.') === 'pg_catalog.system_user' ? 'name' : null;
}

/** Whether a server of this version reads anything in a tree otherwise than the grammar here. */
export function readsOtherwise(tree: unknown, serverVersion: number): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  if (Array.isArray(tree)) return tree.some((member) => readsOtherwise(member, serverVersion));
  return Object.entries(tree).some(([key, child]: [string, unknown]) => {
    if (typeof child !== 'object' || child === null) return false;
    // libpg-query tags all of these wherever they stand.
    const here = Array.isArray(child) ? null : otherReading(key, child as SyntaxNode, serverVersion);
    return here !== null || readsOtherwise(child, serverVersion);
  });
}
