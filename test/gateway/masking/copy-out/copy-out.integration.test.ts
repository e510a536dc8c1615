import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Masker, MaskRule, PolicyRule } from '../../../../src/contract/index.ts';
import { decodeFields } from '../../../../src/gateway/wire/decode-backend.ts';
import * as encode from '../../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../../support/database.ts';
import { startGate, type TestGate, until } from '../../../support/gate.ts';
import { RawClient, row, told } from '../../../support/raw-client.ts';

// COPY TO STDOUT of masked columns, over a real gate and server: what leaves is what SELECT of the same columns gives, in
// the copy's own format.

/** A column for each kind of type; each has a value, an odd value and a NULL. */
const columns: readonly (readonly [name: string, type: string, masker: Masker, ...values: string[]])[] = [
  ['email', 'text', { kind: 'email' }, "'jane@example.com'", "E'tab\\t,\"\\\\quote\\n;''@x.org'"],
  ['phone', 'varchar(20)', { kind: 'phone' }, "'+49 30 1234567'", "''"],
  ['part', 'text', { kind: 'partial', keepStart: 3, keepEnd: 2 }, "E'a\\\\b,\"c\\td\\ne'", "'\\N'"],
  ['code', 'char(6)', { kind: 'hash' }, "'ab'", "'\\.'"],
  ['salary', 'numeric(12,2)', { kind: 'bucket', by: 1000 }, '51234.50', '0'],
  ['age', 'int', { kind: 'full' }, '41', '-7'],
  ['big', 'bigint', { kind: 'hash' }, '9007199254740993', '1'],
  ['ratio', 'float8', { kind: 'full' }, '0.25', "'NaN'"],
  ['ok', 'bool', { kind: 'full' }, 'true', 'false'],
  ['born', 'date', { kind: 'year' }, "'1984-06-23'", "'0044-03-15 BC'"],
  ['seen', 'timestamptz', { kind: 'date', to: 'month' }, "'2026-11-28 12:34:56.789+01'", "'infinity'"],
  [
    'token',
    'uuid',
    { kind: 'hash' },
    "'6f0c2a4e-0d6b-4b0e-9f2a-1c2d3e4f5a6b'",
    "'00000000-0000-0000-0000-000000000001'",
  ],
  ['blob', 'bytea', { kind: 'hash' }, "'\\xdeadbeef'", "'\\x'"],
  [
    'doc',
    'jsonb',
    { kind: 'json', paths: [{ path: '$.mail', masker: { kind: 'full' } }] },
    `'{"mail": "a@b.c", "n": "x\\ty"}'`,
    `'[]'`,
  ],
  ['raw', 'json', { kind: 'full' }, `'{"a": "b\\\\c"}'`, "'null'"],
  ['tags', 'text[]', { kind: 'partial', keepStart: 1, keepEnd: 0 }, `ARRAY['a,b', 'c"d', NULL, '']`, "'{}'"],
  ['grid', 'int[]', { kind: 'full' }, "'{{1,2},{3,4}}'", "'{}'"],
  ['mood', 'mood', { kind: 'full' }, "'so so'", "'glad'"],
  ['place', 'place', { kind: 'full' }, `ROW('Main "St", 1', 5)`, `ROW(NULL, NULL)`],
  ['zip', 'zip', { kind: 'partial', keepStart: 2, keepEnd: 0 }, "'12345'", "'99999'"],
  ['span', 'int4range', { kind: 'full' }, "'[1,5)'", "'empty'"],
  ['addr', 'inet', { kind: 'full' }, "'10.1.2.3'", "'::1'"],
  ['fixed', 'text', { kind: 'fixed', value: 'a,"b"\\N\t' }, "'x'", "'y'"],
  ['gone', 'text', { kind: 'null' }, "'x'", "'y'"],
];

const list = ['id', 'plain', ...columns.map(([name]) => name)].join(', ');

