import { assertNever, type Masker } from '../../../contract/index.ts';
import { arrayMask } from './array.ts';
import { bucketMask } from './bucket.ts';
import { baseType, type CellMask, type ColumnType, characterLimit } from './column-type.ts';
import { dateMask } from './date.ts';
import { fixedMask } from './fixed.ts';
import { fullMask } from './full.ts';
import { hashMask, withoutPadding } from './hash.ts';
import { jsonMask } from './json.ts';
import { card, email, partial, phone, type TextMasker } from './text-maskers.ts';
import { familyOf } from './type-families.ts';

export type { CellMask, ColumnType, TypesByOid } from './column-type.ts';
export { maskValue } from './column-type.ts';
export { isToken } from './token.ts';

/**
 * The masker of a rule for a column of a given type and format. Whatever the masker cannot do for a type is masked
 * whole (`full`), and what has no neutral value becomes NULL; no input makes it pass a value through. Arrays are masked
 * element by element.
 */
export function cellMask(masker: Masker, column: ColumnType, hashKey: Buffer): CellMask {
  const type = baseType(column);
  // They are the same for every value: nothing of an array's shape is to be kept.
  if (masker.kind === 'full') return fullMask(type);
  if (masker.kind === 'null') return { constant: null };
  return arrayMask(type, (element) => cellMask(masker, element, hashKey)) ?? scalarMask(masker, type, hashKey);
}

function scalarMask(masker: Masker, type: ColumnType, hashKey: Buffer): CellMask {
  switch (masker.kind) {
    case 'full':
      return fullMask(type);
    case 'null':
      return { constant: null };
    case 'partial':
      return textMask(type, partial(masker.keepStart, masker.keepEnd));
    case 'email':
      return textMask(type, email);
    case 'phone':
      return textMask(type, phone);
    case 'card':
      return textMask(type, card);
    case 'hash':
      return hashMask(type, hashKey);
    case 'year':
      return dateMask(type, 'year');
    case 'date':
      return dateMask(type, masker.to);
    case 'bucket':
      return bucketMask(type, masker.by);
    case 'json':
      return jsonMask(type, masker.paths, (inner, innerType) => cellMask(inner, innerType, hashKey));
    case 'fixed':
      return fixedMask(type, masker.value);
    case 'withhold':
      return { constant: null }; // what reaches it was not refused before: nothing is there
    default:
      return assertNever(masker);
  }
}

/** Runs a text masker over text columns (char(n) without its padding); other types and shapes are masked whole. */
function textMask(type: ColumnType, masker: TextMasker): CellMask {
  const whole = fullMask(type);
  if (familyOf(type).family !== 'text' || type.typeOid === 142 || whole.constant === undefined) return whole;
  const otherwise = whole.constant;
  if (type.typeOid === 1042) return { mask: (value) => fitting(masker(withoutPadding(value)), type) ?? otherwise };
  if (!Number.isFinite(characterLimit(type))) return { mask: (value) => masker(value) ?? otherwise };
  return { mask: (value) => fitting(masker(value), type) ?? otherwise };
}

/** A mask that the column can hold; null when it is longer. Bytes are at least as many as characters. */
function fitting(masked: Buffer | null, type: ColumnType): Buffer | null {
  const limit = characterLimit(type);
  if (masked === null || masked.length <= limit) return masked;
  return Array.from(masked.toString('utf8')).length <= limit ? masked : null;
}
