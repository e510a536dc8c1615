import type { Masker } from '../../../contract/index.ts';

export type MaskerKind = Masker['kind'];

/** Maskers as an operator chooses them, with what each leaves readable. */
export const maskerChoices: readonly { readonly value: MaskerKind; readonly label: string; readonly leaves: string }[] =
  [
    { value: 'full', label: 'Full', leaves: 'nothing readable' },
    { value: 'partial', label: 'Partial', leaves: 'some characters' },
    { value: 'email', label: 'E-mail', leaves: 'the form of an address' },
    { value: 'phone', label: 'Phone', leaves: 'the form of a number' },
    { value: 'card', label: 'Card number', leaves: 'the last four digits' },
    { value: 'hash', label: 'Hash', leaves: 'equal values equal' },
    { value: 'year', label: 'Year only', leaves: 'the year of a date' },
    { value: 'null', label: 'NULL', leaves: 'nothing at all' },
    { value: 'fixed', label: 'Fixed value', leaves: 'one text for all' },
  ];

/** A masker of a kind, with its defaults. */
export function defaultMasker(kind: MaskerKind): Masker {
  switch (kind) {
    case 'partial':
      return { kind, keepStart: 0, keepEnd: 4 };
    case 'fixed':
      return { kind, value: '' };
    default:
      return { kind };
  }
}

/** A masker in a few words. */
export function maskerText(masker: Masker): string {
  const label = maskerChoices.find((choice) => choice.value === masker.kind)?.label ?? masker.kind;
  if (masker.kind === 'partial') return `${label}: first ${masker.keepStart}, last ${masker.keepEnd}`;
  if (masker.kind === 'fixed') return `${label}: “${masker.value}”`;
  return label;
}

/** The masker that a column's name suggests. */
export function suggestedMasker(column: string): Masker {
  if (/e?mail/i.test(column)) return { kind: 'email' };
  if (/phone|mobile|tel/i.test(column)) return { kind: 'phone' };
  if (/card|pan$/i.test(column)) return { kind: 'card' };
  if (/birth|dob/i.test(column)) return { kind: 'year' };
  return { kind: 'full' };
}