const setup = `
CREATE TYPE mood AS ENUM ('sad', 'so so', 'glad');
CREATE TYPE place AS (street text, no int);
CREATE DOMAIN zip AS varchar(5) CHECK (VALUE ~ '^[0-9]+$' OR VALUE LIKE '%*');
CREATE TABLE people (
  id int PRIMARY KEY, plain text, ${columns.map(([name, type]) => `${name} ${type}`).join(', ')},
  lower_plain text GENERATED ALWAYS AS (lower(plain)) STORED
);
INSERT INTO people (id, plain, ${columns.map(([name]) => name).join(', ')}) VALUES
  (1, E'plain \\t "text"', ${columns.map(([, , , value]) => value).join(', ')}),
  (2, '', ${columns.map(([, , , , odd]) => odd).join(', ')}),
  (3, NULL, ${columns.map(() => 'NULL').join(', ')});
CREATE VIEW everybody AS SELECT id, email FROM people;
CREATE MATERIALIZED VIEW kept AS SELECT id, email FROM people;
CREATE TABLE parent (id int, secret text, made text GENERATED ALWAYS AS (secret || '!') STORED, note text);
CREATE TABLE child () INHERITS (parent);
INSERT INTO parent (id, secret, note) VALUES (1, 'secret one', 'a'), (2, 'secret two', NULL);
INSERT INTO child (id, secret, note) VALUES (3, 'secret three', 'c');
CREATE TABLE pieces (id int, secret text) PARTITION BY RANGE (id);
CREATE TABLE piece1 PARTITION OF pieces FOR VALUES FROM (0) TO (10);
INSERT INTO pieces VALUES (1, 'secret piece');
CREATE TABLE guarded (id int, secret text);
INSERT INTO guarded VALUES (1, 'secret guard'), (2, 'secret other');
CREATE TABLE returned (id int, secret text);
INSERT INTO returned VALUES (1, 'secret return');
CREATE SCHEMA aside;
CREATE TABLE aside.twice (id int, note text);
CREATE TABLE twice (id int, secret text);
INSERT INTO twice VALUES (1, 'secret twice');
CREATE TABLE open (id int, note text);
INSERT INTO open SELECT n, E'note \\t' || n FROM generate_series(1, 2000) n;
CREATE FUNCTION peek() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT email FROM people LIMIT 1); END $$;`;

const secrets = ['parent', 'pieces', 'guarded', 'returned', 'twice'].map(
  (table): MaskRule => ({ id: `secret-${table}`, schema: 'public', table, column: 'secret', masker: { kind: 'full' } }),
);
const maskRules: readonly MaskRule[] = [
  ...columns.map(
    ([column, , masker]): MaskRule => ({ id: `m-${column}`, schema: 'public', table: 'people', column, masker }),
  ),
  ...secrets,
];

let database: TestDatabase;
let gate: TestGate;
const clients: RawClient[] = [];

beforeAll(async () => {
  database = await createDatabase(setup);
  gate = await startGate({ database: database.name, policy: 'observe', maskRules });
});
afterAll(async () => {
  for (const client of clients) client.close();
  await gate.stop();
  await database.drop();
});

async function open(through: TestGate = gate): Promise<RawClient> {
  const client = await RawClient.logIn(through.address);
  clients.push(client);
  return client;
}

const kinds = (frames: readonly Buffer[]): string =>
  told(frames)
    .join(' ')
    .replace(/d( d)+/g, 'd…');

const dataOf = (frames: readonly Buffer[]): Buffer[] =>
  frames.filter((frame) => frame[0] === 0x64).map((frame) => frame.subarray(5));

async function ask(client: RawClient, text: string): Promise<Buffer[]> {
  return client.send(encode.query(text)).untilReady();
}

