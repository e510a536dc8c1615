import { assertNever } from '../../../contract/index.ts';
import { type CellMask, type ColumnType, cut } from './column-type.ts';
import { familyOf } from './type-families.ts';

const zeros = (size: number): Buffer => Buffer.alloc(size);

/** jsonb and jsonpath carry a version byte (1) before the text in binary format. */
export function jsonCell(json: string, type: ColumnType, versioned: boolean): Buffer {
  return versioned && type.format === 1 ? Buffer.from(`\x01${json}`, 'utf8') : Buffer.from(json, 'utf8');
}

/** The neutral value of a type: says nothing of what it replaces, and is a value of the type. NULL where there is none. */
export function fullMask(type: ColumnType): CellMask {
  const family = familyOf(type.typeOid, type.typeName);
  const choose = (text: string, binary: Buffer): CellMask => ({
    constant: type.format === 0 ? Buffer.from(text, 'utf8') : binary,
  });
  switch (family.family) {
    case 'text':
      return { constant: cut('***', type) };
    case 'json':
      return { constant: jsonCell('"***"', type, family.versioned) };
    case 'integer':
    case 'float':
      return choose('0', zeros(family.size));
    case 'numeric':
      return choose('0', zeros(8));
    case 'date':
      return choose('2000-01-01', zeros(4));
    case 'timestamp':
      return choose(family.zone ? '2000-01-01 00:00:00+00' : '2000-01-01 00:00:00', zeros(8));
    case 'uuid':
      return choose('00000000-0000-0000-0000-000000000000', zeros(16));
    case 'bytea':
      return choose('\\x', zeros(0));
    case 'bit':
      return bitMask(type, family.varying);
    case 'array':
      return type.format === 0 ? { constant: Buffer.from('{}') } : { mask: emptyBinaryArray };
    case 'constant':
      return choose(family.text, family.binary);
    case 'unknown':
      return { constant: null };
    default:
      return assertNever(family);
  }
}

/** bit(n) is n zeros, its length being part of the type; varbit is empty. Without a modifier a bit column has no known length. */
function bitMask(type: ColumnType, varying: boolean): CellMask {
  if (!varying && type.typeModifier < 0) return { constant: null };
  const bits = varying ? 0 : type.typeModifier;
  if (type.format === 0) return { constant: Buffer.from('0'.repeat(bits)) };
  const cell = zeros(4 + Math.ceil(bits / 8));
  cell.writeInt32BE(bits, 0);
  return { constant: cell };
}

/** An array of no dimension with the element type of the value it replaces (array_recv in arrayfuncs.c). */
function emptyBinaryArray(value: Buffer): Buffer | null {
  if (value.length < 12) return null;
  const cell = zeros(12);
  value.copy(cell, 8, 8, 12);
  return cell;
}
