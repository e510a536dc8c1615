import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { MaskRule } from '../../../src/contract/index.ts';
import { bind, execute, parse, sync } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

// Masks as an agent meets them: over a real gate, with an operator who agrees to everything.

const setup = `
CREATE TABLE users (id int PRIMARY KEY, nick text, email text UNIQUE, phone text, city text);
INSERT INTO users SELECT n, 'nick' || n, 'secret' || n || '@example.com', '+1555000' || n, CASE WHEN n < 3 THEN 'Ulm' ELSE 'Bonn' END FROM generate_series(1, 9) n;
CREATE TABLE notes (id int PRIMARY KEY, body text);
INSERT INTO notes VALUES (1, 'a note');
CREATE TABLE untouched (id int, body text);
CREATE VIEW vips AS SELECT id FROM users WHERE email = 'secret1@example.com';
COMMENT ON TABLE users IS 'ask jane@example.com';`;

const maskRules: readonly MaskRule[] = [
  { id: 'email', schema: 'public', table: 'users', column: 'email', masker: { kind: 'email' } },
  { id: 'phone', schema: 'public', table: 'users', column: 'phone', masker: { kind: 'full' }, probes: 'equality' },
  { id: 'city', schema: 'public', table: 'users', column: 'city', masker: { kind: 'hash' }, probes: 'open' },
  { id: 'nick', schema: 'public', table: 'users', column: 'nick', masker: { kind: 'full' }, probes: 'refuse' },
];

let database: TestDatabase;
let gate: TestGate;
/** Rules by which the operator was asked. */
let asked: string[] = [];

async function open(options: Partial<TestGateOptions> = {}): Promise<TestGate> {
  const opened = await startGate({ database: database.name, policy: 'production', maskRules, ...options });
  opened.gateway.approvals.onChange(({ id, digest, state, rule }) => {
    if (state !== 'pending') return;
    asked.push(rule.id);
    setImmediate(() => opened.gateway.approvals.decide({ id, digest, action: 'approve', by: 'op', via: 'test' }));
  });
  return opened;
}

beforeAll(async () => {
  database = await createDatabase(setup);
  gate = await open();
});
afterEach(() => {
  asked = [];
});
afterAll(async () => {
  await gate.stop();
  await database.drop();
});

async function values(client: pg.Client, text: string, parameters: unknown[] = []): Promise<unknown[]> {
  const { rows } = await client.query({ text, values: parameters, rowMode: 'array' });
  return rows.flat();
}

const refusal = (query: Promise<unknown>): Promise<string> =>
  query.then(
    () => 'not refused',
    (error: Error & { code?: string }) => `${error.code} ${error.message}`,
  );

describe('what masked values are copied to', () => {
  test('is asked about, and masked from then on, in other sessions and after a restart as well', async () => {
    const client = await gate.connect();
    await client.query('CREATE TABLE copy AS SELECT id, email AS e, id + 1 AS next FROM users');
    await client.query('INSERT INTO notes SELECT id + 10, lower(email) FROM users');
    expect(asked).toEqual(['copies-masked-columns', 'copies-masked-columns']);
    const shown = async (through: pg.Client): Promise<unknown[]> => [
      ...(await values(through, 'SELECT e, next FROM copy WHERE id = 1')),
      ...(await values(through, "SELECT e || '' AS x FROM copy WHERE id = 1")),
      ...(await values(through, 'SELECT body FROM notes WHERE id = 11')),
    ];
    expect(await shown(client)).toEqual(['***', 2, '***', '***']);
    expect(await shown(await gate.connect())).toEqual(['***', 2, '***', '***']);
    const { keyFolder } = gate;
    await gate.stop({ keep: true });
    gate = await open({ keyFolder });
    expect(await shown(await gate.connect())).toEqual(['***', 2, '***', '***']);
  });

  test('a view over masked columns is masked as they are, from its first statement on', async () => {
    const client = await gate.connect();
    await client.query('CREATE VIEW addresses AS SELECT id, email AS a, upper(email) AS loud FROM users');
    expect(await values(client, 'SELECT a, loud FROM addresses WHERE id = 1')).toEqual(['s***@***.com', '***']);
    await client.query('BEGIN');
    await client.query('DROP VIEW addresses');
    await client.query('CREATE VIEW addresses AS SELECT email AS id, id AS a, 1 AS loud FROM users');
    expect(await values(client, "SELECT id || '' AS x FROM addresses LIMIT 1")).toEqual(['***']);
    await client.query('ROLLBACK');
  });

  test('a copy and a look at it in one text, or in one pipeline, is refused', async () => {
    const client = await gate.connect();
    const both = 'INSERT INTO untouched SELECT id, email FROM users; SELECT body FROM untouched';
    expect(await refusal(client.query(both))).toContain('among others in one text');
    expect(await values(client, 'SELECT count(*) FROM untouched')).toEqual(['0']);
  });

  test('temporary tables made from masked values are masked whole, whatever name they take', async () => {
    const client = await gate.connect();
    await client.query('CREATE TEMP TABLE notes AS SELECT id, email AS body FROM users');
    expect(await values(client, "SELECT body || '' AS x, body FROM notes LIMIT 1")).toEqual(['***', '***']);
  });
});

