/** A node of libpg-query's JSON tree. Fields with their default value (0, '', false, null) are absent. */
export type SyntaxNode = Readonly<Record<string, unknown>>;

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field as a bare (untagged) node, or null. */
export function nodeAt(node: SyntaxNode, field: string): SyntaxNode | null {
  const value = node[field];
  return isNode(value) ? value : null;
}

/** The field as a list, empty when absent. */
export function listAt(node: SyntaxNode, field: string): readonly unknown[] {
  const value = node[field];
  return Array.isArray(value) ? value : [];
}

/** The field as a string, '' when absent. */
export function stringAt(node: SyntaxNode, field: string): string {
  const value = node[field];
  return typeof value === 'string' ? value : '';
}

/** The node under a tag: `untag({ RangeVar: x }, 'RangeVar')` is `x`; null when it is something else. */
export function untag(value: unknown, tag: string): SyntaxNode | null {
  return isNode(value) ? nodeAt(value, tag) : null;
}

/** Tag and content of a polymorphic slot, or null for an empty one. */
export function tagged(value: unknown): { readonly tag: string; readonly node: SyntaxNode } | null {
  if (!isNode(value)) return null;
  for (const [tag, node] of Object.entries(value)) if (isNode(node)) return { tag, node };
  return null;
}

/** The strings of a list of String nodes, as in a qualified name; other members (`*`, subscripts) become null. */
export function nameParts(list: readonly unknown[]): readonly (string | null)[] {
  return list.map((member) => {
    const string = untag(member, 'String');
    return string === null ? null : stringAt(string, 'sval');
  });
}
