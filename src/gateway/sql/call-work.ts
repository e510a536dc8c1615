import type { Place } from './draft.ts';
import { listAt, nameParts, type SyntaxNode, stringAt, tagged, untag } from './tree.ts';
import { constantOf } from './values.ts';

/** Notes what a call of a function makes by itself. */
export function noteCallWork(name: string, call: SyntaxNode, { draft }: Place): void {
  if (name === 'generate_series') draft.work.rows *= seriesLength(listAt(call, 'args'));
  if (SIZES[name] !== undefined) draft.work.bytes = Math.max(draft.work.bytes, sizeOf({ FuncCall: call }));
}

/** A number that the text alone gives: a constant, or arithmetic on constants. NaN for anything else. */
export function numberOf(value: unknown): number {
  const expression = untag(value, 'A_Expr');
  if (expression !== null && expression.lexpr !== undefined) {
    const operator = ARITHMETIC[nameParts(listAt(expression, 'name')).at(-1) ?? ''];
    return operator?.(numberOf(expression.lexpr), numberOf(expression.rexpr)) ?? Number.NaN;
  }
  const constant = constantOf(value);
  return constant === null || constant === 'parameter' || constant.text.trim() === ''
    ? Number.NaN
    : Number(constant.text);
}

const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
};

/** Rows of generate_series(start, stop, step) where these are constants; 1 where they are not. */
function seriesLength([first, last, by]: readonly unknown[]): number {
  const step = by === undefined ? 1 : numberOf(by);
  const numbers = (numberOf(last) - numberOf(first)) / step;
  const length = (Number.isNaN(numbers) ? (timeOf(last) - timeOf(first)) / intervalOf(by) : numbers) + 1;
  return Number.isNaN(length) ? 1 : Math.max(1, Math.floor(length));
}

const textOf = (value: unknown): string => {
  const constant = constantOf(value);
  return constant === null || constant === 'parameter' ? '' : constant.text.trim();
};

/** Milliseconds since the epoch of a date or timestamp written as ISO 8601; NaN for others. */
const timeOf = (value: unknown): number => Date.parse(textOf(value).replace(' ', 'T'));

const UNIT_MS: readonly (readonly [name: RegExp, milliseconds: number])[] = [
  [/^(us|usecs?|microseconds?)$/i, 0.001],
  [/^(ms|msecs?|milliseconds?)$/i, 1],
  [/^(s|secs?|seconds?)?$/i, 1000],
  [/^(m|mins?|minutes?)$/i, 60_000],
  [/^(h|hrs?|hours?)$/i, 3_600_000],
];

/** Milliseconds of an interval of one unit below a day; NaN for others, which make few rows. */
function intervalOf(value: unknown): number {
  const [, amount = '', unit = ''] = /^(-?[\d.]+)\s*([a-z]*)$/i.exec(textOf(value)) ?? [];
  const milliseconds = UNIT_MS.find(([name]) => name.test(unit))?.[1];
  return amount === '' || milliseconds === undefined ? Number.NaN : Number(amount) * milliseconds;
}

/** Bytes that a call makes, by its arguments. */
const SIZES: Readonly<Record<string, (args: readonly unknown[]) => number>> = {
  repeat: ([text, times]) => sizeOf(text) * count(times),
  lpad: ([text, length]) => Math.max(sizeOf(text), count(length)),
  rpad: ([text, length]) => Math.max(sizeOf(text), count(length)),
  array_fill: ([, dimensions]) =>
    listAt(untag(dimensions, 'A_ArrayExpr') ?? {}, 'elements').reduce<number>((size, one) => size * count(one), 8),
};

const count = (value: unknown): number => Math.max(0, numberOf(value) || 0);

/** Bytes of a text that constants and these calls make; 0 for anything else. */
function sizeOf(value: unknown): number {
  const node = tagged(value);
  switch (node?.tag) {
    case 'A_Const':
      return Buffer.byteLength(textOf(value));
    case 'TypeCast':
      return sizeOf(node.node.arg);
    case 'A_Expr':
      return stringAt(node.node, 'kind') === 'AEXPR_OP' ? sizeOf(node.node.lexpr) + sizeOf(node.node.rexpr) : 0;
    case 'FuncCall':
      return SIZES[nameParts(listAt(node.node, 'funcname')).at(-1) ?? '']?.(listAt(node.node, 'args')) ?? 0;
    default:
      return 0;
  }
}
