import { describe, expect, test } from 'vitest';
import { allDetectors, createScanner, detectors } from '../../../../src/gateway/masking/detectors/index.ts';
import { readingOf, scanCell } from '../../../../src/gateway/masking/net/cells.ts';
import { netPlan } from '../../../../src/gateway/masking/net/net-plan.ts';
import { netRules } from '../../../../src/gateway/masking/net/net-rules.ts';
import { sampleLimit } from '../../../../src/gateway/masking/net/row-sample.ts';
import { StatementNet } from '../../../../src/gateway/masking/net/statement-net.ts';
import { createMaskPlan } from '../../../../src/gateway/masking/plan.ts';
import { decodeDataRow } from '../../../../src/gateway/wire/decode-backend.ts';
import { dataRow, field } from '../support.ts';

const scanner = createScanner(allDetectors);
const mail = 'jane@acme-corp.io';
const card = 4539148803436467n;

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};
/** numeric_send of a whole number. */
const numeric = (value: bigint, { scale = 0 } = {}): Buffer => {
  const groups: number[] = [];
  for (let rest = value; rest > 0n; rest /= 10_000n) groups.unshift(Number(rest % 10_000n));
  const weight = groups.length - 1;
  while (groups.at(-1) === 0) groups.pop();
  return Buffer.from(new Uint16Array([groups.length, weight, 0, scale, ...groups]).buffer).swap16();
};
/** array_send of one dimension. */
const textArray = (...values: readonly (string | null)[]): Buffer => {
  const word = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  return Buffer.concat([
    ...[1, values.includes(null) ? 1 : 0, 25, values.length, 1].map(word),
    ...values.flatMap((value) => (value === null ? [word(-1)] : [word(Buffer.byteLength(value)), Buffer.from(value)])),
  ]);
};

const recognised = (typeOid: number, format: 0 | 1, value: string | Buffer): string[] => {
  const bytes = Buffer.concat([Buffer.from('xx'), Buffer.from(value), Buffer.from('yy')]);
  const reading = readingOf({ typeOid, format });
  return scanCell(scanner, reading, bytes, 2, bytes.length - 2, 'c').map(({ detector }) => detector);
};

describe('a value is looked at in its type and format', () => {
  test.each<[what: string, typeOid: number, format: 0 | 1, value: string | Buffer, detectors: string[]]>([
    ['text', 25, 0, mail, ['email']],
    ['text in binary', 25, 1, mail, ['email']],
    ['jsonb in binary', 3802, 1, `\x01{"a":"${mail}"}`, ['email']],
    ['an array of text', 1009, 0, `{x,${mail}}`, ['email']],
    ['an array of text in binary', 1009, 1, textArray('x', null, mail), ['email']],
    ['a type of an extension', 90_000, 0, mail, ['email']],
    [
      'a type of an extension in binary',
      90_000,
      1,
      Buffer.concat([Buffer.from([0, 0, 0, 17]), Buffer.from(mail)]),
      ['email'],
    ],
    ['bigint', 20, 0, String(card), ['payment_card']],
    ['bigint in binary', 20, 1, int64(card), ['payment_card']],
    ['numeric', 1700, 0, String(card), ['payment_card']],
    ['numeric in binary', 1700, 1, numeric(card), ['payment_card']],
    ['another bigint', 20, 1, int64(card + 1n), []],
    ['a negative bigint', 20, 1, int64(-card), []],
    ['a numeric fraction in binary', 1700, 1, Buffer.concat([numeric(card).subarray(0, -2), Buffer.from([1])]), []],
    ['a timestamp', 1114, 0, '2026-01-15 12:30:45', []],
    ['a uuid', 2950, 0, '45391488-0343-4467-8539-148803436467', []],
    ['an array of numbers', 1016, 0, `{${card}}`, []],
    ['an array that is none', 1009, 1, Buffer.alloc(30, 0x7f), []],
  ])('%s', (_, typeOid, format, value, expected) => {
    expect(recognised(typeOid, format, value)).toEqual(expected);
  });
});

