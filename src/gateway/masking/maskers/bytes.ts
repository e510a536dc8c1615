/** ASCII codes that maskers compare with. */
export const ascii = {
  tab: 0x09,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  star: 0x2a,
  comma: 0x2c,
  minus: 0x2d,
  point: 0x2e,
  zero: 0x30,
  nine: 0x39,
  at: 0x40,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;

export const isDigit = (byte: number): boolean => byte >= ascii.zero && byte <= ascii.nine;

/** What `\s` is among ASCII. */
export const isSpace = (byte: number): boolean =>
  byte === ascii.space || (byte >= ascii.tab && byte <= ascii.carriageReturn);

/** A letter A to Z of either case. */
export const isLetter = (byte: number): boolean => {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
};

/** The number that digits from `start` to before `end` write; -1 when one of them is none or there is none. */
export function digitsAt(bytes: Buffer, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (!isDigit(byte)) return -1;
    number = number * 10 + byte - ascii.zero;
  }
  return end > start ? number : -1;
}