/** The data of a copy of `people`, which is the same by query, by columns and by table. */
async function copiedInThreeWays(client: RawClient, format: string): Promise<Buffer[]> {
  const byQuery = await ask(client, `COPY (SELECT ${list} FROM people ORDER BY id) TO STDOUT ${format}`);
  expect(kinds(byQuery)).toBe('H d… c C COPY 3 Z I');
  const byColumns = await ask(client, `COPY people (${list}) TO STDOUT ${format}`);
  const byTable = await ask(client, `COPY people TO STDOUT ${format}`);
  expect([dataOf(byColumns), dataOf(byTable)]).toEqual([dataOf(byQuery), dataOf(byQuery)]);
  expect(Buffer.concat(dataOf(byTable)).includes('jane')).toBe(false);
  return dataOf(byQuery);
}

/** The data of a copy, as one text. Throws what came instead. */
async function copied(client: RawClient, text: string): Promise<string> {
  const frames = await ask(client, text);
  const error = frames.find((frame) => frame[0] === 0x45);
  if (error !== undefined) throw new Error(`${decodeFields(error).C} ${decodeFields(error).M}`);
  return Buffer.concat(dataOf(frames)).toString('utf8');
}

/** Loads data past the gate into a new table, of text or like `people`, and returns its rows as text. */
async function loaded(options: string, data: readonly Buffer[], types: 'text' | 'own'): Promise<string[][]> {
  const client = await RawClient.direct(database.name);
  clients.push(client);
  const typed = types === 'own' ? list : list.replaceAll(/\w+/g, '$&::text');
  await ask(client, `CREATE TEMP TABLE again AS SELECT ${typed} FROM people LIMIT 0`);
  client.send(encode.query(`COPY again FROM STDIN ${options}`));
  await client.untilKind('G');
  for (const bytes of data) client.send(new MessageBuilder(0x64).bytes(bytes).build());
  const answer = told(await client.send(new MessageBuilder(0x63).build()).untilReady());
  expect(answer).toEqual(['C COPY 3', 'Z I']);
  const shown = (await ask(client, `SELECT ${list} FROM again ORDER BY id`)).filter((frame) => frame[0] === 0x44);
  return shown.map((frame) => row(frame));
}

/** Options of COPY TO, and those of COPY FROM for what they give. */
const options: readonly (readonly [to: string, from: string])[] = [
  ['', ''],
  ["(DELIMITER '|')", "(DELIMITER '|')"],
  ["(DELIMITER ',')", "(DELIMITER ',')"],
  ['(FORMAT csv)', '(FORMAT csv)'],
  ['(FORMAT csv, FORCE_QUOTE *)', '(FORMAT csv)'],
  [
    "(FORMAT csv, DELIMITER E'\\t', QUOTE '''', ESCAPE '\\', NULL 'nix', HEADER)",
    "(FORMAT csv, DELIMITER E'\\t', QUOTE '''', ESCAPE '\\', NULL 'nix', HEADER)",
  ],
  ["WITH CSV DELIMITER ';' FORCE QUOTE email, age", "WITH CSV DELIMITER ';'"],
];

