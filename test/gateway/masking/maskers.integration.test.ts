import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Masker } from '../../../src/contract/index.ts';
import { typesByOid } from '../../../src/gateway/masking/masked-catalog.ts';
import { type CellMask, cellMask, maskValue, type TypesByOid } from '../../../src/gateway/masking/maskers/index.ts';
import { loadCatalog } from '../../../src/gateway/sql/catalog-query.ts';
import { backend } from '../../../src/gateway/wire/constants.ts';
import { decodeDataRow } from '../../../src/gateway/wire/decode-backend.ts';
import { catalogQuery } from '../../corpora/catalog.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { serverMajor } from '../../support/since.ts';
import { hashKey } from './support.ts';

const types = `
CREATE TYPE mood AS ENUM ('sad', 'ok "quoted"', 'happy, a,b');
ALTER TYPE mood ADD VALUE 'before all' BEFORE 'sad';
CREATE DOMAIN address AS varchar(40);
CREATE DOMAIN short_address AS address CHECK (VALUE <> '');
CREATE TYPE pair AS (a int, b text, dropped int);
ALTER TYPE pair DROP ATTRIBUTE dropped;
CREATE TYPE nested AS (p pair, m mood, l text[], d short_address, at timestamptz);
CREATE DOMAIN known_pair AS pair;
CREATE DOMAIN addresses AS text[];
CREATE TYPE floats AS RANGE (subtype = float8);
CREATE EXTENSION citext;
CREATE EXTENSION hstore;`;

/** One value of every built-in type a result can have, and of every kind of type that users make. */
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
  ['double precision', '-1.2345e3'],
  ['numeric(12,2)', '770001.77'],
  ['money', '12.50'],
  ['boolean', 'true'],
  ['date', '1899-02-17'],
  ['time', '12:34:56.5'],
  ['timetz', '12:34:56+02'],
  ['timestamp', '2024-07-19 12:34:56'],
  ['timestamptz', '2024-07-19 12:34:56+02'],
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
  ['date[]', '{2024-02-17}'],
  ['uuid[]', '{6f1b7c1e-1111-4000-8000-000000000001}'],
  ['path', '((1,2),(3,4))'],
  ['polygon', '((1,2),(3,4),(5,6))'],
  ['int2vector', '1 2'],
  ['oidvector', '1 2'],
  ['txid_snapshot', '10:20:12'],
  ['pg_snapshot', '10:20:12'],
  ['refcursor', 'portal'],
  ['text[]', '[2:3][0:1]={{alice@example.com,NULL},{"a \\"b\\" \\\\ c","NULL"}}'],
  ['varchar(20)[]', '{alice@example.com}'],
  ['char(20)[]', '{alice@example.com}'],
  ['jsonb[]', '{"{\\"a\\": 1}"}'],
  ['timestamptz[]', '{"2024-07-19 12:34:56+02",NULL}'],
  ['box[]', '{(3,4),(1,2);(7,8),(5,6)}'],
  ['int4range[]', '{"[1,5)"}'],
  ['mood', 'happy, a,b'],
  ['mood[]', '{sad,"ok \\"quoted\\""}'],
  ['address', 'alice@example.com'],
  ['short_address', 'alice@example.com'],
  ['short_address[]', '{alice@example.com,bob@example.com}'],
  ['addresses', '{alice@example.com}'],
  ['pair', '(1,"a \\"b\\" , c")'],
  ['known_pair', '(1,x)'],
  ['pair[]', '{"(1,x)",NULL}'],
  ['nested', '("(1,x)",sad,"{a,b}",alice@example.com,"2024-07-19 12:00:00+02")'],
  ['floats', '[1.5,2.5)'],
  ['floats_multirange', '{[1.5,2.5)}'],
  ['citext', 'Alice@Example.com'],
  ['citext[]', '{Alice@Example.com}'],
  ['hstore', '"a"=>"1"'],
];
const known = samples.filter(([type]) => serverMajor() >= 14 || !type.endsWith('multirange'));
const maskers: readonly Masker[] = [
  { kind: 'full' },
  { kind: 'hash' },
  { kind: 'year' },
  { kind: 'partial', keepStart: 1, keepEnd: 1 },
  { kind: 'email' },
  { kind: 'phone' },
  { kind: 'card' },
  { kind: 'date', to: 'month' },
  { kind: 'date', to: 'hour' },
  { kind: 'bucket', by: 1000 },
  { kind: 'bucket', by: [-5e9, 0, 10.5] },
  { kind: 'json', paths: [{ path: '$.a', masker: { kind: 'full' } }] },
  { kind: 'fixed', value: '34' },
  { kind: 'fixed', value: 'happy, a,b' },
];