describe('the plan of the net', () => {
  const fields = [field({ name: 'id', typeOid: 23 }), field({ name: 'a' }), field({ name: 'b', typeOid: 3802 })];
  const plan = (rules: Parameters<typeof netPlan>[0]['rules'] = null, masked: string[] = []) =>
    netPlan({
      fields,
      rules,
      scanner,
      masked: (column, matches) => masked.push(`${column} ${matches.map(({ detector }) => detector).join()}`),
    });
  const values = (frame: Buffer | undefined) =>
    decodeDataRow(frame ?? Buffer.alloc(0)).map((value) => value?.toString() ?? null);

  test('masks the cells in which something is recognised, and passes other rows as the frames that came', () => {
    const masked: string[] = [];
    const net = plan(null, masked);
    expect(values(net?.apply(dataRow(['1', mail, '{"x":1}'])))).toEqual(['1', '***', '{"x":1}']);
    expect(values(net?.apply(dataRow(['2', null, `{"x":"${mail}"}`])))).toEqual(['2', null, '"***"']);
    const clean = dataRow(['3', 'nothing', null]);
    expect(net?.apply(clean)).toBe(clean);
    expect(masked).toEqual(['1 email', '2 email']);
  });

  test('leaves the columns of the rules to them', () => {
    const rules = createMaskPlan(
      [null, { constant: Buffer.from(mail) }, null],
      [{ name: 'a', masker: 'fixed', rule: 'r' }],
    );
    const net = plan(rules);
    expect(values(net?.apply(dataRow(['1', 'secret', mail])))).toEqual(['1', mail, '"***"']);
    expect(net?.maskedColumns).toEqual([{ name: 'a', masker: 'fixed', rule: 'r' }]);
  });

  test('is no plan where nothing could be recognised', () => {
    expect(netPlan({ fields: [field({ typeOid: 23 })], rules: null, scanner, masked: () => undefined })).toBe(null);
  });

  test('throws on a row of another shape, so that nothing of it leaves', () => {
    const row = dataRow(['1', 'x', 'y']);
    for (const wrong of [
      dataRow(['1', 'x']),
      dataRow(['1', 'x', 'y', mail]),
      row.subarray(0, -1),
      row.subarray(0, 5),
    ]) {
      expect(() => plan()?.apply(wrong)).toThrow('nothing of it was forwarded');
    }
  });
});

describe('the sample of a result', () => {
  const reporting = netRules({ action: 'report', overrides: {} });
  const found = (rows: readonly Buffer[], fields = [field({ name: 'a' })], text = 'SELECT') => {
    const net = new StatementNet(reporting, text);
    net.describe(fields, null);
    for (const row of rows) net.row(row);
    return net.seen().map(({ place, detector, values, looked }) => ({ column: place.name, detector, values, looked }));
  };

  test('has the first rows, then some of the rest, and ends', () => {
    const row = dataRow([mail]);
    const rows = (count: number): Buffer[] => Array.from({ length: count }, () => row);
    expect(found(rows(sampleLimit.first))).toEqual([{ column: 'a', detector: 'email', values: 100, looked: 100 }]);
    expect(found(rows(sampleLimit.first + sampleLimit.every * 10))[0]?.looked).toBe(110);
    expect(found(rows(200_000))[0]?.looked).toBe(sampleLimit.rows);
  });

  test('has no more bytes of a value, and of a result, than its limits', () => {
    const long = `${'x'.repeat(sampleLimit.value)} ${mail}`;
    expect(found([dataRow([long])])).toEqual([]);
    const rows = Array.from({ length: 100 }, (_, index) => dataRow([index < 99 ? long : mail]));
    expect(found(rows)).toEqual([]);
  });

  test('counts values that are not NULL, by column and detector', () => {
    const fields = [field({ name: 'a' }), field({ name: 'b', tableOid: 20_000, attributeNumber: 2 })];
    expect(found([dataRow([null, mail]), dataRow(['+31 6 1234 5678', null])], fields)).toEqual([
      { column: 'b', detector: 'email', values: 1, looked: 1 },
      { column: 'a', detector: 'phone', values: 1, looked: 1 },
    ]);
  });

  test('keeps the form of what it recognised and nothing of it', () => {
    const net = new StatementNet(reporting, '');
    net.describe([field()], null);
    net.row(dataRow([`${mail} and ${'Übermaß'}@acme-corp.io`]));
    expect(JSON.stringify([net.seen(), net.findings()])).not.toMatch(/jane|acme/);
    expect(net.seen()[0]?.examples).toEqual(['aaaa@aaaa-aaaa.aa']);
  });

  test('does not look where everything is off', () => {
    expect(netRules({ action: 'off', overrides: {} })).toMatchObject({ masking: null, reporting: null });
    const one = netRules({ action: 'off', overrides: { jwt: 'mask' } });
    expect([one.masking?.detectors, one.reporting]).toEqual([[detectors.jwt], null]);
  });
});