describe('a copy and a SELECT of the same columns give the same', () => {
  test.each(options)('loaded again, in the format %s', { timeout: 30_000 }, async (to, from) => {
    const client = await open();
    const selected = (await ask(client, `SELECT ${list} FROM people ORDER BY id`)).filter((frame) => frame[0] === 0x44);
    const data = await copiedInThreeWays(client, to);
    expect(await loaded(from, data, 'text')).toEqual(selected.map((frame) => row(frame)));
  });

  test('loaded again, in binary format', { timeout: 30_000 }, async () => {
    const client = await open();
    const [binary, text] = [await copiedInThreeWays(client, 'BINARY'), await copiedInThreeWays(client, '')];
    expect(await loaded('BINARY', binary, 'own')).toEqual(await loaded('', text, 'own'));
  });

  test('what SELECT sends in binary format is what a binary copy holds', async () => {
    const client = await open();
    const query = `SELECT ${list} FROM people ORDER BY id`;
    client.send(encode.parse('', query), encode.bind('', '', [], 1), encode.execute(''), encode.sync());
    const rows = (await client.untilReady()).filter((frame) => frame[0] === 0x44).map((frame) => frame.subarray(5));
    const data = Buffer.concat(dataOf(await ask(client, `COPY (${query}) TO STDOUT (FORMAT binary)`)));
    expect(data.subarray(19)).toEqual(Buffer.concat([...rows, Buffer.from([0xff, 0xff])]));
  });

  test.each([
    ['computed values', 'SELECT lower(email), id, plain FROM people WHERE id = 1', '***\t1\tplain \\t "text"\n'],
    ['columns under other names', 'SELECT age AS id, id AS age FROM people WHERE id = 1', '0\t1\n'],
    ['whole rows', 'SELECT p FROM parent p WHERE id = 1', '("0","***","***","***")\n'],
    ['a view', 'SELECT email FROM everybody WHERE id = 1', 'j***@***.com\n'],
    ['a set operation', "SELECT email FROM people WHERE id = 1 UNION ALL SELECT 'mine'", 'j***@***.com\n***\n'],
    ['rows that a write returns', 'UPDATE returned SET id = 1 RETURNING id, secret', '1\t***\n'],
  ])('%s', async (_what, query, expected) => {
    expect(await copied(await open(), `COPY (${query}) TO STDOUT`)).toBe(expected);
  });
});

describe('which columns a copy of a table has', () => {
  test('its own rows and stored columns, in the order of the list where there is one', async () => {
    const client = await open();
    expect(await copied(client, 'COPY parent TO STDOUT')).toBe('1\t***\ta\n2\t***\t\\N\n');
    expect(await copied(client, 'COPY public.parent (note, secret, id) TO STDOUT CSV HEADER')).toBe(
      'note,secret,id\na,***,1\n,***,2\n',
    );
    expect(await copied(client, 'COPY kept TO STDOUT').catch((error: Error) => error.message)).toMatch(
      /^1\tj\*\*\*@|42809 cannot copy from materialized view "kept"/,
    );
  });

  test('columns that were dropped, added and renamed since the catalog was read shift nothing', async () => {
    const client = await open();
    await database.query('CREATE TABLE moving (id int, name text, secret text, note text)');
    await database.query("INSERT INTO moving VALUES (1, 'n', 'secret x', 'plain')");
    const rules = [{ id: 's', schema: 'public', table: 'moving', column: 'secret', masker: { kind: 'full' } }] as const;
    const other = await startGate({ database: database.name, policy: 'observe', maskRules: rules });
    const through = await open(other);
    expect(await copied(through, 'COPY moving TO STDOUT')).toBe('1\tn\t***\tplain\n');
    await database.query('ALTER TABLE moving DROP COLUMN name');
    await database.query("ALTER TABLE moving ADD COLUMN more text DEFAULT 'm'");
    expect(await copied(through, 'COPY moving TO STDOUT')).toBe('1\t***\tplain\tm\n');
    // In a transaction of its own, whose changes nobody outside sees.
    await ask(through, 'BEGIN');
    await ask(through, 'ALTER TABLE moving DROP COLUMN id, ADD COLUMN id int DEFAULT 7');
    const shown = await copied(through, 'COPY moving TO STDOUT').catch((error: Error) => error.message);
    expect(shown).not.toContain('secret');
    await ask(through, 'ROLLBACK');
    expect(await copied(through, 'COPY moving TO STDOUT')).toBe('1\t***\tplain\tm\n');
    client.close();
    await other.stop();
  });

  test('a column that is no longer generated is sent, and the ones behind it are masked where they now stand', async () => {
    await database.query(
      "CREATE TABLE made (id int, g text GENERATED ALWAYS AS ('g') STORED, secret text); INSERT INTO made VALUES (1, DEFAULT, 'secret g')",
    );
    const rules = [{ id: 's', schema: 'public', table: 'made', column: 'secret', masker: { kind: 'full' } }] as const;
    const other = await startGate({ database: database.name, policy: 'observe', maskRules: rules });
    const client = await open(other);
    expect(await copied(client, 'COPY made TO STDOUT')).toBe('1\t***\n');
    await database.query('ALTER TABLE made ALTER COLUMN g DROP EXPRESSION');
    expect(await copied(client, 'COPY made TO STDOUT')).toBe('1\tg\t***\n');
    await other.stop();
  });
});

