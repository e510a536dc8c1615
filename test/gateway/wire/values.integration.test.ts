import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeDataRow, decodeRowDescription } from '../../../src/gateway/wire/decode-backend.ts';
import * as encode from '../../../src/gateway/wire/encode-frontend.ts';
import { valueToText } from '../../../src/gateway/wire/values.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { RawClient } from '../../support/raw-client.ts';

let database: TestDatabase;
let client: RawClient;
beforeAll(async () => {
  database = await createDatabase();
  client = await RawClient.direct(database.name, { TimeZone: 'UTC', DateStyle: 'ISO', extra_float_digits: '1' });
});
afterAll(async () => {
  client.close();
  await database.drop();
});

/** What we make of a value that the server sends in the given format, and the column's type. */
async function shown(expression: string, format: 0 | 1): Promise<string | null> {
  client.send(
    encode.parse('', `SELECT ${expression}`),
    encode.bind('', '', [], format),
    encode.describe('P', ''),
    encode.execute(''),
    encode.sync(),
  );
  const frames = await client.untilReady();
  const fields = frames.filter((frame) => frame[0] === 0x54).map(decodeRowDescription)[0];
  const row = frames.filter((frame) => frame[0] === 0x44).map(decodeDataRow)[0];
  const value = row?.[0];
  return value === null || value === undefined ? null : valueToText(value, fields?.[0]?.typeOid ?? 0, format);
}

describe('a binary value reads as the server writes it in text', () => {
  test.each([
    'true',
    'false',
    "'-32768'::int2",
    "'-2147483648'::int4",
    "'-9223372036854775808'::int8",
    "'4294967295'::oid",
    "'1.5'::float4",
    "'0.1'::float8",
    "'-2.5e-7'::float8",
    "'0.1'::float4",
    "'3.4028235e38'::float4",
    "'1.17549435e-38'::float4",
    "'123456'::float4",
    "'1234567'::float4",
    "'16777217'::float4",
    "'0.0001'::float4",
    "'0.00001'::float8",
    "'123456789012345'::float8",
    "'1234567890123456'::float8",
    "'1e300'::float8",
    "'-0'::float8",
    "'0'::float4",
    "'NaN'::float8",
    "'Infinity'::float8",
    "'-Infinity'::float4",
    "'héllo'::text",
    "'pad'::char(5)",
    "'v'::varchar(3)",
    "'pg_class'::name",
    `'{"a": [1, null]}'::json`,
    `'{"a": [1, null]}'::jsonb`,
    "'<a/>'::xml",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "'\\xdeadbeef'::bytea",
    "'2000-01-01'::date",
    "'1969-12-31'::date",
    "'infinity'::date",
    "'-infinity'::date",
    "'0044-03-15 BC'::date",
    "'12024-02-29'::date",
    "'5874897-12-31'::date",
    "'4713-01-01 BC'::date",
    "'0001-01-01'::date",
    "'0001-12-31 BC'::date",
    "'2024-02-29 13:14:15.123456'::timestamp",
    "'2024-02-29 13:14:15'::timestamp",
    "'2024-02-29 13:14:15.1'::timestamp",
    "'1969-12-31 23:59:59.999999'::timestamptz",
    "'infinity'::timestamptz",
    "'-infinity'::timestamp",
    "'0044-03-15 01:02:03 BC'::timestamp",
  ])('%s', async (expression) => {
    expect(await shown(expression, 1)).toBe(await shown(expression, 0));
  });

  test.each(['1.50::numeric', "'{1,2}'::int4[]", "'1 day'::interval", "'192.168.0.1'::inet"])(
    '%s, whose binary form is not read, is shown as hex',
    async (expression) => {
      expect(await shown(expression, 1)).toMatch(/^\\x[0-9a-f]+$/);
    },
  );
});

test('a value whose form is not that of its type is shown as hex rather than guessed', () => {
  const odd = Buffer.from([2, 2, 3]);
  expect([16, 20, 21, 23, 26, 700, 701, 1082, 1114, 2950, 3802].map((oid) => valueToText(odd, oid, 1))).toEqual(
    Array(11).fill('\\x020203'),
  );
});
