import { has, seen } from './byte-classes.ts';
import { modulo } from './checksums.ts';
import type { Detector } from './types.ts';

/** Characters of an IBAN by country (SWIFT IBAN registry, release 97). */
const lengths: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 ' +
    'FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 ' +
    'LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 ' +
    'RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const start = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?=[ A-Z0-9])/g;

/** An IBAN: a country's length and ISO 7064 mod 97-10, in one run or in groups with single spaces. */
export const iban: Detector = {
  name: 'iban',
  kind: 'iban',
  confidence: 'high',
  possible: (sighting) => sighting.length >= 15 && sighting.digits >= 6 && has(sighting, seen.upper),
  find({ text }) {
    for (const { index } of text.matchAll(start)) {
      const length = lengths[text.slice(index, index + 2)];
      const found = length === undefined ? null : take(text, index, length);
      if (found !== null && passesMod97(found.replaceAll(' ', ''))) return found;
    }
    return null;
  },
};

/** So many letters and digits from `from` on, with single spaces between them; null when they end before or go on behind. */
function take(text: string, from: number, length: number): string | null {
  let taken = 0;
  let at = from;
  for (; taken < length; at++) {
    if (/[A-Z0-9]/.test(text[at] ?? '')) taken += 1;
    else if (text[at] !== ' ' || text[at - 1] === ' ') return null;
  }
  return /[A-Za-z0-9]/.test(text[at] ?? '') ? null : text.slice(from, at);
}

function passesMod97(compact: string): boolean {
  const moved = compact.slice(4) + compact.slice(0, 4);
  const digits = [...moved].map((character) => String(Number.parseInt(character, 36))).join('');
  return modulo(digits, 97) === 1;
}
