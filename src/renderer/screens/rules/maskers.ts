import type { DateUnit, Masker, ValueMasker } from '../../../contract/index.ts';

export type MaskerKind = Masker['kind'];

interface Choice<Kind extends MaskerKind> {
  readonly value: Kind;
  readonly label: string;
  readonly leaves: string;
}

/** Maskers of a single value as an operator chooses them, with what each leaves readable. */
export const valueMaskerChoices: readonly Choice<ValueMasker['kind']>[] = [
  { value: 'full', label: 'Full', leaves: 'nothing readable' },
  { value: 'partial', label: 'Partial', leaves: 'some characters' },
  { value: 'email', label: 'E-mail', leaves: 'the form of an address' },
  { value: 'phone', label: 'Phone', leaves: 'the form of a number' },
  { value: 'card', label: 'Card number', leaves: 'the last four digits' },
  { value: 'hash', label: 'Hash', leaves: 'equal values equal' },
  { value: 'year', label: 'Year only', leaves: 'the year of a date' },
  { value: 'date', label: 'Date, shortened', leaves: 'a date down to a unit' },
  { value: 'bucket', label: 'Number bucket', leaves: 'the range of a number' },
  { value: 'null', label: 'NULL', leaves: 'nothing at all' },
  { value: 'fixed', label: 'Fixed value', leaves: 'one text for all' },
];

/** The same with those that look into a value. */
export const maskerChoices: readonly Choice<MaskerKind>[] = [
  ...valueMaskerChoices,
  { value: 'json', label: 'JSON paths', leaves: 'all else in a JSON value' },
  { value: 'withhold', label: 'Withhold', leaves: 'nothing: the column is not there' },
];

/** What a date can be shortened to. */
export const dateUnits: readonly { readonly value: DateUnit; readonly label: string }[] = [
  { value: 'year', label: 'Year' },
  { value: 'quarter', label: 'Quarter' },
  { value: 'month', label: 'Month' },
  { value: 'week', label: 'Week' },
  { value: 'day', label: 'Day' },
  { value: 'hour', label: 'Hour' },
];

/** A masker of a kind, with its defaults. */
export function defaultMasker(kind: MaskerKind): Masker {
  if (kind === 'withhold') return { kind };
  return kind === 'json' ? { kind, paths: [{ path: '', masker: { kind: 'full' } }] } : defaultValueMasker(kind);
}

/** A masker of a single value, with its defaults. */
export function defaultValueMasker(kind: ValueMasker['kind']): ValueMasker {
  switch (kind) {
    case 'partial':
      return { kind, keepStart: 0, keepEnd: 4 };
    case 'date':
      return { kind, to: 'month' };
    case 'bucket':
      return { kind, by: 1000 };
    case 'fixed':
      return { kind, value: '' };
    default:
      return { kind };
  }
}

/** A width or boundaries as typed: `1000`, or `0, 18, 65`. What is no number becomes NaN, which no rule may hold. */
export function parseBuckets(text: string): number | number[] {
  const numbers = text.split(/[,;\s]+/).filter((part) => part !== '');
  if (text.trim() === '') return Number.NaN;
  const [first = Number.NaN] = numbers.map(Number);
  return numbers.length > 1 || /[,;]\s*$/.test(text) ? numbers.map(Number) : first;
}

/** A width or boundaries in the form that `parseBuckets` reads. */
export const bucketsText = (by: number | readonly number[]): string =>
  typeof by === 'number' ? String(by) : by.join(', ');

/** A masker in a few words. */
export function maskerText(masker: Masker): string {
  const label = maskerChoices.find((choice) => choice.value === masker.kind)?.label ?? masker.kind;
  switch (masker.kind) {
    case 'partial':
      return `${label}: first ${masker.keepStart}, last ${masker.keepEnd}`;
    case 'date':
      return `${label}: to the ${masker.to}`;
    case 'bucket':
      return `${label}: ${bucketsText(masker.by)}`;
    case 'fixed':
      return `${label}: “${masker.value}”`;
    case 'json':
      return `${label}: ${masker.paths.map((one) => `${one.path} (${maskerText(one.masker)})`).join(', ')}`;
    default:
      return label;
  }
}

/** The masker that a column's name suggests. */
export function suggestedMasker(column: string): Masker {
  if (/e?mail/i.test(column)) return { kind: 'email' };
  if (/phone|mobile|tel/i.test(column)) return { kind: 'phone' };
  if (/card|pan$/i.test(column)) return { kind: 'card' };
  if (/birth|dob/i.test(column)) return { kind: 'year' };
  return { kind: 'full' };
}
