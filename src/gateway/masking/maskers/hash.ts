import { createHmac } from 'node:crypto';
import { type CellMask, type ColumnType, cut } from './column-type.ts';
import { fullMask, jsonCell } from './full.ts';
import { canonicalNumeric, decodeNumeric, encodeNumeric } from './numeric.ts';
import { familyOf } from './type-families.ts';

/**
 * Equal values give equal tokens, in both formats, so that joins and counts by the reader still work; without this
 * installation's key a token says nothing of its value, however few values there are to guess from.
 */
export function hashMask(type: ColumnType, key: Buffer): CellMask {
  const family = familyOf(type.typeOid, type.typeName);
  const digest = (value: Buffer | string): Buffer => createHmac('sha256', key).update(value).digest();
  const token = (value: Buffer | string): string => `tok_${digest(value).toString('hex', 0, 8)}`;
  switch (family.family) {
    case 'text':
      return { mask: (value) => cut(token(value), type) };
    case 'json': {
      const start = family.versioned && type.format === 1 ? 1 : 0;
      return { mask: (value) => jsonCell(`"${token(value.subarray(start))}"`, type, family.versioned) };
    }
    case 'uuid':
      return { mask: (value) => uuidCell(digest(uuidText(value, type)), type) };
    case 'bytea':
      return { mask: (value) => byteaCell(digest(byteaBytes(value, type)).subarray(0, 16), type) };
    case 'integer':
      return {
        mask: (value) => {
          const text = integerText(value, family.size, family.unsigned, type);
          return text === null ? null : integerCell(digest(text), family.size, type);
        },
      };
    case 'numeric':
      return {
        mask: (value) => {
          const text = type.format === 0 ? value.toString('latin1') : decodeNumeric(value);
          if (text === null) return null;
          const masked = String(digest(canonicalNumeric(text)).readUInt32BE(0) % 1_000_000_000);
          return type.format === 0 ? Buffer.from(masked) : encodeNumeric(masked);
        },
      };
    default:
      return fullMask(type);
  }
}

function uuidText(value: Buffer, type: ColumnType): string {
  return (type.format === 0 ? value.toString('latin1') : value.toString('hex')).replaceAll('-', '').toLowerCase();
}

/** A version 8 UUID (RFC 9562: custom), so that nobody takes it for a real version 4 one. */
function uuidCell(digest: Buffer, type: ColumnType): Buffer {
  const bytes = Buffer.from(digest.subarray(0, 16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  if (type.format === 1) return bytes;
  return Buffer.from(bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
}

function byteaBytes(value: Buffer, type: ColumnType): Buffer {
  const text = type.format === 0 ? value.toString('latin1') : '';
  return text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex') : value;
}

const byteaCell = (bytes: Buffer, type: ColumnType): Buffer =>
  type.format === 1 ? Buffer.from(bytes) : Buffer.from(`\\x${bytes.toString('hex')}`);

function integerText(value: Buffer, size: 2 | 4 | 8, unsigned: boolean, type: ColumnType): string | null {
  if (type.format === 0) return value.toString('latin1');
  if (value.length !== size) return null;
  if (size === 8) return String(unsigned ? value.readBigUInt64BE(0) : value.readBigInt64BE(0));
  return String(unsigned ? value.readUIntBE(0, size) : value.readIntBE(0, size));
}

/** A non-negative number of the type: 15, 31 or 53 bits, the last so that a JavaScript reader keeps it exact. */
function integerCell(digest: Buffer, size: 2 | 4 | 8, type: ColumnType): Buffer {
  const number =
    size === 8
      ? digest.readBigUInt64BE(0) >> 11n
      : BigInt(size === 4 ? digest.readUInt32BE(0) >>> 1 : digest.readUInt16BE(0) >>> 1);
  if (type.format === 0) return Buffer.from(String(number));
  const cell = Buffer.alloc(size);
  if (size === 8) cell.writeBigInt64BE(number, 0);
  else cell.writeIntBE(Number(number), 0, size);
  return cell;
}
