import { aligned, type Decimal, decimalText, floorDivide, parseDecimal } from './decimal.ts';

/** A division of the numbers into buckets. A lower bound says which bucket a number lies in, and nothing else of it. */
export interface Buckets {
  /**
   * The lower bound of an integer that a double holds exactly; null when there is none below the first boundary, undefined
   * when the bounds are no integers: then `exact` knows.
   */
  lower(number: number): number | null | undefined;
  /** The lower bound of any number, in plain decimal; null as above. */
  exact(number: Decimal): string | null;
}

/** Buckets of equal width, one of which begins at 0. */
export function bucketsOfWidth(width: number): Buckets {
  const decimal = decimalOf(width);
  const plain = Number.isSafeInteger(width);
  return {
    lower: (number) => {
      if (!plain) return undefined;
      // The remainder of doubles is exact, their quotient is not.
      const rest = number % width;
      const lower = rest === 0 ? number : number - (rest < 0 ? rest + width : rest);
      return Number.isSafeInteger(lower) ? lower : undefined;
    },
    exact: (number) => {
      const [value, size] = aligned(number, decimal);
      return decimalText({ unscaled: floorDivide(value, size) * decimal.unscaled, scale: decimal.scale });
    },
  };
}

/** Buckets between ascending boundaries; the last has no end. */
export function bucketsBetween(boundaries: readonly number[]): Buckets {
  const decimals = boundaries.map(decimalOf);
  const plain = boundaries.every((boundary) => Number.isSafeInteger(boundary));
  return {
    lower: (number) => {
      if (!plain) return undefined;
      let lower: number | null = null;
      for (const boundary of boundaries) {
        if (boundary > number) break;
        lower = boundary;
      }
      return lower;
    },
    exact: (number) => {
      const lower = decimals.findLast((boundary) => {
        const [value, bound] = aligned(number, boundary);
        return bound <= value;
      });
      return lower === undefined ? null : decimalText(lower);
    },
  };
}

function decimalOf(number: number): Decimal {
  const decimal = parseDecimal(String(number));
  if (decimal === null) throw new RangeError(`${number} is no finite number.`);
  return decimal;
}
