import { isNode, type TreeNode } from '../tree.ts';

/** Whether a relation of this name is mentioned anywhere below. */
export function mentionsTable(value: unknown, name: string): boolean {
  if (Array.isArray(value)) return value.some((item) => mentionsTable(item, name));
  return isNode(value) && (value.relname === name || Object.values(value).some((child) => mentionsTable(child, name)));
}

interface Named {
  readonly name: string;
  readonly table: TreeNode;
}

/**
 * The queries of WITH RECURSIVE so that each comes behind those that it mentions, as the server sorts them
 * (parse_cte.c, TopologicalSort). Where they go in circles the first is taken as it comes: the server refuses such.
 */
export function dependencyOrder(tables: readonly Named[]): readonly Named[] {
  const left = [...tables];
  const ordered: Named[] = [];
  while (left.length > 0) {
    const free = left.findIndex(({ table }, at) =>
      left.every(({ name }, other) => other === at || !mentionsTable(table, name)),
    );
    ordered.push(...left.splice(Math.max(free, 0), 1));
  }
  return ordered;
}
