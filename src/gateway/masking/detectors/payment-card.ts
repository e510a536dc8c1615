import { digitsOf, passesLuhn } from './checksums.ts';
import type { Detector } from './types.ts';

/** Issuer prefixes and lengths, of those who keep to 14 digits or more (ISO/IEC 7812-1; Maestro's prefixes fit too much else). */
const issuers: readonly RegExp[] = [
  /^4\d{15}$/, // Visa
  /^(?:5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d{2}|7[01]\d|720)\d{12})$/, // Mastercard
  /^3[47]\d{13}$/, // American Express
  /^(?:6011|65\d{2}|64[4-9]\d)\d{12}$/, // Discover
  /^35(?:2[89]|[3-8]\d)\d{12}$/, // JCB
  /^3(?:0[0-5]|[68]\d)\d{11}$/, // Diners Club
  /^62\d{14,17}$/, // UnionPay
];

/** Numbers that payment providers publish for tests; nobody's card. */
const testNumbers = new Set([
  '4242424242424242',
  '4000056655665556',
  '4000002500003155',
  '4000000000000002',
  '4000000000009995',
  '4111111111111111',
  '4012888888881881',
  '4444333322221111',
  '4917610000000000',
  '5555555555554444',
  '5200828282828210',
  '5105105105105100',
  '5454545454545454',
  '2223003122003222',
  '2223000048400011',
  '378282246310005',
  '371449635398431',
  '378734493671000',
  '6011111111111117',
  '6011000990139424',
  '6011981111111113',
  '3056930009020004',
  '36227206271667',
  '30569309025904',
  '38520000023237',
  '3566002020360505',
  '3530111333300000',
  '6200000000000005',
]);

// Not part of a longer word, number, identifier with hyphens (UUIDs) or decimal fraction; separators are all alike.
const form = /(?<![\w.+-])(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{2,7}|3\d{3}([ -])\d{6}\2\d{4,5})(?![\w-]|\.\d)/g;

/** A card number: issuer's prefix, length and Luhn; no published test number, not one digit over and over. */
export const paymentCard: Detector = {
  name: 'payment_card',
  kind: 'payment_card',
  confidence: 'high',
  inNumbers: true,
  possible: ({ run }) => run >= 14,
  find({ text }) {
    for (const [match] of text.matchAll(form)) if (isCard(match.replaceAll(/[ -]/g, ''))) return match;
    return null;
  },
};

const isCard = (number: string): boolean =>
  issuers.some((issuer) => issuer.test(number)) &&
  !testNumbers.has(number) &&
  !/^(\d)\1*$/.test(number.slice(1)) &&
  passesLuhn(digitsOf(number));
