import { describe, expect, test } from 'vitest';
import type { Masker } from '../../../src/contract/index.ts';
import { cellMask } from '../../../src/gateway/masking/maskers/index.ts';
import fc from '../../support/property.ts';
import { hashKey } from './support.ts';

const text = 25;

function masked(
  masker: Masker,
  value: string | Buffer,
  typeOid = text,
  format: 0 | 1 = 0,
  typeModifier = -1,
): Buffer | null {
  const cell = cellMask(masker, { typeOid, format, typeModifier, typeName: null }, hashKey);
  return cell.constant === undefined ? cell.mask(Buffer.from(value)) : cell.constant;
}
const shown = (masker: Masker, value: string, typeOid = text): string | null =>
  masked(masker, value, typeOid)?.toString() ?? null;

describe('text', () => {
  test('an e-mail address keeps its first letter and top-level domain', () => {
    expect(shown({ kind: 'email' }, 'alice@example.com')).toBe('a***@***.com');
    expect(shown({ kind: 'email' }, 'al@example.com')).toBe('***@***.com');
    expect(shown({ kind: 'email' }, 'no address')).toBe('***');
  });

  test('a phone number keeps two digits, a card number four', () => {
    expect(shown({ kind: 'phone' }, '+1 555 099-0001')).toBe('***01');
    expect(shown({ kind: 'phone' }, '112')).toBe('***');
    expect(shown({ kind: 'card' }, '4000 0099 9900 1012')).toBe('**** **** **** 1012');
    expect(shown({ kind: 'card' }, '1012')).toBe('***');
  });

  test('a partial mask shows at most half of a value, and shorter values not at all', () => {
    const partial: Masker = { kind: 'partial', keepStart: 1, keepEnd: 2 };
    expect(shown(partial, 'abcdef')).toBe('a***ef');
    expect(shown(partial, 'abcde')).toBe('***');
    expect(shown({ kind: 'partial', keepStart: 0, keepEnd: 0 }, 'abcdef')).toBe('***');
  });

  test('a mask fits a short varchar', () => {
    expect(masked({ kind: 'full' }, 'ab', 1043, 0, 6)?.toString()).toBe('**');
    expect(masked({ kind: 'hash' }, 'ab', 1043, 0, 9)?.toString()).toHaveLength(5);
  });
});

/** What the e-mail masker shows, written as a pattern; null for what is no address. */
function emailByPattern(input: string): string | null {
  const match = /^([^\s@]+)@[^\s@]+?(\.[A-Za-z]{2,6})?$/.exec(input.trim());
  if (match === null) return null;
  const local = Array.from(match[1] ?? '');
  return `${local.length >= 3 ? local[0] : ''}***@***${match[2] ?? ''}`;
}

function lastDigits(input: string, least: number, most: number, kept: number, before: string): string | null {
  const digits = input.replaceAll(/\D/g, '');
  return digits.length >= least && digits.length <= most ? `${before}${digits.slice(-kept)}` : null;
}

describe('no masker shows what it must hide', () => {
  const runsOf = (value: string): string[] =>
    Array.from({ length: Math.max(value.length - 2, 0) }, (_, index) => value.slice(index, index + 3));
  const value = fc
    .oneof(fc.string({ minLength: 3, maxLength: 40 }), fc.emailAddress(), fc.stringMatching(/^\+?[0-9 -]{3,20}$/))
    .filter((candidate) => !candidate.includes('***') && !candidate.includes('tok'));

  test.each<Masker>([{ kind: 'full' }, { kind: 'null' }, { kind: 'hash' }, { kind: 'phone' }, { kind: 'year' }])(
    'not three characters in a row of it: $kind',
    (masker) => {
      fc.assert(
        fc.property(value, (input) => {
          fc.pre(!/^\d{4,}-\d\d-\d\d/.test(input));
          const output = (shown(masker, input) ?? '').replace(/^tok_[a-z2-7]{16}$/, '');
          return runsOf(input).every((run) => !output.includes(run));
        }),
      );
    },
  );

  test('a partial mask shows its two ends only', () => {
    fc.assert(
      fc.property(value, fc.nat(6), fc.nat(6), (input, keepStart, keepEnd) => {
        const output = shown({ kind: 'partial', keepStart, keepEnd }, input) ?? '';
        const kept = Array.from(output.replace('***', '')).length;
        return output === '***' || (kept === keepStart + keepEnd && kept * 2 <= Array.from(input).length);
      }),
    );
  });

  test('on text of any script an e-mail, phone or card mask shows what its pattern allows, as code points go', () => {
    const patterns: readonly [Masker, (text: string) => string | null][] = [
      [{ kind: 'email' }, emailByPattern],
      [{ kind: 'phone' }, (input) => (/^[\d\s+()./x-]*$/i.test(input) ? lastDigits(input, 7, 99, 2, '***') : null)],
      [
        { kind: 'card' },
        (input) => (/^[\d\s-]*$/.test(input) ? lastDigits(input, 12, 19, 4, '**** **** **** ') : null),
      ],
    ];
    const ascii = fc.string({ unit: fc.constantFrom(...' \t.@-+()/xX09ab1234567890'), maxLength: 24 });
    const address = fc
      .tuple(
        fc.string({ unit: 'grapheme', maxLength: 4 }),
        fc.domain(),
        fc.constantFrom('', ' ', '.', '@', 'é', '\u007f'),
      )
      .map(([local, domain, end]) => `${local}@${domain}${end}`);
    for (const [masker, expected] of patterns) {
      fc.assert(
        fc.property(fc.oneof(value, ascii, address), (input) => {
          // White space outside ASCII makes no phone or card number.
          fc.pre(!/[^\x20-\x7e\t]/.test(input) || masker.kind === 'email');
          expect(shown(masker, input)).toBe(expected(input) ?? '***');
        }),
      );
    }
  });

  test('a partial mask counts characters, not bytes, and passes nothing that is no UTF-8', () => {
    const partial: Masker = { kind: 'partial', keepStart: 1, keepEnd: 2 };
    expect(shown(partial, 'äöüßéñ')).toBe('ä***éñ');
    expect(shown(partial, '😀😁😂😃😄')).toBe('***');
    expect(shown(partial, '😀😁😂😃😄😅')).toBe('😀***😄😅');
    expect(masked(partial, Buffer.alloc(40, 0x80))?.toString()).toBe('***');
  });

  test('an e-mail mask shows one character and the top-level domain, a card mask four digits', () => {
    fc.assert(
      fc.property(value, (input) =>
        /^(?:\*{3}|.?\*{3}@\*{3}(?:\.[A-Za-z]{2,6})?)$/u.test(shown({ kind: 'email' }, input) ?? ''),
      ),
    );
    fc.assert(
      fc.property(value, (input) => /^(?:\*{3}|(?:\*{4} ){3}\d{4})$/.test(shown({ kind: 'card' }, input) ?? '')),
    );
  });
});

