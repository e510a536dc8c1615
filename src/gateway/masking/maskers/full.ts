import { assertNever } from '../../../contract/index.ts';
import { baseType, type CellMask, type ColumnType, cut, otherType } from './column-type.ts';
import { compositeBinary, compositeText } from './composite.ts';
import { familyOf } from './type-families.ts';

const zeros = (size: number): Buffer => Buffer.alloc(size);

/** jsonb and jsonpath carry a version byte (1) before the text in binary format. */
export function jsonCell(json: string, type: ColumnType, versioned: boolean): Buffer {
  return versioned && type.format === 1 ? Buffer.from(`\x01${json}`, 'utf8') : Buffer.from(json, 'utf8');
}

/**
 * The neutral value of a type: says nothing of what it replaces, and is a value of the type. NULL where there is none.
 * An array is empty, for its length would say something; an enum has its first label; a composite has the neutral value of
 * each attribute.
 */
export function fullMask(column: ColumnType): CellMask {
  const type = baseType(column);
  const family = familyOf(type);
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
      if (type.format === 0) return { constant: Buffer.from('{}') };
      return family.element === null ? { mask: emptyArrayLike } : { constant: emptyArray(family.element) };
    case 'enum': {
      // In both formats an enum is its label.
      const [first] = family.labels;
      return { constant: first === undefined ? null : Buffer.from(first, 'utf8') };
    }
    case 'composite': {
      const values = family.attributes.map(({ typeOid, typeModifier }) => ({
        typeOid,
        value: constantOf(fullMask(otherType(type, typeOid, typeModifier))),
      }));
      return { constant: type.format === 0 ? compositeText(values) : compositeBinary(values) };
    }
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

const constantOf = (cell: CellMask): Buffer | null => cell.constant ?? null;

/** An array of no dimension in binary format (array_recv in arrayfuncs.c): dimensions, flags, element type. */
function emptyArray(element: number): Buffer {
  const cell = zeros(12);
  cell.writeUInt32BE(element, 8);
  return cell;
}

/** The same with the element type of the value that it replaces. */
const emptyArrayLike = (value: Buffer): Buffer | null => (value.length < 12 ? null : emptyArray(value.readUInt32BE(8)));
