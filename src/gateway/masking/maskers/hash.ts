import { type CellMask, type ColumnType, characterLimit } from './column-type.ts';
import { fullMask, jsonCell } from './full.ts';
import { integerCell, integerOf } from './integers.ts';
import { canonicalNumeric, decodeNumeric, encodeNumeric } from './numeric.ts';
import { type Tokens, tokensOf } from './token.ts';
import { familyOf } from './type-families.ts';

/**
 * Equal values give equal tokens, in both formats, so that joins and counts by the reader still work. Numbers stay
 * numbers, and then different values may now and then be called the same. Other types are masked whole.
 */
export function hashMask(type: ColumnType, key: Buffer): CellMask {
  const family = familyOf(type);
  const tokens = tokensOf(key);
  switch (family.family) {
    case 'text':
      return { mask: textToken(type, tokens) };
    case 'json': {
      const start = family.versioned && type.format === 1 ? 1 : 0;
      return {
        mask: (value) => jsonCell(`"${tokens.text(value.subarray(start)).toString('latin1')}"`, type, family.versioned),
      };
    }
    case 'uuid':
      return { mask: (value) => uuidCell(tokens.bytes(uuidBytes(value, type), true), type) };
    case 'bytea':
      return { mask: (value) => byteaCell(tokens.bytes(byteaBytes(value, type), false), type) };
    case 'integer':
      return {
        mask: (value) => {
          const number = integerOf(value, family, type.format);
          if (number === null) return null;
          // Non-negative numbers of the type: 15, 31 or 48 bits, so that a JavaScript reader keeps them exact.
          const token = tokens.number(Buffer.from(String(number)));
          return integerCell(
            BigInt(family.size === 8 ? token : token % 2 ** (family.size * 8 - 1)),
            family,
            type.format,
          );
        },
      };
    case 'numeric':
      return {
        mask: (value) => {
          const text = type.format === 0 ? value.toString('latin1') : decodeNumeric(value);
          if (text === null) return null;
          const masked = String(tokens.number(Buffer.from(canonicalNumeric(text))) % 1_000_000_000);
          return type.format === 0 ? Buffer.from(masked) : encodeNumeric(masked);
        },
      };
    default:
      return fullMask(type);
  }
}

/** What PostgreSQL takes for equal has one token: char(n) without its padding, citext in lower case. */
function textToken(type: ColumnType, tokens: Tokens): (value: Buffer) => Buffer {
  const limit = characterLimit(type);
  const fitting = (token: Buffer): Buffer => (token.length > limit ? token.subarray(0, limit) : token);
  if (type.typeOid === 1042) return (value) => fitting(tokens.text(withoutPadding(value)));
  if (type.typeOid >= 16384) return (value) => tokens.text(Buffer.from(value.toString('utf8').toLowerCase()));
  return (value) => fitting(tokens.text(value));
}

/** char(n) as it is compared: without the spaces at its end. */
export function withoutPadding(value: Buffer): Buffer {
  let end = value.length;
  while (end > 0 && value[end - 1] === 0x20) end--;
  return end === value.length ? value : value.subarray(0, end);
}

const uuidBytes = (value: Buffer, type: ColumnType): Buffer =>
  type.format === 0 ? Buffer.from(value.toString('latin1').replaceAll('-', ''), 'hex') : value;

function uuidCell(bytes: Buffer, type: ColumnType): Buffer {
  if (type.format === 1) return bytes;
  return Buffer.from(bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

function byteaBytes(value: Buffer, type: ColumnType): Buffer {
  const text = type.format === 0 ? value.toString('latin1') : '';
  return text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex') : value;
}

const byteaCell = (bytes: Buffer, type: ColumnType): Buffer =>
  type.format === 1 ? bytes : Buffer.from(`\\x${bytes.toString('hex')}`);
