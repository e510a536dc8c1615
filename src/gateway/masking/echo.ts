import { isToken } from './maskers/index.ts';
import type { Refusal } from './refusal.ts';
import { isNode, textOf, walk } from './tree.ts';

/** What the maskers of text leave in place of what they hide. */
const hidden = '***';

/**
 * Why a value must not be sent where masked columns are: it is one that a masker made, so whoever sends it takes it for the
 * real one. Written, it would destroy that; compared, it would find nothing. Null for any other value.
 */
export function echoed(values: readonly string[], hashKey: Buffer): Refusal | null {
  const value = values.find((text) => text.includes(hidden) || isToken(text, hashKey));
  if (value === undefined) return null;
  const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value;
  return {
    code: 'masked_value',
    reason: `the value “${shown}” is what a mask shows in place of the real one, which is another`,
    hint: 'Leave the column out, or copy it within the database by its key; the real value is not shown to agents.',
  };
}

/** The text constants of a statement. */
export function constantsOf(tree: unknown): readonly string[] {
  const found: string[] = [];
  walk(tree, (node, key) => {
    const text = key === 'A_Const' && isNode(node.sval) ? textOf(node.sval.sval) : null;
    if (text !== null) found.push(text);
    return undefined;
  });
  return found;
}