describe('what cannot be masked in a copy is refused, and says why', () => {
  test.each([
    ["COPY parent TO STDOUT (NULL '')", /in format text a value may be written like its NULL/],
    ["COPY parent TO STDOUT (NULL 'secret one')", /in format text a value may be written like its NULL/],
    ["COPY parent TO STDOUT (ENCODING 'LATIN1')", /its ENCODING is not UTF8/],
    ["COPY parent TO '/tmp/parent'", /it would be written by the server, past Postern/],
    ["COPY parent TO PROGRAM 'cat'", /it would be written by the server, past Postern/],
    ['COPY (SELECT peek()) TO STDOUT', /it calls what may read anything/],
    ['COPY twice TO STDOUT', /there are several relations named twice/],
    ['SELECT 1; COPY parent TO STDOUT', /has to stand alone/],
  ])('%s', async (text, reason) => {
    await expect(copied(await open(), text)).rejects.toThrow(reason);
  });

  test('with its schema, the one of several relations of a name is masked', async () => {
    expect(await copied(await open(), 'COPY public.twice TO STDOUT')).toBe('1\t***\n');
  });

  test('a copy beside other statements of a pipeline, in an open segment, or behind a name', async () => {
    const client = await open();
    const copy = (portal = ''): Buffer[] => [
      encode.parse(portal, 'COPY parent TO STDOUT'),
      encode.bind(portal, portal),
      encode.execute(portal),
    ];
    client.send(encode.parse('b', 'SELECT 1'), encode.bind('b', 'b'), encode.execute('b'), ...copy(), encode.sync());
    expect(told(await client.untilReady()).slice(-2)).toEqual(['E 42501', 'Z I']);
    client.send(encode.parse('f', 'SELECT 1'), encode.flush());
    await client.untilKind('1');
    client.send(...copy(), encode.sync());
    expect(told(await client.untilReady()).slice(-2)).toEqual(['E 42501', 'Z I']);
    client.send(encode.parse('named', 'COPY parent TO STDOUT'), encode.sync());
    await client.untilReady();
    expect(told(await ask(client, 'EXECUTE named'))).toEqual(['E 42501', 'Z I']);
    // By itself it runs, in the extended protocol as well.
    client.send(encode.bind('', 'named'), encode.describe('P', ''), encode.execute(''), encode.sync());
    const frames = await client.untilReady();
    expect(Buffer.concat(dataOf(frames)).toString()).toBe('1\t***\ta\n2\t***\t\\N\n');
    expect(kinds(frames)).toBe('2 n H d… c C COPY 2 Z I');
  });

  test('a copy in an encoding where half a character may look like a backslash', async () => {
    const client = await RawClient.logIn(gate.address, { client_encoding: 'SJIS' });
    clients.push(client);
    await expect(copied(client, 'COPY parent TO STDOUT')).rejects.toThrow('client_encoding is not UTF8');
    await expect(copied(client, "COPY parent TO STDOUT (ENCODING 'UTF8')")).rejects.toThrow(
      'client_encoding is not UTF8',
    );
  });

  test('a portal that was bound before the columns changed is looked at again when it runs', async () => {
    const client = await open();
    await ask(client, 'BEGIN');
    client.send(encode.parse('', 'COPY guarded TO STDOUT'), encode.bind('p', ''), encode.sync());
    await client.untilReady();
    await ask(client, 'ALTER TABLE guarded DROP COLUMN id, ADD COLUMN id int DEFAULT 5');
    client.send(encode.execute('p'), encode.sync());
    expect(Buffer.concat(dataOf(await client.untilReady())).toString()).not.toContain('secret');
    await ask(client, 'ROLLBACK');
  });
});