describe('how far a masked column may steer', () => {
  test('equality with given values passes unasked, so many in a session; anything else is asked about', async () => {
    const limited = await open({ maskedComparisons: 3 });
    const client = await limited.connect();
    const phone = 'SELECT id FROM users WHERE phone = $1';
    expect(await values(client, phone, ['+15550001'])).toEqual([1]);
    expect(await values(client, "SELECT id FROM users WHERE phone IN ('+15550002', '+15550003')")).toEqual([2, 3]);
    expect(asked).toEqual([]);
    await values(client, phone, ['+15550004']);
    await values(client, "SELECT id FROM users WHERE phone LIKE '%1'");
    expect(asked).toEqual(['probe-of-masked-column', 'probe-of-masked-column']);
    await limited.stop();
  });

  test('equality is counted statement by statement within a pipeline', async () => {
    const limited = await startGate({
      ...{ database: database.name, policy: 'production', maskRules, maskedComparisons: 2 },
      deadlineMs: 0,
    });
    const client = await RawClient.logIn(limited.address);
    const guess = (n: number): Buffer[] => [
      parse('', `SELECT id FROM users WHERE phone = '+1555000${n}'`),
      bind('', ''),
      execute(''),
    ];
    client.send(...[1, 2, 3, 4, 5].flatMap(guess), sync());
    const heard = told(await client.untilReady()).filter((one) => /^[DE]/.test(one));
    expect(heard).toEqual(['D 1', 'D 2', 'E 42501']);
    client.close();
    await limited.stop();
  });

  test('an open column shows no group of fewer than five', async () => {
    const client = await gate.connect();
    const groups = await values(client, 'SELECT count(*) FROM users GROUP BY city ORDER BY city');
    expect([asked, groups]).toEqual([[], ['7', null]]);
    expect(await values(client, "SELECT count(*) > 1 AS x FROM users WHERE city = 'Ulm'")).toEqual([false]);
  });

  test('a column of level refuse steers nothing, under observe neither', async () => {
    const observing = await open({ policy: 'observe' });
    for (const one of [gate, observing]) {
      const client = await one.connect();
      expect(await refusal(client.query("SELECT id FROM users WHERE nick LIKE 'n%'"))).toMatch(
        /^42501 .*users\.nick is masked/,
      );
    }
    await observing.stop();
    expect(asked).toEqual([]);
  });
});

describe('a masked value that comes back', () => {
  test('is refused with an explanation, as a constant and as a bound value', async () => {
    const client = await gate.connect();
    const [token = ''] = await values(client, 'SELECT city FROM users WHERE id = 1');
    const texts: Promise<unknown>[] = [
      client.query("UPDATE users SET email = 's***@***.com' WHERE id = 1"),
      client.query('UPDATE users SET email = $1 WHERE id = 1', ['s***@***.com']),
      client.query('SELECT id FROM users WHERE city = $1', [token]),
      client.query(`INSERT INTO users (id, city) VALUES (50, '${token}')`),
    ];
    for (const text of texts) expect(await refusal(text)).toContain('is what a mask shows in place of the real one');
    expect(asked).toEqual([]);
    expect(await values(client, "SELECT id FROM untouched WHERE body = '***'")).toEqual([]);
  });
});

test('constants in definitions and people in comments are hidden, what is defined is not', async () => {
  const client = await gate.connect();
  const [definition] = await values(client, "SELECT pg_get_viewdef('vips')");
  const view = String(definition).replaceAll('users.', ''); // written by servers before 16
  expect(view).toBe(" SELECT id\n   FROM users\n  WHERE (email = '***'::text);");
  expect(await values(client, "SELECT obj_description('users'::regclass)")).toEqual(['ask ***']);
  expect(asked).toEqual([]);
});

test('whom a rule excepts sees values, and what they copy is masked for everybody else', async () => {
  const except = { agents: ['claude'] };
  const trusting = await open({
    maskRules: maskRules.map((rule) => (rule.id === 'email' ? { ...rule, except } : rule)),
  });
  const trusted = await trusting.connect();
  expect(await values(trusted, "SELECT email, email || '' AS x FROM users WHERE id = 1")).toEqual([
    'secret1@example.com',
    'secret1@example.com',
  ]);
  await trusted.query('CREATE TABLE kept AS SELECT email AS e FROM users');
  await trusting.stop({ keep: true });
  const strict = await open({ keyFolder: trusting.keyFolder });
  expect(await values(await strict.connect(), 'SELECT e FROM kept LIMIT 1')).toEqual(['***']);
  await strict.stop();
});
