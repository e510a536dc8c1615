import { isNode, listOf, type TreeNode, tagged, textOf } from '../tree.ts';
import { type Lineage, sizeOf, totalSize } from './lineage.ts';

/**
 * How long values may get, in values of ordinary length. The server builds none of more than 1 GB: whoever puts a masked value
 * beside something of nearly that length is told by the error how long the value is, and with `replace` what is in it.
 */

/** Functions whose result is as long as one of their arguments says. */
const stretching: Readonly<Record<string, number>> = { repeat: 1, lpad: 1, rpad: 1, array_fill: 1 };

/** Functions that put a text in the place of each that they find. */
const replacing: Readonly<Record<string, { readonly found?: number; readonly by: number }>> = {
  replace: { found: 1, by: 2 },
  regexp_replace: { by: 2 },
};

/** Aggregates whose result holds all that they were given. */
const gathering = new Set(
  `array_agg json_agg json_agg_strict json_object_agg jsonb_agg jsonb_agg_strict jsonb_object_agg string_agg xmlagg`.split(
    /\s+/,
  ),
);
export const gathers = (name: string): boolean => gathering.has(name);

/** How long the result of a call is. */
export function lengthOf(name: string, call: TreeNode, parts: readonly Lineage[]): number {
  const given = listOf(call.args);
  const replaces = Object.hasOwn(replacing, name) ? replacing[name] : undefined;
  if (replaces !== undefined) {
    const [first] = parts;
    const found = replaces.found === undefined ? 1 : (constantText(given[replaces.found])?.length ?? 1);
    const by = constantText(given[replaces.by])?.length ?? Number.POSITIVE_INFINITY;
    return (first === undefined ? 1 : sizeOf(first)) * Math.max(1, Math.ceil(by / Math.max(1, found)));
  }
  const told = Object.hasOwn(stretching, name) ? given[stretching[name] ?? 0] : undefined;
  const wide = name === 'format' && /%[^%a-z]*\d{4}/i.test(constantText(given[0]) ?? '');
  return wide || (told !== undefined && !isSmall(told)) ? Number.POSITIVE_INFINITY : totalSize(parts);
}

/** A text of this many characters counts as one of ordinary length. */
const ordinary = 1000;

/** How long a constant is. */
export const lengthOfConstant = (node: TreeNode): number =>
  1 + Math.floor((constantText({ A_Const: node })?.length ?? 0) / ordinary);

/** A parameter may hold as much as a message does. */
export const lengthOfParameter = 50;

const constantText = (value: unknown): string | null => {
  const text = tagged(value, 'A_Const')?.sval;
  // libpg-query leaves the text out where it is empty.
  return isNode(text) ? (textOf(text.sval) ?? '') : null;
};

function isSmall(value: unknown): boolean {
  const number = tagged(value, 'A_Const')?.ival;
  return isNode(number) && (typeof number.ival !== 'number' || number.ival <= ordinary);
}
