import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileMasking } from '../../../src/gateway/masking/profile.ts';
import type { MaskingProfile, StatementMasking } from '../../../src/gateway/masking/types.ts';
import type { CatalogSnapshot } from '../../../src/gateway/sql/catalog.ts';
import { loadCatalog } from '../../../src/gateway/sql/catalog-query.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { dataRow, field, hashKey, rule } from './support.ts';

// What EXPLAIN may print of statements that touch masked columns, against the catalog and the plans of a real server.

const setup = `
CREATE TABLE users (id int PRIMARY KEY, nick text, email text UNIQUE, city text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int, note text);
CREATE VIEW contacts AS SELECT id, email FROM users;
CREATE VIEW loud AS SELECT id, upper(email) AS mail FROM users;
CREATE VIEW hunted AS SELECT id, nick, 40123456 AS mark FROM users WHERE nick <> 'jane.doe@example.com' AND id <> 1234567;
CREATE TABLE walled (id int PRIMARY KEY, note text);
ALTER TABLE walled ENABLE ROW LEVEL SECURITY;
ALTER TABLE walled FORCE ROW LEVEL SECURITY;
CREATE POLICY walls ON walled USING (note <> 'O''Hara, 12 Long Street');
CREATE FUNCTION is_jane(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 = 'jane.doe@example.com' $$;
CREATE FUNCTION mail_of(int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN (SELECT email FROM users WHERE id = $1); END';
INSERT INTO users SELECT n, 'nick' || n, repeat('x', n) || '@example.com', 'Ulm' FROM generate_series(1, 200) n;
INSERT INTO orders SELECT n, n % 200 + 1, n, 'note' FROM generate_series(1, 2000) n;
ANALYZE;`;

/** A query whose values come as the server writes them. */
const asText = (text: string): pg.QueryArrayConfig =>
  ({
    text,
    rowMode: 'array',
    types: { getTypeParser: () => (value: string) => value },
  }) as unknown as pg.QueryArrayConfig;