describe('the server itself', () => {
  test.each([
    ['COPY everybody TO STDOUT', '42809', /cannot copy from view "everybody"/],
    ['COPY pieces TO STDOUT', '42809', /cannot copy from partitioned table "pieces"/],
    ['COPY nowhere TO STDOUT', '42P01', /relation "nowhere" does not exist/],
    ['COPY parent (nothing) TO STDOUT', '42703', /column "nothing" of relation "parent" does not exist/],
    ['COPY parent (made) TO STDOUT', '42P10', /column "made" is a generated column/],
    ["COPY parent TO STDOUT (QUOTE '\"')", '0A000', /^COPY quote (?:available only in|requires) CSV mode/i],
    [
      'COPY parent (id, secret) TO STDOUT (FORMAT csv, FORCE_QUOTE (note))',
      '42P10',
      /column "note" not referenced by COPY/,
    ],
    ['COPY (SELECT nothing FROM parent) TO STDOUT', '42703', /column "nothing" does not exist/],
  ])('%s has its own error, and the session goes on', async (text, code, message) => {
    const client = await open();
    const [error] = (await ask(client, text)).filter((frame) => frame[0] === 0x45);
    const fields = error === undefined ? {} : decodeFields(error);
    expect(fields.C).toBe(code);
    expect(fields.M).toMatch(message);
    // In a transaction as well, which has then failed.
    expect(told(await ask(client, 'BEGIN'))).toEqual(['C BEGIN', 'Z T']);
    expect(told(await ask(client, text))).toEqual([`E ${code}`, 'Z E']);
    expect(told(await ask(client, text))).toEqual(['E 25P02', 'Z E']);
    expect(told(await ask(client, 'ROLLBACK'))).toEqual(['C ROLLBACK', 'Z I']);
    expect(await copied(client, 'COPY public.twice TO STDOUT')).toBe('1\t***\n');
  });

  test('nothing of the look stays: no statement, no transaction, no lock', async () => {
    const client = await open();
    await copied(client, 'COPY parent TO STDOUT');
    const state =
      "SELECT (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'parent'::regclass)";
    expect(told(await ask(client, state)).slice(1)).toEqual(['D 0|0', 'C SELECT 1', 'Z I']);
  });

  test('a cancel reaches a copy that waits for a lock', { timeout: 20_000 }, async () => {
    const client = await open();
    const holder = await RawClient.direct(database.name);
    clients.push(holder);
    await ask(holder, 'BEGIN; LOCK TABLE parent IN ACCESS EXCLUSIVE MODE');
    client.send(encode.query('COPY parent TO STDOUT'));
    for (;;) {
      const { rows } = await database.query(
        "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'parent'::regclass",
      );
      if (rows.length > 0) break;
    }
    await RawClient.cancel(gate.address, client.key);
    expect(told(await client.untilReady())).toEqual(['E 57014', 'Z I']);
    await ask(holder, 'ROLLBACK');
    expect(await copied(client, 'COPY parent TO STDOUT')).toBe('1\t***\ta\n2\t***\t\\N\n');
  });
});

test('a copy without masked columns leaves byte for byte, in the messages that the server sends', async () => {
  const client = await open();
  const direct = await RawClient.direct(database.name);
  clients.push(direct);
  for (const format of ['', '(FORMAT csv, HEADER)', '(FORMAT binary)', "(NULL '', ENCODING 'LATIN1')"]) {
    const text = `COPY open TO STDOUT ${format}`;
    expect(Buffer.concat(await ask(client, text)).equals(Buffer.concat(await ask(direct, text)))).toBe(true);
  }
});

