import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Masker } from '../../../src/contract/index.ts';
import { cellMask } from '../../../src/gateway/masking/maskers/index.ts';
import { backend } from '../../../src/gateway/wire/constants.ts';
import { decodeDataRow } from '../../../src/gateway/wire/decode-backend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { hashKey } from './support.ts';

/** One value of every built-in type a result can have. */
const samples: readonly (readonly [type: string, value: string])[] = [
  ['text', 'alice@example.com'],
  ['varchar(6)', 'abcdef'],
  ['char(11)', '987-65-0001'],
  ['name', 'alice'],
  ['"char"', 'x'],
  ['json', '{"a":1}'],
  ['jsonb', '{"a":1}'],
  ['xml', '<a>b</a>'],
  ['smallint', '-7'],
  ['integer', '70007'],
  ['bigint', '4000009999001012'],
  ['oid', '4242'],
  ['real', '1.5'],
  ['double precision', '-1e10'],
  ['numeric(12,2)', '770001.77'],
  ['money', '12.50'],
  ['boolean', 'true'],
  ['date', '1899-02-17'],
  ['time', '12:34:56.5'],
  ['timetz', '12:34:56+02'],
  ['timestamp', '2024-07-19 12:00:00'],
  ['timestamptz', '2024-07-19 12:00:00+02'],
  ['interval', '3 days 04:05:06'],
  ['uuid', '6f1b7c1e-1111-4000-8000-000000000001'],
  ['bytea', '\\xdeadbeef'],
  ['inet', '203.0.113.1'],
  ['cidr', '203.0.113.0/24'],
  ['macaddr', '08:00:2b:01:02:03'],
  ['macaddr8', '08:00:2b:01:02:03:04:05'],
  ['bit(5)', '10101'],
  ['varbit', '101'],
  ['point', '(1,2)'],
  ['lseg', '[(1,2),(3,4)]'],
  ['box', '(3,4),(1,2)'],
  ['circle', '<(1,2),3>'],
  ['line', '{1,2,3}'],
  ['tsvector', "'a':1"],
  ['tsquery', "'a'"],
  ['jsonpath', '$.a'],
  ['pg_lsn', '1/2'],
  ['xid8', '12'],
  ['tid', '(1,2)'],
  ['regclass', 'pg_class'],
  ['int4range', '[1,5)'],
  ['daterange', '[2024-01-01,2024-02-01)'],
  ['int4multirange', '{[1,5)}'],
  ['text[]', '{alice,bob}'],
  ['integer[]', '{1,2}'],
  ['numeric[]', '{1.5}'],
  ['date[]', '{2024-01-01}'],
  ['uuid[]', '{6f1b7c1e-1111-4000-8000-000000000001}'],
];
const maskers: readonly Masker[] = [
  { kind: 'full' },
  { kind: 'hash' },
  { kind: 'year' },
  { kind: 'partial', keepStart: 1, keepEnd: 1 },
  { kind: 'email' },
  { kind: 'fixed', value: '34' },
];

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ ...database, database: database.name });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

interface Result {
  readonly field: pg.FieldDef;
  readonly value: Buffer;
}

/** One value as the server sent it. pg decodes every cell as UTF-8, so the bytes are taken from its socket. */
async function raw(text: string, binary: boolean, value: string): Promise<Result> {
  const { stream } = (client as unknown as { connection: { stream: NodeJS.ReadableStream } }).connection;
  const chunks: Buffer[] = [];
  const listener = (chunk: Buffer): void => void chunks.push(chunk);
  stream.on('data', listener);
  const types = { getTypeParser: () => (unparsed: string) => unparsed };
  const { fields } = await client.query({
    text,
    values: [value],
    rowMode: 'array',
    binary,
    types,
  } as unknown as pg.QueryArrayConfig);
  stream.off('data', listener);
  const row = [...framesOf(Buffer.concat(chunks))].find((frame) => frame[0] === backend.dataRow);
  const [cell] = row === undefined ? [] : decodeDataRow(row);
  const [field] = fields;
  if (field === undefined || !cell) throw new Error('the server gave no value');
  return { field, value: cell };
}

function* framesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const end = start + 1 + bytes.readUInt32BE(start + 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}

describe.each(maskers)('$kind', (masker) => {
  test.each(samples)('gives a value that the server takes as %s', async (type, value) => {
    for (const format of [0, 1] as const) {
      const { field, value: input } = await raw(`SELECT $1::text::${type} AS v`, format === 1, value);
      const column = { typeOid: field.dataTypeID, typeModifier: field.dataTypeModifier, format, typeName: type };
      const cell = cellMask(masker, column, hashKey);
      const output = cell.constant === undefined ? cell.mask(input) : cell.constant;
      expect(output, `${type} has a mask of its own`).not.toBe(null);
      if (output === null) continue;
      expect(output.equals(input), 'the mask differs from the value').toBe(false);
      // A Buffer parameter is sent in binary, a string in text format: the server's own input function judges it.
      const parameter = format === 1 ? output : output.toString('utf8');
      const read = await client.query({ text: `SELECT ($1::${type})::text AS v`, values: [parameter] });
      expect(read.rows).toHaveLength(1);
    }
  });
});

test('equal values have equal tokens in text and binary format', async () => {
  for (const [type, value] of samples.filter(([name]) =>
    ['text', 'integer', 'bigint', 'numeric(12,2)', 'uuid', 'bytea'].includes(name),
  )) {
    const tokens: (string | undefined)[] = [];
    for (const format of [0, 1] as const) {
      const { field, value: input } = await raw(`SELECT $1::text::${type} AS v`, format === 1, value);
      const column = { typeOid: field.dataTypeID, typeModifier: -1, format, typeName: type };
      const cell = cellMask({ kind: 'hash' }, column, hashKey);
      const output = cell.constant === undefined ? cell.mask(input) : cell.constant;
      const parameter = format === 1 ? output : output?.toString('utf8');
      tokens.push((await client.query({ text: `SELECT ($1::${type})::text AS v`, values: [parameter] })).rows[0]?.v);
    }
    expect(tokens[0]).toBe(tokens[1]);
  }
});