let database: TestDatabase;
let client: pg.Client;
let catalog: CatalogSnapshot;
let parser: Parser;
let profile: MaskingProfile;
beforeAll(async () => {
  database = await createDatabase(setup);
  client = new pg.Client({ ...database, database: database.name });
  await client.connect();
  catalog = await loadCatalog(async (text) => (await client.query(asText(text))).rows as string[][], 1);
  parser = await createParser();
  const rules = [rule('users', 'email'), { ...rule('users', 'city'), probes: 'open' as const }];
  profile = compileMasking({ rules, catalog, hashKey });
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const maskingOf = (sql: string, by: MaskingProfile = profile): StatementMasking =>
  by.forStatement(parser.understand(sql, catalog));

const planField = field({ name: 'QUERY PLAN' });

/** The plan of a statement as the agent sees it. */
async function planOf(sql: string): Promise<string> {
  const plan = maskingOf(sql).plan([planField]);
  const { rows } = await client.query(asText(sql));
  const lines = rows.flat().map((line) => {
    const row = dataRow([String(line)]);
    return (plan === null ? row : plan.apply(row)).subarray(11).toString('utf8');
  });
  return lines.join('\n');
}

/** Estimates and measured times, which no two servers share. */
const withoutNumbers = (plan: string): string => plan.replaceAll(/\(cost=.*| Time: .*/g, '…');

const analyze = '(ANALYZE, BUFFERS off)';

describe('EXPLAIN ANALYZE', () => {
  test.each([
    'SELECT email FROM users WHERE id = 1',
    'SELECT * FROM users',
    'SELECT u.email, o.total FROM users u JOIN orders o ON o.user_id = u.id WHERE o.total > 5 ORDER BY o.id LIMIT 3',
    'SELECT id, (SELECT email FROM users u WHERE u.id = o.user_id) FROM orders o',
    'SELECT id, CASE WHEN id > 5 THEN email END, coalesce(email, nick) FROM users',
    'SELECT email FROM users UNION ALL SELECT note FROM orders',
    'WITH c AS MATERIALIZED (SELECT * FROM users) SELECT email FROM c WHERE id = 3',
    'SELECT count(email), count(*) FROM users WHERE email IS NOT NULL',
    'SELECT email FROM contacts WHERE id = 1',
  ])('runs what brings masked values out as they are: %s', (sql) => {
    const { refusal, probes, tainted } = maskingOf(`EXPLAIN ${analyze} ${sql}`);
    expect({ refusal, probes, tainted }).toEqual({ refusal: null, probes: [], tainted: true });
  });

  test.each([
    ['a comparison', "SELECT 1 FROM users WHERE email = 'x'", 1],
    ['a pattern', "SELECT 1 FROM users WHERE email LIKE 'x%'", null],
    ['a join', 'SELECT 1 FROM users JOIN orders ON note = email', null],
    ['an order', 'SELECT id FROM users ORDER BY email', null],
    ['groups', 'SELECT email FROM users GROUP BY email', null],
  ])('is asked about where the statement is: %s', (_, sql, comparisons) => {
    const probes = [{ label: 'users.email', level: 'ask', comparisons }];
    expect(maskingOf(sql).probes).toEqual(probes);
    expect(maskingOf(`EXPLAIN ${analyze} ${sql}`)).toMatchObject({ refusal: null, probes });
    expect(maskingOf(`EXPLAIN ${sql}`)).toMatchObject({ refusal: null, probes });
  });

  test.each([
    [
      'what takes as long as there are letters in it',
      "SELECT md5(replace(email, 'q', repeat('x', 1000000))) FROM users",
    ],
    ['the same in what is counted', "SELECT count(replace(email, 'q', repeat('x', 1000000))) FROM users"],
    ['the same in a query that nobody reads', 'SELECT 1 FROM (SELECT md5(email) FROM users OFFSET 0) s'],
    ['a pattern that is tried again and again', "SELECT email LIKE '%a%a%a%a%a%b' FROM users"],
    ['a comparison', "SELECT email = 'x' FROM users"],
    ['rows as a whole', 'SELECT u FROM contacts u'],
    ['texts in a row', "SELECT string_agg(email, ',') FROM users"],
    ['what a view computes', 'SELECT mail FROM loud'],
    ['what a view computes, in a star', 'SELECT * FROM loud'],
  ])('is asked about where its times tell of values: %s', (_, sql) => {
    expect(maskingOf(`EXPLAIN ${analyze} ${sql}`).probes).toHaveLength(1);
  });

  test.each([
    ['a copy', 'CREATE TABLE t AS SELECT email FROM users'],
    ['a copy by INSERT', 'INSERT INTO orders (note) SELECT email FROM users'],
    ['a function that reads what it likes', 'SELECT mail_of(1)'],
    ['such a function beside masked columns', 'SELECT email FROM users WHERE id < length(mail_of(1))'],
    ['a relation that nobody knows', 'SELECT * FROM no_such_table'],
    ['a statement by its name', 'EXECUTE p'],
  ])('is refused where nobody can tell what it tells of: %s', (_, sql) => {
    expect(maskingOf(`EXPLAIN ${analyze} ${sql}`).refusal).toMatchObject({ code: 'masked_explain' });
  });

  test.each([
    ['SERIALIZE prints their bytes', '(ANALYZE, BUFFERS off, SERIALIZE)'],
    ['in binary as well', '(ANALYZE, BUFFERS off, SERIALIZE binary)'],
    ['BUFFERS prints what did not fit into memory', '(ANALYZE, BUFFERS)'],
    ['the last of several counts', '(BUFFERS off, ANALYZE, BUFFERS on)'],
    ['WAL', '(ANALYZE, BUFFERS off, WAL)'],
    ['MEMORY', '(ANALYZE, BUFFERS off, MEMORY)'],
    ['JSON', '(ANALYZE, BUFFERS off, FORMAT json)'],
    ['XML', '(ANALYZE, BUFFERS off, FORMAT xml)'],
    ['YAML', '(ANALYZE, BUFFERS off, FORMAT yaml)'],
    ['an option of a version to come', '(ANALYZE, BUFFERS off, NOVEL)'],
    ['without the word', '(SERIALIZE)'],
  ])('is refused with an option that tells how large masked values are: %s', (_, options) => {
    expect(maskingOf(`EXPLAIN ${options} SELECT email FROM users`).refusal?.code).toBe('masked_explain');
    expect(maskingOf(`EXPLAIN ${options} SELECT id FROM users`).refusal).toBeNull();
  });

  test('brings BUFFERS with it from version 18 on', () => {
    const by = (serverVersionNumber: number): MaskingProfile =>
      compileMasking({ rules: [rule('users', 'email')], catalog: { ...catalog, serverVersionNumber }, hashKey });
    const sql = 'EXPLAIN ANALYZE SELECT email FROM users';
    expect(maskingOf(sql, by(170006)).refusal).toBeNull();
    expect(maskingOf(sql, by(180000)).refusal?.reason).toBe('BUFFERS would tell how large values of users.email are');
  });

  test('shows rows, times and conditions, and neither memory nor batches', async () => {
    await client.query('SET enable_nestloop = off; SET enable_mergejoin = off');
    const plan = await planOf(
      `EXPLAIN (ANALYZE, BUFFERS off, VERBOSE) SELECT u.email, o.id FROM orders o JOIN users u ON u.id = o.user_id WHERE o.note <> E'a\nSort Method: b' ORDER BY o.id`,
    );
    await client.query('RESET ALL');
    expect(plan).toContain('rows=2000');
    expect(plan).not.toMatch(/Memory|kB|quicksort/);
    const lines = withoutNumbers(plan).split('\n');
    expect(lines).toEqual([
      'Sort  …',
      '  Output: u.email, o.id',
      '  Sort Key: o.id',
      '  Sort Method: ***',
      '  ->  Hash Join  …',
      '        Output: u.email, o.id',
      '        Inner Unique: true',
      '        Hash Cond: (o.user_id = u.id)',
      '        ->  Seq Scan on public.orders o  …',
      '              Output: o.id, o.user_id, o.total, o.note',
      "              Filter: (o.note <> 'a",
      'Sort Method: ***',
      '        ->  Hash  …',
      '              Output: u.email, u.id',
      '              Buckets: ***',
      '              ->  Seq Scan on public.users u  …',
      '                    Output: u.email, u.id',
      'Planning…',
      'Execution…',
    ]);
  });

  test('shows everything where masked columns are only beside', async () => {
    expect(await planOf(`EXPLAIN ${analyze} SELECT id FROM users ORDER BY nick`)).toContain('Memory: ');
  });
});

describe('the plan of a probe that was approved', () => {
  test('is shown', async () => {
    const plan = await planOf(`EXPLAIN ${analyze} SELECT id FROM users WHERE email LIKE 'xx@%'`);
    expect(plan).toContain("Filter: (email ~~ 'xx@%'::text)");
    expect(plan).toContain('Rows Removed by Filter: 199');
  });

  test('is hidden where numbers of few rows are', async () => {
    const sql = `SELECT id FROM users WHERE city = 'Ulm'`;
    expect(new Set((await planOf(`EXPLAIN ${analyze} ${sql}`)).split('\n'))).toEqual(new Set(['***']));
    expect(new Set((await planOf(`EXPLAIN ${sql}`)).split('\n'))).toEqual(new Set(['***']));
  });
});

test.each([
  ['a function that the planner runs', `SELECT mail_of(1)`],
  ['a setting that is none of the server’s', `SELECT 1 WHERE current_setting('app.key') = 'x'`],
  ['a relation that nobody knows', 'SELECT * FROM no_such_table'],
])('plain EXPLAIN shows nothing of %s', (_, sql) => {
  expect(maskingOf(`EXPLAIN ${sql}`).plan([planField])?.maskedColumns).toEqual([
    { name: 'QUERY PLAN', masker: 'full', rule: 'derived' },
  ]);
});

describe('constants of definitions', () => {
  const told = /jane|O''?Hara|Long Street|1234567|40123456/;

  test.each([
    'SELECT * FROM hunted',
    'SELECT nick FROM hunted WHERE id = 3',
    'SELECT id FROM orders WHERE is_jane(note)',
    'SELECT count(*) FROM hunted h JOIN orders o ON o.user_id = h.id',
  ])('are not shown in a plan, in any format: %s', async (sql) => {
    for (const options of [
      '',
      '(VERBOSE)',
      '(FORMAT json, VERBOSE)',
      '(FORMAT xml, VERBOSE)',
      '(FORMAT yaml, VERBOSE)',
      analyze,
    ]) {
      const explain = `EXPLAIN ${options} ${sql}`;
      expect(maskingOf(explain)).toMatchObject({ refusal: null, probes: [] });
      const plan = await planOf(explain);
      expect(plan).not.toMatch(told);
      expect(plan).toMatch(/orders|users/);
    }
  });

  test('of policies neither', async () => {
    const plan = maskingOf('EXPLAIN SELECT * FROM walled').plan([planField]);
    const line = dataRow(["  Filter: (note <> 'O''Hara, 12 Long Street'::text)"]);
    expect(plan?.apply(line).subarray(11).toString('utf8')).toBe("  Filter: (note <> '***'::text)");
  });

  test('but what the statement says itself, costs and numbers of rows are', async () => {
    const sql = `EXPLAIN (FORMAT json) SELECT id FROM hunted WHERE nick = 'it''s Jane @ home, 7654321' AND id < 7654321`;
    const { rows } = await client.query(asText(sql));
    const plan = await planOf(sql);
    expect(plan).toContain("'it''s Jane @ home, 7654321'::text");
    expect(plan).toContain('id < 7654321');
    expect(plan.replaceAll('***', '')).toBe(
      String(rows[0]).replaceAll('jane.doe@example.com', '').replaceAll(' 1234567', ' '),
    );
  });

  test('and a plan of tables alone is left as it is', () => {
    expect(maskingOf("EXPLAIN SELECT id FROM orders WHERE note = 'x@y.z'").plan([planField])).toBeNull();
  });
});