let database: TestDatabase;
let client: pg.Client;
let typesOf: TypesByOid;
beforeAll(async () => {
  database = await createDatabase(types);
  client = new pg.Client({ ...database, database: database.name });
  await client.connect();
  const side = await catalogQuery(database);
  typesOf = typesByOid(await loadCatalog(side.query, 1));
  await side.end();
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

/** The value of a type in a format as the server sends it, and the mask of its column. */
async function column(masker: Masker, type: string, value: string, format: 0 | 1): Promise<[CellMask, Buffer]> {
  const { field, value: input } = await raw(`SELECT $1::text::${type} AS v`, format === 1, value);
  const { dataTypeID: typeOid, dataTypeModifier: typeModifier } = field;
  return [cellMask(masker, { typeOid, typeModifier, format, typeName: null, types: typesOf }, hashKey), input];
}

/** What the server makes of a cell: its own input function judges it, and its output function shows it. */
async function taken(type: string, cell: Buffer, format: 0 | 1): Promise<string> {
  // A Buffer parameter is sent in binary, a string in text format.
  const values = [format === 1 ? cell : cell.toString('utf8')];
  const { rows } = await client.query({ text: `SELECT ($1::${type})::text AS v`, values });
  return String(rows[0]?.v);
}

describe.each(maskers)('%j', (masker) => {
  test.each(known)('gives a value that the server takes as %s', async (type, value) => {
    const shown: string[] = [];
    for (const format of [0, 1] as const) {
      const [cell, input] = await column(masker, type, value, format);
      const output = maskValue(cell, input);
      if (output === null) {
        // Only where the bucket of the value, or of its elements, has no lower bound.
        expect(masker, `${type} has a mask of its own`).toMatchObject({ kind: 'bucket', by: expect.any(Array) });
        continue;
      }
      // A fixed value may be the value, and a date has no hours to cut.
      const same =
        masker.kind === 'fixed' || (masker.kind === 'date' && masker.to === 'hour' && /^date(?!r)/.test(type));
      if (!same) expect(output.equals(input), 'the mask differs from the value').toBe(false);
      shown.push(await taken(type, output, format));
    }
    expect(shown[0], 'both formats say the same').toBe(shown[1] ?? shown[0]);
  });
});

describe('the shape of a value is kept where the masker tells values apart', () => {
  const email: Masker = { kind: 'email' };
  test.each([
    [
      email,
      'text[]',
      '[2:3][0:1]={{alice@a.com,NULL},{"x, \\"y\\"","NULL"}}',
      '[2:3][0:1]={{a***@***.com,NULL},{***,***}}',
    ],
    [email, 'short_address[]', '{alice@example.com,bo@x.de}', '{a***@***.com,***@***.de}'],
    [email, 'citext[]', '{Alice@Example.com}', '{A***@***.com}'],
    [email, 'integer[]', '{1,2}', '{}'],
    [{ kind: 'full' }, 'text[]', '{a,b}', '{}'],
    [{ kind: 'full' }, 'mood', 'sad', 'before all'],
    [{ kind: 'fixed', value: 'happy, a,b' }, 'mood', 'sad', 'happy, a,b'],
    [{ kind: 'full' }, 'pair', '(1,x)', '(0,***)'],
    [{ kind: 'full' }, 'nested', '(,,,,)', '("(0,***)","before all",{},***,"2000-01-01 00:00:00+00")'],
    [{ kind: 'bucket', by: 10 }, 'integer[]', '{{19,NULL},{-1,7}}', '{{10,NULL},{-10,0}}'],
    [{ kind: 'date', to: 'quarter' }, 'date[]', '{2024-08-19,infinity}', '{2024-07-01,2000-01-01}'],
    [
      { kind: 'json', paths: [{ path: '$.a', masker: email }] },
      'jsonb[]',
      '{"{\\"a\\": \\"alice@a.com\\"}"}',
      '{"{\\"a\\": \\"a***@***.com\\"}"}',
    ],
  ] as const satisfies readonly (readonly [Masker, string, string, string])[])(
    '%j of %s %s is %s',
    async (masker, type, value, expected) => {
      await client.query("SET TIME ZONE 'UTC'");
      for (const format of [0, 1] as const) {
        const [cell, input] = await column(masker, type, value, format);
        const output = maskValue(cell, input);
        expect(output === null ? null : await taken(type, output, format)).toBe(expected);
      }
    },
  );
});

test.each([
  ['timestamptz', '2024-01-01 00:30:00+02', 'Europe/Berlin'],
  ['timestamptz', '2024-07-19 12:34:56.789+02', 'Asia/Kolkata'],
  ['timestamptz', '0044-03-15 12:00:00+00 BC', 'America/St_Johns'],
  ['timestamptz', '1850-03-15 12:00:00+00', 'Europe/Berlin'],
  ['timestamp', '1969-12-31 23:59:59.999999', 'UTC'],
  ['date', '2023-01-01', 'UTC'],
  ['date', '12345-12-31', 'UTC'],
])(
  '%s %s shown in %s is cut to the same moment as date_trunc() has in UTC, in both formats',
  async (type, value, zone) => {
    for (const to of ['year', 'quarter', 'month', 'week', 'day', 'hour'] as const) {
      await client.query("SET TIME ZONE 'UTC'");
      const { rows } = await client.query(`SELECT date_trunc('${to}', $1::text::${type})::${type}::text AS v`, [value]);
      for (const format of [0, 1] as const) {
        await client.query(`SET TIME ZONE '${zone}'`);
        const [cell, input] = await column({ kind: 'date', to }, type, value, format);
        const output = maskValue(cell, input) ?? Buffer.of();
        await client.query("SET TIME ZONE 'UTC'");
        expect(await taken(type, output, format)).toBe(rows[0]?.v);
      }
    }
  },
);

test.each([
  ['smallint', '-32768', 1000, '-32768'],
  ['integer', '-1', 2.5, '-3'],
  ['bigint', '9223372036854775807', 1000, '9223372036854775000'],
  ['numeric', '-0.01', 1000, '-1000'],
  ['numeric', '123456789012345678901234567890.5', 1000, '123456789012345678901234567000'],
  ['numeric', '0.30', 0.1, '0.3'],
  ['numeric', '17.99', [0, 18, 65], '0'],
  ['numeric', '18.00', [0, 18, 65], '18'],
  ['numeric', '-1', [0, 18, 65], null],
  ['numeric', 'NaN', 10, '0'],
  ['double precision', '0.3', 0.1, '0.3'],
  ['double precision', '1e300', 10, '1e+300'],
  ['double precision', '-Infinity', 10, '0'],
  ['real', '0.7', 0.1, '0.7'],
] as const)('%s %s lies in the bucket of %j that begins at %s, in both formats', async (type, value, by, expected) => {
  const masker: Masker = { kind: 'bucket', by: typeof by === 'number' ? by : [...by] };
  for (const format of [0, 1] as const) {
    const [cell, input] = await column(masker, type, value, format);
    const output = maskValue(cell, input);
    expect(output === null ? null : await taken(type, output, format)).toBe(expected);
  }
});

test.each(['ISO', 'German', 'Postgres', 'SQL'])(
  'a timestamp in DateStyle %s keeps its month or only its year',
  async (style) => {
    await client.query(`SET DateStyle TO ${style}, DMY; SET TIME ZONE 'UTC'`);
    const [cell, input] = await column({ kind: 'date', to: 'month' }, 'timestamptz', '2024-07-08 12:34:56+00', 0);
    await client.query('SET DateStyle TO ISO');
    // 08/07/2024 may be July or August.
    const expected = style === 'SQL' ? '2024-01-01 00:00:00+00' : '2024-07-01 00:00:00+00';
    expect(await taken('timestamptz', maskValue(cell, input) ?? Buffer.of(), 0)).toBe(expected);
  },
);

test('equal values have equal tokens in text and binary format', async () => {
  for (const type of ['text', 'integer', 'bigint', 'numeric(12,2)', 'uuid', 'bytea', 'uuid[]', 'jsonb']) {
    const value = samples.find(([name]) => name === type)?.[1] ?? '';
    const tokens: string[] = [];
    for (const format of [0, 1] as const) {
      const [cell, input] = await column({ kind: 'hash' }, type, value, format);
      tokens.push(await taken(type, maskValue(cell, input) ?? Buffer.of(), format));
    }
    expect(tokens[0]).toBe(tokens[1]);
  }
});

test('a domain is described by its base type, an array of domains by its own', async () => {
  const { fields } = await client.query("SELECT 'x'::short_address AS a, '{x}'::short_address[] AS b");
  expect(fields[0]).toMatchObject({ dataTypeID: 1043, dataTypeModifier: 44 });
  expect(typesOf.get(fields[1]?.dataTypeID ?? 0)).toMatchObject({ kind: 'array', name: '_short_address' });
});
