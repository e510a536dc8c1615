import { expect, test } from 'vitest';
import type { DateUnit, Masker } from '../../../src/contract/index.ts';
import { dayOf, firstDay, isoText, packedDate } from '../../../src/gateway/masking/maskers/calendar.ts';
import { decimalText, floorOfText, parseDecimal } from '../../../src/gateway/masking/maskers/decimal.ts';
import { cellMask, maskValue } from '../../../src/gateway/masking/maskers/index.ts';
import fc from '../../support/property.ts';
import { hashKey } from './support.ts';

const shown = (masker: Masker, value: string, typeOid: number): string | undefined =>
  maskValue(
    cellMask(masker, { typeOid, typeModifier: -1, format: 0, typeName: null }, hashKey),
    Buffer.from(value),
  )?.toString();

const units: readonly DateUnit[] = ['year', 'quarter', 'month', 'week', 'day', 'hour'];

test('days and dates are the same calendar as that of Date, and go both ways over all of PostgreSQL’s', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date(8e15), noInvalidDate: true }), (date) => {
      const day = dayOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
      expect(day).toBe(Math.floor((date.getTime() - Date.UTC(2000, 0, 1)) / 86_400_000));
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: -2_451_545, max: 2_145_031_948 }), (day) => {
      const packed = packedDate(day);
      const year = Math.floor(packed / 10_000);
      const rest = packed - year * 10_000;
      expect(dayOf(year, Math.floor(rest / 100), rest % 100)).toBe(day);
    }),
  );
});

test('two days of one unit are masked to the same day, which is the first of it', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2_400_000, max: 2_400_000 }), fc.constantFrom(...units), (day, unit) => {
      const first = firstDay(day, unit);
      expect(first).toBeLessThanOrEqual(day);
      expect([firstDay(first, unit), firstDay(Math.floor((first + day) / 2), unit)]).toEqual([first, first]);
      expect(shown({ kind: 'date', to: unit }, isoText(day, ''), 1082)).toBe(isoText(first, ''));
    }),
  );
});

test('a date mask of a text shows a date that is in it, or nothing', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789-: T+Z.'), maxLength: 30 });
  fc.assert(
    fc.property(digits, fc.constantFrom(...units), (value, to) => {
      const output = shown({ kind: 'date', to }, value, 25);
      expect(output).toMatch(/^(?:\*\*\*|\d{4,7}-\d\d-\d\d(?: \d\d:00:00)?)$/);
    }),
  );
});

test.each([
  ['2024-07-19', 'month', '2024-07-01'],
  ['2024-07-19T12:34:56.789Z', 'hour', '2024-07-19 12:00:00'],
  ['2024-07-19 12:34', 'hour', '2024-07-19 12:00:00'],
  ['2024-07-19T12:34:56+02:00', 'quarter', '2024-07-01'],
  ['2024-13-19', 'year', '***'],
  ['2024-07-19 secret', 'year', '***'],
  ['4929-1234-5678-9012', 'year', '***'],
] as const)('a text %s cut to its %s is %s', (value, to, expected) => {
  expect(shown({ kind: 'date', to }, value, 25)).toBe(expected);
});

const boundary = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const by = fc.oneof(
  fc.double({ min: 0.001, max: 1e6, noNaN: true }),
  fc.integer({ min: 1, max: 1e9 }),
  fc.uniqueArray(boundary, { minLength: 1, maxLength: 6 }).map((list) => list.sort((a, b) => a - b)),
  fc.uniqueArray(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1 }).map((list) => list.sort((a, b) => a - b)),
);

test('a bucket’s lower bound is not above the number, is its own bucket’s, and says no more than the bucket', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), fc.nat(12))
    .map(([unscaled, scale]) => decimalText({ unscaled, scale }));
  fc.assert(
    fc.property(by, decimal, (size, number) => {
      const masker: Masker = { kind: 'bucket', by: size };
      const lower = shown(masker, number, 1700);
      if (lower === undefined) {
        expect(Array.isArray(size) && Number(number) <= (size[0] ?? 0)).toBe(true);
        return;
      }
      expect(shown(masker, lower, 1700)).toBe(lower);
      expect(Number(lower)).toBeLessThanOrEqual(Number(number));
      if (Array.isArray(size)) expect(size.map(Number)).toContain(Number(lower));
      else {
        const width = parseDecimal(String(size));
        const bound = parseDecimal(lower);
        const scale = Math.max(width?.scale ?? 0, bound?.scale ?? 0);
        const whole = (one: typeof width): bigint => (one?.unscaled ?? 0n) * 10n ** BigInt(scale - (one?.scale ?? 0));
        expect(whole(bound) % whole(width)).toBe(0n);
      }
    }),
  );
});

test('integers stay integers, and text that is no number is masked whole', () => {
  fc.assert(
    fc.property(by, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (size, number) => {
      const lower = shown({ kind: 'bucket', by: size }, String(number), 23);
      expect(lower ?? '0').toMatch(/^-?\d+$/);
      if (lower !== undefined) expect(Number(lower)).toBeLessThanOrEqual(number);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(parseDecimal(text) === null);
      expect([1700, 701, 23].map((type) => shown({ kind: 'bucket', by: 7 }, text, type))).toEqual(['0', '0', '0']);
    }),
  );
});

test.each([
  ['12.50', 12],
  ['-12.50', -13],
  ['-12.00', -12],
  ['-0', 0],
  ['1e3', Number.NaN],
  ['', Number.NaN],
  ['.5', Number.NaN],
  ['1234567890123456', Number.NaN],
])('the greatest integer not above %s is %d', (text, expected) => {
  expect(floorOfText(Buffer.from(text))).toBe(expected);
});
