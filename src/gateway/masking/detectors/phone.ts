import { has, seen } from './byte-classes.ts';
import { remembered } from './remembered.ts';
import type { Detector } from './types.ts';

/** Country calling codes of ITU-T E.164 by their first digits; three-digit ones by the two digits they begin with. */
const oneOrTwo = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;
const three = /^(?:2[1-689]|3[578]|42|5[09]|6[789]|8[0578]|9[679])\d/;

const international = /(?<![\w+.])\+[1-9](?:[ .()/-]{0,2}\d){7,14}(?![\w]|-\d)/g;
const northAmerican = /(?<![\w.+-])(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-. ])[2-9]\d{2}[-. ]\d{4}(?![\w-]|\.\d)/g;
/** A whole value: a trunk prefix or none, digits and the usual separators. */
const national = /^\(?0?[1-9][\d ()./-]{6,16}\d$/;
const phoneColumn =
  /phone|tel(?!l|e[^fp])|mobil|cell(?!s|_?(?:id|count))|handy|fax|gsm|whatsapp|msisdn|telefon|celular/i;

/**
 * A telephone number: in E.164 form with a country's calling code, in the North American form with separators, and in
 * another national form only where the column says what it is. Numbers set apart for fiction (555-01xx) are nobody's.
 */
export const phone: Detector = {
  name: 'phone',
  kind: 'phone',
  confidence: 'medium',
  possible: ({ run }) => run >= 7,
  find(candidate) {
    const { text, column } = candidate;
    if (has(candidate, seen.plus)) {
      for (const [match] of text.matchAll(international)) if (isInternational(digits(match))) return match;
    }
    if (has(candidate, seen.between)) {
      for (const [match] of text.matchAll(northAmerican)) if (!isFictional(digits(match))) return match;
    }
    if (!isPhoneColumn(column) || !national.test(text) || /^\d{4}-\d{2}-\d{2}/.test(text)) return null;
    const length = digits(text).length;
    return length >= 7 && length <= 12 && !isFictional(digits(text)) ? text : null;
  },
};

const isPhoneColumn = remembered((column) => phoneColumn.test(column));

const digits = (text: string): string => text.replaceAll(/\D/g, '');

function isInternational(number: string): boolean {
  if (number.length < 8 || number.length > 15) return false;
  if (!number.startsWith('1')) return oneOrTwo.test(number) || three.test(number);
  return /^1[2-9]\d{2}[2-9]\d{6}$/.test(number) && !isFictional(number.slice(1));
}

const isFictional = (number: string): boolean => /^\d{3}55501\d{2}$/.test(number);
