import { has, hasAny, seen } from './byte-classes.ts';
import { digitsOf, isMonthDay, modulo, passesLuhn, weighted } from './checksums.ts';
import { remembered } from './remembered.ts';
import type { Candidate, Detector, Sighting } from './types.ts';

const letters = seen.upper | seen.lower;

interface NationalId {
  readonly name: Detector['name'];
  readonly form: RegExp;
  /** True for a number that has been, or may be, given to somebody. */
  readonly valid: (number: string) => boolean;
  /** Bytes that must occur, besides digits. */
  readonly needs?: number;
  /** For numbers that much else looks like: what the column's name or the text itself must say. */
  readonly context?: RegExp;
  readonly confidence?: Detector['confidence'];
  /** Digits that occur in a row at least, with what may stand between them. */
  readonly digits?: number;
}

function nationalId({ name, form, valid, needs = 0, context, confidence, digits = 8 }: NationalId): Detector {
  const named = remembered((column) => context?.test(column) === true);
  return {
    name,
    kind: 'national_id',
    confidence: confidence ?? (context === undefined ? 'high' : 'low'),
    possible: (sighting: Sighting) => sighting.run >= digits && has(sighting, needs),
    find(candidate: Candidate) {
      const { text, column } = candidate;
      if (context !== undefined && !named(column) && !(hasAny(candidate, letters) && context.test(text))) return null;
      for (const [match] of text.matchAll(form)) if (valid(match)) return match;
      return null;
    },
  };
}

/** Steueridentifikationsnummer: ISO 7064 mod 11,10; of the first ten digits exactly one occurs two or three times (§ 139b AO). */
export const deTaxId = nationalId({
  name: 'de_tax_id',
  form: /(?<![\w.-])[1-9]\d(?: ?\d{3}){3}(?![\w-]|\.\d)/g,
  context: /steuer|idnr|tax_?id|\btin\b/i,
  digits: 11,
  valid(number) {
    const digits = digitsOf(number);
    const counts = new Map<number, number>();
    for (const digit of digits.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    const repeated = [...counts.values()].filter((count) => count > 1);
    if (repeated.length !== 1 || (repeated[0] ?? 0) > 3) return false;
    let product = 10;
    for (const digit of digits.slice(0, 10)) product = (((digit + product) % 10 || 10) * 2) % 11;
    return (11 - product) % 10 === digits[10];
  },
});

/** Burgerservicenummer: the eleven-test with -1 for the last digit. */
export const nlBsn = nationalId({
  name: 'nl_bsn',
  form: /(?<![\w.-])\d{9}(?![\w-]|\.\d)/g,
  context: /\bbsn|bsn\b|_bsn|burgerservice|sofi/i,
  valid: (number) => Number(number) > 0 && weighted(digitsOf(number), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
});

/** DNI and NIE: the letter is the number modulo 23. */
export const esDni = nationalId({
  name: 'es_dni',
  form: /(?<![\w-])(?:\d{8}-?|[XYZ]-?\d{7}-?)[A-HJ-NP-TV-Z](?![\w-])/g,
  needs: seen.upper,
  confidence: 'medium',
  digits: 7,
  valid(number) {
    const compact = number.replaceAll('-', '');
    const digits = compact.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)));
    return 'TRWAGMYFPDXBNJZSQVHLCKE'[Number(digits) % 23] === compact.at(-1) && Number(digits) > 0;
  },
});

/** Numéro de sécurité sociale: sex, year, month, place, order, and 97 minus the number modulo 97; 2A and 2B are Corsica. */
export const frNir = nationalId({
  name: 'fr_nir',
  form: /(?<![\w.-])[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?![\w-]|\.\d)/g,
  digits: 8,
  valid(number) {
    const compact = number.replaceAll(' ', '').replace('2A', '19').replace('2B', '18');
    return 97 - modulo(compact.slice(0, 13), 97) === Number(compact.slice(13));
  },
});

