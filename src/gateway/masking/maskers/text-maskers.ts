import { ascii, isDigit, isLetter, isSpace } from './bytes.ts';

/**
 * Maskers that look at text, as UTF-8. Each returns null when the value has not the shape it knows: it is then masked
 * whole. What each may reveal is its contract, and the property tests hold it to that. They run for every cell: no value is
 * decoded, and results of which there are few are made once.
 */
export type TextMasker = (value: Buffer) => Buffer | null;

/** Keeps characters at both ends, but never more than half of the value: a shorter one is masked whole. */
export function partial(keepStart: number, keepEnd: number): TextMasker {
  const kept = keepStart + keepEnd;
  if (kept === 0) return () => null;
  const known = new Map<number, Buffer>();
  return (value) => {
    if (value.length < kept * 2) return null;
    const start = forward(value, 0, keepStart);
    // As many characters more must follow as are kept: of a long value the ends are looked at only.
    if (start === -1 || forward(value, start, kept * 2 - keepStart) === -1) return null;
    const end = backward(value, keepEnd);
    if (end === -1) return null;
    const bytes = start + value.length - end;
    if (bytes > longestKey) return ends(value, start, end);
    // Of few bytes there are few combinations: those met before are handed out again.
    let key = 1;
    for (let at = 0; at < start; at++) key = key * 256 + (value[at] ?? 0);
    for (let at = end; at < value.length; at++) key = key * 256 + (value[at] ?? 0);
    const before = known.get(key * (longestKey + 1) + start);
    if (before !== undefined) return before;
    const masked = ends(value, start, end);
    if (known.size < combinationsKept) known.set(key * (longestKey + 1) + start, masked);
    return masked;
  };
}

/** Bytes that make a number below 2^53 with where they were split. */
const longestKey = 5;
const combinationsKept = 4096;

/** Both ends of a value, and stars for what is between. */
function ends(value: Buffer, start: number, end: number): Buffer {
  const masked = Buffer.allocUnsafe(start + 3 + value.length - end);
  // The ends are short: for so few bytes a loop is faster than copy().
  let to = 0;
  for (let at = 0; at < start; at++) masked[to++] = value[at] ?? 0;
  for (let star = 0; star < 3; star++) masked[to++] = ascii.star;
  for (let at = end; at < value.length; at++) masked[to++] = value[at] ?? 0;
  return masked;
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** The offset behind `count` characters from `offset` on; -1 when there are not so many or it is no UTF-8. */
function forward(bytes: Buffer, offset: number, count: number): number {
  let at = offset;
  for (let done = 0; done < count; done++) {
    if (at >= bytes.length) return -1;
    const first = at++;
    while (isContinuation(bytes[at])) at++;
    if (at - first > 4) return -1;
  }
  return at;
}

/** The offset at which the last `count` characters begin. */
function backward(bytes: Buffer, count: number): number {
  let at = bytes.length;
  for (let done = 0; done < count; done++) {
    const end = at--;
    while (isContinuation(bytes[at])) at--;
    if (at < 0 || end - at > 4) return -1;
  }
  return at;
}

/** `z***@***.com`: the first character of a local part of three or more, and a top-level domain of letters. */
export const email: TextMasker = (value) => {
  let start = 0;
  let end = value.length;
  while (start < end && isSpace(value[start] ?? 0)) start++;
  while (end > start && isSpace(value[end - 1] ?? 0)) end--;
  let at = -1;
  let lastPoint = -1;
  for (let index = start; index < end; index++) {
    const byte = value[index] ?? 0;
    if (byte >= 0x7f) return emailOfText(value.toString('utf8'));
    if (byte === ascii.at) {
      if (at !== -1) return null;
      at = index;
    } else if (byte === ascii.point) lastPoint = index;
    else if (isSpace(byte)) return null;
  }
  if (at <= start || at + 1 >= end) return null;
  const first = at - start >= 3 ? (value[start] ?? 0) : 0;
  return maskedAddress(value, first, lastPoint > at + 1 ? lastPoint : end, end);
};

/** Made addresses by their first character and top-level domain; there are few of either. */
const addresses = new Map<number, Buffer>();
const addressesKept = 4096;

/** `first` is 0 for none. The letters from behind `point` to `end` are the domain when they are two to six letters. */
function maskedAddress(value: Buffer, first: number, point: number, end: number): Buffer {
  const letters = end - point - 1;
  let domain = letters >= 2 && letters <= 6;
  // A number of at most seven digits to the base 128 (so less than 2^53), the first of them never 0.
  let key = first + 1;
  for (let index = point + 1; domain && index < end; index++) {
    const byte = value[index] ?? 0;
    domain = isLetter(byte);
    key = key * 128 + byte;
  }
  if (!domain) key = first + 1;
  const known = addresses.get(key);
  if (known !== undefined) return known;
  const start = first === 0 ? '' : String.fromCharCode(first);
  const made = Buffer.from(`${start}***@***${domain ? value.toString('latin1', point, end) : ''}`, 'latin1');
  if (addresses.size < addressesKept) addresses.set(key, made);
  return made;
}

/** The same for text outside ASCII. */
function emailOfText(value: string): Buffer | null {
  const match = /^([^\s@]+)@[^\s@]+?(\.[A-Za-z]{2,6})?$/.exec(value.trim());
  if (match === null) return null;
  const local = Array.from(match[1] ?? '');
  return Buffer.from(`${local.length >= 3 ? local[0] : ''}***@***${match[2] ?? ''}`);
}

/** `***07`: the last two digits of a number of at least seven. */
export const phone: TextMasker = (value) => {
  let digits = 0;
  let last = 0;
  for (let index = 0; index < value.length; index++) {
    const byte = value[index] ?? 0;
    if (isDigit(byte)) {
      digits += 1;
      last = (last % 10) * 10 + byte - ascii.zero;
    } else if (!isPhonePunctuation(byte)) return null;
  }
  return digits >= 7 ? (phones[last] ?? null) : null;
};

const phones = Array.from({ length: 100 }, (_, last) => Buffer.from(`***${String(last).padStart(2, '0')}`));

/** Spaces and `+()./x-`. A space outside ASCII is none here: such a number is masked whole. */
const isPhonePunctuation = (byte: number): boolean => isSpace(byte) || phonePunctuation.has(byte);
const phonePunctuation = new Set(Buffer.from('+()./xX-'));

/** `**** **** **** 1012`: the last four digits of a number of 12 to 19 (ISO/IEC 7812; PCI DSS 3.4 allows them). */
export const card: TextMasker = (value) => {
  let digits = 0;
  let last = 0;
  for (let index = 0; index < value.length; index++) {
    const byte = value[index] ?? 0;
    if (isDigit(byte)) {
      digits += 1;
      last = (last % 1000) * 10 + byte - ascii.zero;
    } else if (byte !== ascii.minus && !isSpace(byte)) return null;
  }
  if (digits < 12 || digits > 19) return null;
  cards[last] ??= Buffer.from(`**** **** **** ${String(last).padStart(4, '0')}`);
  return cards[last] ?? null;
};

/** Made when first needed: 10,000 of them would be a start-up cost for nothing. */
const cards = new Array<Buffer | undefined>(10_000).fill(undefined);
