import { type CellMask, type ColumnType, cut } from './column-type.ts';
import { fullMask, jsonCell } from './full.ts';
import { type IntegerType, integerCell, integerRange } from './integers.ts';
import { encodeNumeric } from './numeric.ts';
import { familyOf } from './type-families.ts';

/** The rule's own value where the column's type can hold it, else the neutral value of the type. */
export function fixedMask(type: ColumnType, value: string): CellMask {
  const cell = fixedCell(type, value);
  return cell === null ? fullMask(type) : { constant: cell };
}

function fixedCell(type: ColumnType, value: string): Buffer | null {
  const family = familyOf(type);
  const text = Buffer.from(value, 'utf8');
  switch (family.family) {
    case 'text':
      // A free text is not always XML.
      return type.typeOid === 142 && /[<&]/.test(value) ? null : cut(value.replaceAll('\0', ''), type);
    case 'json':
      return jsonCell(isJson(value) ? value : JSON.stringify(value), type, family.versioned);
    case 'integer':
      return fixedInteger(value, family, type.format);
    case 'float': {
      if (!/^[+-]?\d{1,15}(?:\.\d{1,15})?$/.test(value)) return null;
      if (type.format === 0) return text;
      const cell = Buffer.alloc(family.size);
      if (family.size === 4) cell.writeFloatBE(Number(value));
      else cell.writeDoubleBE(Number(value));
      return cell;
    }
    case 'numeric': {
      const cell = encodeNumeric(value);
      return cell === null || type.format === 1 ? cell : text;
    }
    case 'date': {
      const time = isoDay(value);
      if (time === null) return null;
      if (type.format === 0) return text;
      const cell = Buffer.alloc(4);
      cell.writeInt32BE((time - Date.UTC(2000, 0, 1)) / 86_400_000);
      return cell;
    }
    case 'enum':
      return family.labels.includes(value) ? text : null;
    case 'uuid':
      if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return null;
      return type.format === 0 ? text : Buffer.from(value.replaceAll('-', ''), 'hex');
    case 'constant':
      return type.typeOid === 16 ? booleanCell(value, type.format) : null;
    default:
      return null;
  }
}

function booleanCell(value: string, format: 0 | 1): Buffer | null {
  if (!/^(?:t|f|true|false)$/i.test(value)) return null;
  const yes = /^t/i.test(value);
  return format === 0 ? Buffer.from(yes ? 't' : 'f') : Buffer.of(yes ? 1 : 0);
}

function fixedInteger(value: string, type: IntegerType, format: 0 | 1): Buffer | null {
  if (!/^[+-]?\d{1,20}$/.test(value)) return null;
  const number = BigInt(value);
  const [least, greatest] = integerRange(type);
  return number < least || number > greatest ? null : integerCell(number, type, format);
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds of a real calendar day written YYYY-MM-DD; null for anything else (2024-02-31). */
function isoDay(value: string): number | null {
  const time =
    /^\d{4}-\d{2}-\d{2}$/.test(value) && !value.startsWith('0000') ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== value ? null : time;
}
