import { assertNever, type Masker } from '../../../contract/index.ts';
import { type CellMask, type ColumnType, characterLimit } from './column-type.ts';
import { fixedMask } from './fixed.ts';
import { fullMask } from './full.ts';
import { hashMask } from './hash.ts';
import { card, email, partial, phone, type TextMasker } from './text-maskers.ts';
import { familyOf } from './type-families.ts';
import { yearMask } from './year.ts';

export type { CellMask, ColumnType } from './column-type.ts';

/**
 * The masker of a rule for a column of a given type and format. Whatever the masker cannot do for a type is masked
 * whole (`full`), and what has no neutral value becomes NULL; no input makes it pass a value through.
 */
export function cellMask(masker: Masker, type: ColumnType, hashKey: Buffer): CellMask {
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
      return yearMask(type);
    case 'fixed':
      return fixedMask(type, masker.value);
    default:
      return assertNever(masker);
  }
}

/** Runs a text masker over text columns (char(n) without its padding); other types and shapes are masked whole. */
function textMask(type: ColumnType, masker: TextMasker): CellMask {
  const whole = fullMask(type);
  const family = familyOf(type.typeOid, type.typeName).family;
  if (family !== 'text' || type.typeOid === 142 || whole.constant === undefined) return whole;
  const limit = characterLimit(type);
  return {
    mask: (value) => {
      const text = value.toString('utf8');
      const masked = masker(type.typeOid === 1042 ? text.trimEnd() : text);
      return masked === null || masked.length > limit ? whole.constant : Buffer.from(masked, 'utf8');
    },
  };
}