describe('tokens', () => {
  test('equal values give equal tokens in both formats, under one key only', () => {
    const binary = Buffer.alloc(4);
    binary.writeInt32BE(-42);
    const inText = shown({ kind: 'hash' }, '-42', 23);
    expect(inText).toBe(String(masked({ kind: 'hash' }, binary, 23, 1)?.readInt32BE()));
    const other = cellMask(
      { kind: 'hash' },
      { typeOid: 23, format: 0, typeModifier: -1, typeName: null },
      Buffer.alloc(32, 8),
    );
    expect(other.constant === undefined ? other.mask(Buffer.from('-42'))?.toString() : '').not.toBe(inText);
  });

  test('a uuid stays a uuid and text becomes a token', () => {
    expect(shown({ kind: 'hash' }, '6f1b7c1e-0000-4000-8000-000000000001', 2950)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(shown({ kind: 'hash' }, 'alice@example.com')).toMatch(/^tok_[a-z2-7]{16}$/);
  });
});

describe('dates', () => {
  test.each([
    ['2024-07-19', '2024-01-01'],
    ['19.07.2024', '2024-01-01'],
    ['07/19/2024', '2024-01-01'],
    ['07-19-2024', '2024-01-01'],
    ['0044-03-15 BC', '0044-01-01 BC'],
    ['infinity', '2000-01-01'],
  ])('%s keeps its year: %s', (input, output) => {
    expect(shown({ kind: 'year' }, input, 1082)).toBe(output);
  });

  test('binary dates and timestamps keep their year, before 2000 too', () => {
    const date = (year: number, month: number, day: number): Buffer => {
      const cell = Buffer.alloc(4);
      cell.writeInt32BE((Date.UTC(year, month - 1, day) - Date.UTC(2000, 0, 1)) / 86_400_000);
      return cell;
    };
    expect(masked({ kind: 'year' }, date(1899, 2, 17), 1082, 1)).toEqual(date(1899, 1, 1));
    expect(masked({ kind: 'year' }, date(2024, 12, 31), 1082, 1)).toEqual(date(2024, 1, 1));
    const timestamp = (time: number): Buffer => {
      const cell = Buffer.alloc(8);
      cell.writeBigInt64BE(BigInt(time - Date.UTC(2000, 0, 1)) * 1000n);
      return cell;
    };
    expect(masked({ kind: 'year' }, timestamp(Date.UTC(1970, 5, 1, 3, 4, 5)), 1184, 1)).toEqual(
      timestamp(Date.UTC(1970, 0, 1)),
    );
  });
});

test('a type that cannot carry a mask becomes NULL, whatever the masker', () => {
  for (const kind of ['full', 'email', 'hash', 'year', 'card', 'phone'] as const)
    expect(masked({ kind }, 'admin', 16999)).toBe(null);
  expect(masked({ kind: 'fixed', value: 'x' }, 'admin', 16999)).toBe(null);
});

test('citext is text in both formats', () => {
  const cell = cellMask(
    { kind: 'email' },
    { typeOid: 16999, format: 1, typeModifier: -1, typeName: 'public.citext' },
    hashKey,
  );
  expect(cell.constant === undefined ? cell.mask(Buffer.from('alice@example.com'))?.toString() : null).toBe(
    'a***@***.com',
  );
});

test('a fixed value that the type cannot hold is masked whole', () => {
  expect(shown({ kind: 'fixed', value: '99999' }, '1', 21)).toBe('0');
  expect(shown({ kind: 'fixed', value: '7' }, '1', 21)).toBe('7');
  expect(shown({ kind: 'fixed', value: '2024-02-31' }, '2024-01-02', 1082)).toBe('2000-01-01');
  expect(shown({ kind: 'fixed', value: 'gone' }, '{"a":1}', 114)).toBe('"gone"');
});
