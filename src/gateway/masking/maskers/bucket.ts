import { type Buckets, bucketsBetween, bucketsOfWidth } from './buckets.ts';
import type { CellMask, ColumnType } from './column-type.ts';
import { floorDivide, floorOfText, parseDecimal } from './decimal.ts';
import { fullMask } from './full.ts';
import { type IntegerType, integerCell, integerOf, integerRange } from './integers.ts';
import { decodeNumeric, encodeNumeric } from './numeric.ts';
import { remembering } from './remembering.ts';
import { familyOf } from './type-families.ts';

/**
 * Numbers become the lower bound of their bucket (`by` a width, or ascending boundaries), NULL below the first boundary. Integer columns have a bound that is no
 * integer, or lies outside of the type, moved to the next number of the type. What is no number (NaN, infinity) is masked
 * whole, as are columns of other types.
 */
export function bucketMask(type: ColumnType, by: number | readonly number[]): CellMask {
  const family = familyOf(type);
  const whole = fullMask(type);
  if (whole.constant === undefined) return whole;
  const otherwise = whole.constant;
  const buckets = typeof by === 'number' ? bucketsOfWidth(by) : bucketsBetween(by);
  switch (family.family) {
    case 'integer':
      return { mask: integerBucket(buckets, family, type.format, otherwise) };
    case 'numeric': {
      const write = type.format === 0 ? (text: string) => Buffer.from(text) : encodeNumeric;
      const bucket = textBucket(buckets, write, otherwise);
      if (type.format === 0) return { mask: bucket };
      return {
        mask: (value) => {
          const text = decodeNumeric(value);
          return text === null ? otherwise : bucket(Buffer.from(text));
        },
      };
    }
    case 'float': {
      if (type.format === 0) return { mask: textBucket(buckets, (text) => Buffer.from(text), otherwise) };
      const { size } = family;
      const bucket = textBucket(buckets, (text) => floatCell(Number(text), size), otherwise);
      return { mask: (value) => (value.length === size ? bucket(Buffer.from(floatText(value))) : otherwise) };
    }
    default:
      return whole;
  }
}

type Mask = (value: Buffer) => Buffer | null;

function integerBucket(buckets: Buckets, type: IntegerType, format: 0 | 1, otherwise: Buffer | null): Mask {
  const [least, greatest] = integerRange(type);
  const cell = (bound: bigint): Buffer =>
    integerCell(bound < least ? least : bound > greatest ? greatest : bound, type, format);
  const write = remembering((bound) => cell(BigInt(bound)));
  return (value) => {
    const number = integerOf(value, type, format);
    if (number === null) return otherwise;
    const lower = typeof number === 'number' ? buckets.lower(number) : undefined;
    if (lower !== undefined) return lower === null ? null : write(lower);
    const bound = buckets.exact({ unscaled: BigInt(number), scale: 0 });
    if (bound === null) return null;
    const decimal = parseDecimal(bound);
    return decimal === null ? otherwise : cell(floorDivide(decimal.unscaled, 10n ** BigInt(decimal.scale)));
  };
}

/** Over numbers in text form; `write` makes the cell of a lower bound. */
function textBucket(buckets: Buckets, write: (text: string) => Buffer | null, otherwise: Buffer | null): Mask {
  const writeNumber = remembering((bound) => write(String(bound)));
  return (value) => {
    // With integers as bounds, a number lies in the bucket of the greatest integer not above it.
    const floor = floorOfText(value);
    const lower = Number.isNaN(floor) ? undefined : buckets.lower(floor);
    if (lower !== undefined) return lower === null ? null : writeNumber(lower);
    const decimal = parseDecimal(value.toString('latin1'));
    if (decimal === null) return otherwise;
    const bound = buckets.exact(decimal);
    return bound === null ? null : write(bound);
  };
}

function floatCell(number: number, size: 4 | 8): Buffer {
  const cell = Buffer.allocUnsafe(size);
  if (size === 8) cell.writeDoubleBE(number, 0);
  else cell.writeFloatBE(number, 0);
  return cell;
}

/** The shortest text that gives the same number again, as the server writes it: both formats lie in one bucket. */
function floatText(value: Buffer): string {
  if (value.length === 8) return String(value.readDoubleBE(0));
  const number = value.readFloatBE(0);
  for (let digits = 1; digits < 9; digits++) {
    const text = number.toPrecision(digits);
    if (Math.fround(Number(text)) === number) return text;
  }
  return number.toPrecision(9);
}
