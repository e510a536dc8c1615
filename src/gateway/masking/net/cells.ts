import type { FieldDescription } from '../../wire/fields.ts';
import type { Match, Scanner } from '../detectors/index.ts';
import { familyOf } from '../maskers/type-families.ts';

/** How the values of a result column are looked at; `skip` where the type holds neither text nor long numbers. */
export type CellReading = 'text' | 'binary_array' | 'number' | 'binary_int8' | 'binary_numeric' | 'skip';

/** pg_type: arrays of xml, json, name, text, bpchar, varchar, record, jsonb; and of tsvector. */
const textArrays = new Set([143, 199, 1003, 1009, 1014, 1015, 2287, 3807, 3643]);
const tsvector = 3614;

/**
 * How a column is looked at. Text format shows the text of every type; in binary format text types and jsonb lie there as
 * text, and types of users and extensions are looked at as they lie.
 */
export function readingOf({ typeOid, format }: Pick<FieldDescription, 'typeOid' | 'format'>): CellReading {
  const { family, ...more } = familyOf({ typeOid, typeModifier: -1, format: format === 1 ? 1 : 0, typeName: null });
  switch (family) {
    case 'text':
    case 'json':
    case 'unknown':
      return 'text';
    case 'array':
      if (!textArrays.has(typeOid)) return 'skip';
      return format === 0 ? 'text' : 'binary_array';
    case 'integer':
      if (!('size' in more) || more.size !== 8 || typeOid !== 20) return 'skip';
      return format === 0 ? 'number' : 'binary_int8';
    case 'numeric':
      return format === 0 ? 'number' : 'binary_numeric';
    default:
      return typeOid === tsvector ? 'text' : 'skip';
  }
}

/** What a scanner recognises in the value at `from` up to `to`. A binary value of another shape than its type's holds nothing. */
export function scanCell(
  scanner: Scanner,
  reading: CellReading,
  frame: Buffer,
  from: number,
  to: number,
  column: string,
): readonly Match[] {
  switch (reading) {
    case 'text':
      return scanner.scan(frame, from, to, column);
    case 'number':
      return to - from < 14 ? nothing : scanner.scan(frame, from, to, column, true);
    case 'binary_int8':
      return to - from === 8 ? scanDigits(scanner, frame.readBigInt64BE(from), column) : nothing;
    case 'binary_numeric':
      return scanDigits(scanner, wholeNumeric(frame, from, to), column);
    case 'binary_array':
      return scanElements(scanner, frame, from, to, column);
    default:
      return nothing;
  }
}

const nothing: readonly Match[] = [];

function scanDigits(scanner: Scanner, value: bigint, column: string): readonly Match[] {
  if (value < 10_000_000_000_000n) return nothing;
  const digits = Buffer.from(String(value), 'latin1');
  return scanner.scan(digits, 0, digits.length, column, true);
}

/** numeric_send: digits of base 10,000, weight of the first, sign, scale. 0 for what is no whole, positive number of up to 20 digits. */
function wholeNumeric(frame: Buffer, from: number, to: number): bigint {
  if (to - from < 8) return 0n;
  const count = frame.readUInt16BE(from);
  const weight = frame.readInt16BE(from + 2);
  const sign = frame.readUInt16BE(from + 4);
  if (sign !== 0 || weight < 2 || weight > 4 || count > weight + 1 || to - from !== 8 + count * 2) return 0n;
  let value = 0n;
  for (let index = 0; index <= weight; index++) {
    value = value * 10_000n + BigInt(index < count ? frame.readUInt16BE(from + 8 + index * 2) : 0);
  }
  return value;
}

/** array_send: dimensions, flags, element type, two numbers for each dimension, then length and bytes of each element. */
function scanElements(scanner: Scanner, frame: Buffer, from: number, to: number, column: string): readonly Match[] {
  if (to - from < 12) return nothing;
  let at = from + 12 + frame.readInt32BE(from) * 8;
  const matches: Match[] = [];
  while (at >= from + 12 && at + 4 <= to) {
    const length = frame.readInt32BE(at);
    at += 4;
    if (length <= 0) continue;
    matches.push(...scanner.scan(frame, at, Math.min(at + length, to), column));
    at += length;
  }
  return matches;
}
