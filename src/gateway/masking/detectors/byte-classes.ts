import type { Sighting } from './types.ts';

/** Kinds of bytes that detectors need at least one of. */
export const seen = {
  digit: 1,
  upper: 2,
  lower: 4,
  at: 8,
  dollar: 16,
  dash: 32,
  underscore: 64,
  plus: 128,
  colon: 256,
  dot: 512,
  /** Stands between the digits of one number: space and `-./()`. */
  between: 1024,
} as const;

const classes = new Uint16Array(256);
for (let byte = 0x30; byte <= 0x39; byte++) classes[byte] = seen.digit;
for (let byte = 0x41; byte <= 0x5a; byte++) classes[byte] = seen.upper;
for (let byte = 0x61; byte <= 0x7a; byte++) classes[byte] = seen.lower;
for (const [character, bit] of [
  ['@', seen.at],
  ['$', seen.dollar],
  ['-', seen.dash],
  ['_', seen.underscore],
  ['+', seen.plus],
  [':', seen.colon],
  ['.', seen.dot],
] as const) {
  classes[character.charCodeAt(0)] = bit;
}
for (const character of ' -./()') {
  const byte = character.charCodeAt(0);
  classes[byte] = (classes[byte] ?? 0) | seen.between;
}

/** Looks once at each byte of `bytes` from `from` up to `to`. About a nanosecond a byte; allocates one small object. */
export function sight(bytes: Uint8Array, from: number, to: number): Sighting {
  let all = 0;
  let digits = 0;
  let current = 0;
  let run = 0;
  for (let at = from; at < to; at++) {
    const bits = classes[bytes[at] as number] as number;
    all |= bits;
    if (bits === seen.digit) {
      digits += 1;
      current += 1;
      if (current > run) run = current;
    } else if ((bits & seen.between) === 0) {
      current = 0;
    }
  }
  return { seen: all, digits, run, length: to - from };
}

/** True when every kind of byte in `bits` occurs. */
export const has = ({ seen: all }: Pick<Sighting, 'seen'>, bits: number): boolean => (all & bits) === bits;

/** True when any kind of byte in `bits` occurs. */
export const hasAny = ({ seen: all }: Pick<Sighting, 'seen'>, bits: number): boolean => (all & bits) !== 0;

/** False when no detector can find anything: most cells end here. */
export const isWorthALook = (sighting: Sighting): boolean =>
  sighting.run >= 7 ||
  hasAny(sighting, seen.at | seen.dollar) ||
  (sighting.length >= 15 && sighting.digits > 0 && hasAny(sighting, seen.upper | seen.underscore | seen.dash)) ||
  (sighting.length >= 40 && has(sighting, seen.upper) && hasAny(sighting, seen.dot | seen.dash));
