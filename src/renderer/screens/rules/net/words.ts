import { type DetectorAction, detectorName, detectorWords, type PersonalKind } from '../../../../contract/index.ts';

/** What a column seems to hold, as a person says it. */
export const kindWords: Readonly<Record<PersonalKind, string>> = {
  email: 'E-mail address',
  phone: 'Telephone number',
  payment_card: 'Payment card',
  iban: 'Bank account',
  national_id: 'National id',
  person_name: 'Person’s name',
  address: 'Address',
  birth_date: 'Birth date',
  income: 'Income',
  ip_address: 'IP address',
  secret: 'Secret',
  personal: 'Personal data',
};

export const actionChoices: readonly { readonly value: DetectorAction; readonly label: string }[] = [
  { value: 'off', label: 'Do nothing' },
  { value: 'report', label: 'Report' },
  { value: 'ask', label: 'Ask before the next read' },
  { value: 'mask', label: 'Mask' },
];

/** What an action does, in a sentence. */
export const actionHints: Readonly<Record<DetectorAction, string>> = {
  off: 'Values are not looked at.',
  report: 'A sample of the rows is looked at; what is recognised is listed here and leaves as it is.',
  ask: 'As Report; then statements that touch the column wait for you. What made the finding has left already.',
  mask: 'Every row is looked at, and a cell in which something is recognised is masked whole.',
};

export const detectorChoices = detectorName.options.map((value) => ({
  value,
  label: `${detectorWords[value].charAt(0).toUpperCase()}${detectorWords[value].slice(1)}`,
}));
