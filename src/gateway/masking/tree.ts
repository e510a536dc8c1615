/**
 * libpg-query's JSON tree, read without trusting its shape: nodes are tagged only in polymorphic slots (`{RangeVar: {…}}`),
 * elsewhere they are bare (`relation: {relname: …}`), so everything here looks at keys and values, never at tags alone.
 */
export type TreeNode = Readonly<Record<string, unknown>>;

export const isNode = (value: unknown): value is TreeNode =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The content of a tagged node: `tagged({SelectStmt: s}, 'SelectStmt')` is s; null when it is another node. */
export function tagged(value: unknown, tag: string): TreeNode | null {
  if (!isNode(value)) return null;
  const content = value[tag];
  return isNode(content) ? content : null;
}

/** The tag and content of a statement; null when it is not one tagged node. */
export function statementOf(tree: unknown): { readonly tag: string; readonly node: TreeNode } | null {
  if (!isNode(tree)) return null;
  const [entry, ...others] = Object.entries(tree);
  return entry !== undefined && others.length === 0 && isNode(entry[1]) ? { tag: entry[0], node: entry[1] } : null;
}

/** Visits every object below (and including) a value with the key it hangs on; `false` skips what is below it. */
export function walk(value: unknown, visit: (node: TreeNode, key: string) => boolean | undefined, key = ''): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit, key);
  } else if (isNode(value)) {
    if (visit(value, key) === false) return;
    for (const [name, child] of Object.entries(value)) {
      if (typeof child === 'object' && child !== null) walk(child, visit, name);
    }
  }
}

/** The text of a String node. */
export function stringOf(value: unknown): string | null {
  const text = tagged(value, 'String')?.sval;
  return typeof text === 'string' ? text : null;
}

/** The texts of a list of String nodes, in their places; '' for a member that is none. */
export const stringsOf = (value: unknown): readonly string[] => listOf(value).map((item) => stringOf(item) ?? '');

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** A column reference: its names in order, and whether it ends in `*`. */
export interface ColumnReference {
  readonly names: readonly string[];
  readonly star: boolean;
}

export function columnReference(node: TreeNode): ColumnReference {
  const fields = listOf(node.fields);
  return {
    names: fields.map(stringOf).filter((name) => name !== null),
    star: fields.some((field) => isNode(field) && 'A_Star' in field),
  };
}

/** The last part of a function's name, as PostgreSQL folded it. */
export function functionName(node: TreeNode): string {
  return stringOf(listOf(node.funcname).at(-1)) ?? '';
}

/** `AS alias(column, …)`. */
export function aliasOf(node: TreeNode): { readonly name: string | null; readonly columns: readonly string[] } {
  const alias = node.alias;
  if (!isNode(alias)) return { name: null, columns: [] };
  return {
    name: textOf(alias.aliasname),
    columns: listOf(alias.colnames)
      .map(stringOf)
      .filter((name) => name !== null),
  };
}
