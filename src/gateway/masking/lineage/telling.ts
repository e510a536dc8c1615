import { isNode, listOf, type TreeNode, tagged, textOf } from '../tree.ts';

/**
 * Where functions and operators that are total (total.ts) are so for some of their arguments only: any other value may make
 * them fail, or give no value at all, which a mask does not hide.
 */

const positions = new Set(['substr', 'split_part', 'lag', 'lead', 'round']);
const objects = new Set(['json_build_object', 'jsonb_build_object']);
const objectAggregates = new Set(['json_object_agg', 'jsonb_object_agg']);

/** The places of the arguments of a call that decide whether it fails or has a value. */
export function tellingArguments(name: string, call: TreeNode): readonly number[] {
  const given = listOf(call.args);
  const all = given.map((_, at) => at);
  if (call.func_variadic === true && (objects.has(name) || name === 'format')) return all;
  if (positions.has(name)) return all.slice(1).filter((at) => name !== 'split_part' || at === 2);
  // A key that is missing fails, and one that was computed is found again by whoever asks for it.
  if (objects.has(name)) return all.filter((at) => at % 2 === 0);
  if (objectAggregates.has(name)) return [0];
  // A pattern that is not found gives no value; a position may be negative.
  if (name === 'substring') return isNumber(given[1]) && (given.length < 3 || isNumber(given[2])) ? [] : all;
  if (name === 'format') return isPlainTemplate(given[0]) ? [] : all;
  return name === 'length' && given.length > 1 ? all : [];
}

const constantText = (value: unknown): string | null => {
  const text = tagged(value, 'A_Const')?.sval;
  // libpg-query leaves the text out where it is empty.
  return isNode(text) ? (textOf(text.sval) ?? '') : null;
};

const isNumber = (value: unknown): boolean => isNode(tagged(value, 'A_Const')?.ival);

/** A width that is taken from an argument (`%*s`) has to be a number, and a name (`%I`) has to be there. */
const isPlainTemplate = (value: unknown): boolean => {
  const text = constantText(value);
  return text !== null && !/\*|%[-\d$]*I/.test(text);
};

/** `''`: whether a value is empty is not masked, as little as whether there is one. */
export const isEmptyText = (value: unknown): boolean => constantText(value) === '';

export const isLike = (operator: string): boolean => ['~~', '!~~', '~~*', '!~~*'].includes(operator);

/** A pattern that cannot fail: one that ends in its escape character does so where it is reached. */
export function isPlainPattern(value: unknown): boolean {
  const elements = tagged(value, 'A_ArrayExpr')?.elements;
  if (elements !== undefined) return listOf(elements).every(isPlainPattern);
  const text = constantText(value);
  // `LIKE ANY ('{…}')` holds several, each with an end.
  return text !== null && !text.endsWith('\\') && !(text.startsWith('{') && text.includes('\\'));
}

/** A constant that stands beside texts without changing how they are read: no quote, and nothing that makes one of what follows. */
export function isPlainText(value: unknown): boolean {
  if (isNode(tagged(value, 'A_Const')?.isnull) || tagged(value, 'A_Const')?.isnull === true) return true;
  const text = constantText(value);
  return text !== null && /^(?:[\w\s,;:()=.|>]*[\s,;:()=.|>])?$/.test(text);
}

/** Operators that look for what stands on their right: there is no value where it is not found. */
export const isTellingRight = (operator: string): boolean => ['->', '->>', '#>', '#>>'].includes(operator);

const sequences = /^AEXPR_(?:IN|(?:NOT_)?BETWEEN.*)$/;

/** An operator whose parts are computed one after the other, until its value is known. */
export const isSequence = (node: TreeNode): boolean =>
  sequences.test(textOf(node.kind) ?? '') || [node.lexpr, node.rexpr].some((side) => tagged(side, 'RowExpr') !== null);