test('the record has what left, how much of it, and by which rules it was masked', async () => {
  const own = await startGate({ database: database.name, policy: 'observe', maskRules });
  const client = await open(own);
  const frames = await ask(client, 'COPY parent TO STDOUT');
  client.close();
  const records = await until(async () => {
    const bodies = (await own.journal()).map(({ body }) => body);
    return bodies.some(({ type }) => type === 'session_end') ? bodies : null;
  });
  const outcome = records.find((body) => body.type === 'outcome');
  const sent = frames.filter((frame) => frame[0] === 0x64).reduce((sum, { length }) => sum + length, 0);
  expect(outcome).toMatchObject({
    bytes: sent,
    outcome: { status: 'ok', tags: ['COPY 2'], rows: 2 },
  });
  expect(outcome?.type === 'outcome' && outcome.outcome.maskedColumns).toEqual([
    { name: 'secret', masker: 'full', rule: 'secret-parent' },
    { name: 'made', masker: 'full', rule: 'derived' },
  ]);
  expect(JSON.stringify(records)).not.toContain('secret one');
  await own.stop();
});

test('rows under row-level security have the columns that the server then sends', async () => {
  await database.query(`
    DROP ROLE IF EXISTS copyout_guarded; CREATE ROLE copyout_guarded LOGIN PASSWORD 'pw';
    CREATE TABLE walled (id int, secret text, made int GENERATED ALWAYS AS (id * 2) STORED, note text);
    INSERT INTO walled VALUES (1, 'secret wall', DEFAULT, 'n'), (2, 'secret hidden', DEFAULT, 'n');
    GRANT SELECT ON walled TO copyout_guarded; ALTER TABLE walled ENABLE ROW LEVEL SECURITY;
    CREATE POLICY one ON walled USING (id = 1)`);
  const rule = { id: 'w', schema: 'public', table: 'walled', column: 'secret', masker: { kind: 'full' } } as const;
  const upstream = { user: 'copyout_guarded' };
  const own = await startGate({
    database: database.name,
    policy: 'observe',
    maskRules: [rule],
    upstream,
    password: 'pw',
  });
  const client = await open(own);
  expect(await copied(client, 'COPY walled TO STDOUT')).toMatch(/^1\t\*\*\*\t(?:2\t)?n\n$/);
  expect(await copied(client, 'COPY walled (note, secret) TO STDOUT')).toBe('n\t***\n');
  client.close();
  await own.stop();
  await database.query('DROP OWNED BY copyout_guarded; DROP ROLE copyout_guarded');
});

describe('in production', () => {
  const copy = 'COPY (SELECT id, email FROM people ORDER BY id) TO STDOUT';
  const masked = '1\tj***@***.com\n2\t***\n3\t\\N\n';
  const production = (more: Partial<Parameters<typeof startGate>[0]> = {}): Promise<TestGate> =>
    startGate({ database: database.name, policy: 'production', maskRules, ...more });

  test('a copy of masked columns is held, and comes masked when it is approved; one of others is not asked about', async () => {
    const own = await production({ deadlineMs: 60_000 });
    const asked: (string | undefined)[] = [];
    own.gateway.approvals.onChange(({ id, digest, state, rule }) => {
      if (state !== 'pending') return;
      asked.push(rule.id);
      setImmediate(() => own.gateway.approvals.decide({ id, digest, action: 'approve', by: 'op', via: 'test' }));
    });
    const client = await open(own);
    expect(await copied(client, 'COPY open (id) TO STDOUT')).toMatch(/^1\n2\n/);
    expect(asked).toEqual([]);
    expect(await copied(client, copy)).toBe(masked);
    expect(asked).toEqual(['copies-out-masked-columns']);
    client.close();
    await own.stop();
  });

  test('unless a rule of one’s own lets it, or the database is for staging', async () => {
    const lets: PolicyRule = {
      id: 'exports',
      when: { effects: ['read', 'copy_out'] },
      verdict: 'allow',
      reason: 'Masked exports are fine.',
    };
    for (const own of [
      await production({ deadlineMs: 0, policyRules: [lets] }),
      await production({ deadlineMs: 0, policy: 'staging' }),
    ]) {
      const client = await open(own);
      expect(await copied(client, copy)).toBe(masked);
      client.close();
      await own.stop();
    }
  });
});
