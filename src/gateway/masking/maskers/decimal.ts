import { ascii, isDigit } from './bytes.ts';

/** An exact decimal number: `unscaled / 10^scale`. */
export interface Decimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

/** A number as PostgreSQL, JSON or JavaScript writes it (`-12.50`, `1e-7`); null for anything else, or absurd exponents. */
export function parseDecimal(text: string): Decimal | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  if (digits === '') return null;
  const scale = fraction.length - Number(exponent);
  const unscaled = BigInt(digits) * (scale < 0 ? 10n ** BigInt(-scale) : 1n);
  return { unscaled: sign === '-' ? -unscaled : unscaled, scale: Math.max(scale, 0) };
}

/** `-12.50`: as many digits behind the point as the scale says. */
export function decimalText({ unscaled, scale }: Decimal): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`;
}

/** Both numbers in the smaller of their units. */
export function aligned(a: Decimal, b: Decimal): readonly [bigint, bigint] {
  const scale = Math.max(a.scale, b.scale);
  return [a.unscaled * 10n ** BigInt(scale - a.scale), b.unscaled * 10n ** BigInt(scale - b.scale)];
}

/** Division towards minus infinity, by a positive number. */
export function floorDivide(number: bigint, divisor: bigint): bigint {
  const quotient = number / divisor;
  return number < 0n && quotient * divisor !== number ? quotient - 1n : quotient;
}

/**
 * The greatest integer not above a plain decimal of at most 15 digits before the point, read where it lies; NaN for every
 * other text, for which `parseDecimal` is to be asked.
 */
export function floorOfText(value: Buffer): number {
  const negative = value[0] === ascii.minus;
  let at = negative ? 1 : 0;
  const start = at;
  let whole = 0;
  while (at < value.length && isDigit(value[at] ?? 0)) whole = whole * 10 + (value[at++] ?? 0) - ascii.zero;
  if (at === start || at - start > 15) return Number.NaN;
  let fraction = false;
  if (at < value.length) {
    if (value[at] !== ascii.point) return Number.NaN;
    for (at++; at < value.length; at++) {
      if (!isDigit(value[at] ?? 0)) return Number.NaN;
      if (value[at] !== ascii.zero) fraction = true;
    }
  }
  if (!negative) return whole;
  return fraction ? -whole - 1 : 0 - whole;
}