const oddValues: Readonly<Record<string, number>> = Object.fromEntries(
  [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23].map((value, index) => [
    String.fromCharCode(65 + index),
    value,
  ]),
);

/** Codice fiscale: letters of the name, birth date, place, and a check letter (D.M. 23 December 1976). */
export const itCodiceFiscale = nationalId({
  name: 'it_codice_fiscale',
  form: /(?<![A-Z0-9])[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z](?![A-Z0-9])/g,
  needs: seen.upper,
  digits: 1,
  valid(number) {
    let sum = 0;
    for (const [index, character] of [...number.slice(0, 15)].entries()) {
      const letter = character >= 'A' ? character : String.fromCharCode(65 + Number(character));
      sum += index % 2 === 0 ? (oddValues[letter] ?? 0) : letter.charCodeAt(0) - 65;
    }
    return String.fromCharCode(65 + (sum % 26)) === number[15];
  },
});

function isCpf(number: string): boolean {
  const digits = digitsOf(number);
  if (digits.length !== 11 || new Set(digits).size === 1) return false;
  const check = (length: number): number =>
    ((weighted(
      digits,
      Array.from({ length }, (_, index) => length + 1 - index),
    ) *
      10) %
      11) %
    10;
  return check(9) === digits[9] && check(10) === digits[10];
}

/** CPF: two check digits; written with its dots and hyphen, or bare where the column or text says so. */
export const brCpf: Detector = {
  name: 'br_cpf',
  kind: 'national_id',
  confidence: 'high',
  possible: ({ run }) => run >= 11,
  find({ text, column }) {
    for (const [match] of text.matchAll(/(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w-])/g))
      if (isCpf(match)) return match;
    if (!/cpf/i.test(column) && !/cpf/i.test(text)) return null;
    for (const [match] of text.matchAll(/(?<![\w.-])\d{11}(?![\w-]|\.\d)/g)) if (isCpf(match)) return match;
    return null;
  },
};

/** PESEL: birth date with the century in the month, weights 1 3 7 9, and only where the column or text says so. */
export const plPesel = nationalId({
  name: 'pl_pesel',
  form: /(?<![\w.-])\d{11}(?![\w-]|\.\d)/g,
  context: /pesel/i,
  digits: 11,
  valid(number) {
    const month = Number(number.slice(2, 4)) % 20;
    if (!isMonthDay(month, Number(number.slice(4, 6)))) return false;
    return weighted(digitsOf(number), [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;
  },
});

/** Personnummer with its separator: a date, and Luhn over the last ten digits; 60 is added to the day of a co-ordination number. */
export const sePersonnummer = nationalId({
  name: 'se_personnummer',
  form: /(?<![\w.+-])(?:19|20)?\d{6}[-+]\d{4}(?![\w-]|\.\d)/g,
  confidence: 'medium',
  digits: 10,
  valid(number) {
    const digits = digitsOf(number).slice(-10);
    const day = Number(digits.slice(4, 6).join(''));
    return isMonthDay(Number(digits.slice(2, 4).join('')), day > 60 ? day - 60 : day) && passesLuhn(digits);
  },
});

/** Numbers that were printed on cards in wallets and leaflets. */
const advertised = new Set(['078051120', '219099999', '123456789', '987654321']);

/** Social Security number: it has no check digit, so the column or the text must say what it is; areas as the SSA gives them. */
export const usSsn = nationalId({
  name: 'us_ssn',
  form: /(?<![\w.-])\d{3}([- ]?)\d{2}\1\d{4}(?![\w-]|\.\d)/g,
  context: /\bssn|ssn\b|_ssn|social[_ ]?sec/i,
  valid(number) {
    const digits = number.replaceAll(/\D/g, '');
    const area = Number(digits.slice(0, 3));
    if (area === 0 || area === 666 || area >= 900 || advertised.has(digits)) return false;
    return digits.slice(3, 5) !== '00' && digits.slice(5) !== '0000';
  },
});
