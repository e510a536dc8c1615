import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MaskRule } from '../../../src/contract/index.ts';
import { compileMasking, mergeMasking } from '../../../src/gateway/masking/profile.ts';
import type { MaskingProfile, StatementMasking } from '../../../src/gateway/masking/types.ts';
import type { CatalogSnapshot } from '../../../src/gateway/sql/catalog.ts';
import { loadCatalog } from '../../../src/gateway/sql/catalog-query.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { since } from '../../support/since.ts';
import { field, hashKey } from './support.ts';

const setup = `
CREATE TABLE users (id int PRIMARY KEY, nickname text, email text UNIQUE, email_lower text GENERATED ALWAYS AS (lower(email)) STORED,
  nick_upper text GENERATED ALWAYS AS (upper(nickname)) STORED, salary numeric(12,2), born date);
CREATE TABLE orders (id int PRIMARY KEY, user_id int, total numeric(10,2), note text);
CREATE TABLE payments (id int, card text, paid date NOT NULL) PARTITION BY RANGE (paid);
CREATE TABLE payments_2025 (junk int, paid date NOT NULL, card text, id int);
ALTER TABLE payments_2025 DROP COLUMN junk;
ALTER TABLE payments ATTACH PARTITION payments_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE people (id int, mail text);
CREATE TABLE employees (grade int) INHERITS (people);
CREATE VIEW contacts AS SELECT id, email AS contact, nickname || '!' AS loud FROM users;
CREATE VIEW shouted AS SELECT c.id, upper(c.contact) AS c2 FROM contacts c;
CREATE VIEW summary AS SELECT u.id, u.nickname, count(o.id) AS orders FROM users u LEFT JOIN orders o ON o.user_id = u.id GROUP BY u.id;
CREATE MATERIALIZED VIEW directory AS SELECT id, nickname || ' <' || email || '>' AS label FROM users;
CREATE VIEW mixed AS SELECT id, note AS text FROM orders UNION ALL SELECT id, email FROM users;
CREATE FUNCTION mail_of(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT email FROM users WHERE id = $1';
CREATE VIEW by_function AS SELECT id, mail_of(id) AS m FROM orders;
CREATE FUNCTION total_of(int) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT total FROM orders WHERE id = $1';
CREATE FUNCTION nick_of(who int) RETURNS text LANGUAGE sql STABLE AS 'SELECT nickname FROM users WHERE id = who';
CREATE FUNCTION named_by(email text) RETURNS text LANGUAGE sql STABLE AS 'SELECT nickname FROM users WHERE id = 1 AND email = nickname';
CREATE FUNCTION through(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT mail_of($1)';
INSERT INTO users VALUES (1, 'al', 'alice@example.com', DEFAULT, DEFAULT, 770001.77, '1899-02-17');
INSERT INTO orders VALUES (1, 1, 10.5, 'note');`;

const rules: readonly MaskRule[] = [
  { id: 'email', schema: 'public', table: 'users', column: 'email', masker: { kind: 'email' } },
  { id: 'salary', schema: 'public', table: 'users', column: 'sal*', masker: { kind: 'full' } },
  { id: 'born', schema: 'public', table: 'users', column: 'born', masker: { kind: 'year' } },
  { id: 'card', schema: 'public', table: 'payments', column: 'card', masker: { kind: 'card' } },
  { id: 'mail', schema: 'public', table: 'employees', column: 'mail', masker: { kind: 'full' } },
];

let database: TestDatabase;
let client: pg.Client;
let catalog: CatalogSnapshot;
let parser: Parser;
let profile: MaskingProfile;
beforeAll(async () => {
  database = await createDatabase(setup);
  client = new pg.Client({ ...database, database: database.name });
  await client.connect();
  const types = { getTypeParser: () => (value: string) => value };
  catalog = await loadCatalog(
    async (text) =>
      (await client.query({ text, rowMode: 'array', types } as unknown as pg.QueryArrayConfig)).rows as string[][],
    1,
  );
  parser = await createParser();
  profile = compileMasking({ rules, catalog, hashKey });
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const mask = (text: string, use: MaskingProfile = profile): StatementMasking =>
  use.forStatement(parser.understand(text, catalog), text);

/** Which columns of the real result of a statement are masked, and by which rule: `{ email: 'email' }`. */
async function masked(text: string, use: MaskingProfile = profile): Promise<Record<string, string>> {
  const { fields } = await client.query(text);
  const described = fields.map((item) =>
    field({
      name: item.name,
      tableOid: item.tableID,
      attributeNumber: item.columnID,
      typeOid: item.dataTypeID,
      typeModifier: item.dataTypeModifier,
    }),
  );
  const plan = mask(text, use).plan(described);
  return Object.fromEntries((plan?.maskedColumns ?? []).map((column) => [column.name, column.rule]));
}

describe('where a rule reaches', () => {
  test.each([
    ['SELECT * FROM users', { email: 'email', email_lower: 'derived', salary: 'salary', born: 'born' }],
    ['SELECT * FROM payments_2025', { card: 'card' }],
    ['SELECT * FROM people', { mail: 'mail' }],
    ['SELECT * FROM contacts', { contact: 'email' }],
    ['SELECT * FROM shouted', { c2: 'derived' }],
    ['SELECT * FROM summary', {}],
    ['SELECT * FROM directory', { label: 'derived' }],
    ['SELECT * FROM mixed', { text: 'email' }],
    ['SELECT * FROM by_function', { m: 'derived' }],
    ['SELECT * FROM orders', {}],
    ['SELECT email AS id, id AS email FROM users', { id: 'email' }],
    ['SELECT most_common_vals FROM pg_stats', { most_common_vals: 'system' }],
  ])('%s', async (text, expected) => {
    expect(await masked(text)).toEqual(expected);
  });
});

describe('expressions', () => {
  test.each([
    ["SELECT email || '' AS x FROM users", { x: 'derived' }],
    ['SELECT u AS x FROM users u', { x: 'derived' }],
    ['SELECT row_to_json(u) AS x FROM users u', { x: 'derived' }],
    ['SELECT u.to_jsonb AS x FROM users u', { x: 'derived' }],
    ['SELECT (u).email AS x FROM users u', { x: 'email' }],
    ['SELECT nickname FROM users UNION ALL SELECT email FROM users', { nickname: 'email' }],
    ['WITH c(z) AS (SELECT email FROM users) SELECT z || 1 AS x FROM c', { x: 'derived' }],
    ['SELECT j.c3 AS x FROM (users u JOIN orders o ON o.user_id = u.id) AS j(c1, c2, c3)', { x: 'email' }],
    ['SELECT mail_of(1) AS x', { x: 'derived' }],
    ['SELECT total_of(1) AS x', {}],
    ['SELECT nick_of(1) AS x', {}],
    ['SELECT named_by(NULL) AS x', { x: 'derived' }],
    ['SELECT through(1) AS x', { x: 'derived' }],
    ["SELECT set_config('jit', 'off', false) AS x", {}],
    ["SELECT current_setting('app.key', true) AS x", { x: 'derived' }],
    ['SELECT upper(email) AS a, upper(nickname) AS b, count(*) OVER () AS c FROM users', { a: 'derived' }],
    [
      'SELECT u.email, count(o.id) AS n, sum(o.total) AS s FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.email',
      { email: 'email' },
    ],
    ['SELECT nickname, upper(nickname) AS x FROM users', {}],
    ['SELECT count(*), 1 AS one FROM users', {}],
    ['SELECT row_to_json(o) AS x FROM orders o', {}],
  ])('%s', async (text, expected) => {
    expect(await masked(text)).toEqual(expected);
  });
});

describe('statements whose answer cannot be masked are refused', () => {
  test.each([
    ['COPY users TO STDOUT', null],
    ['COPY (SELECT upper(email) FROM users) TO STDOUT', null],
    ["COPY users TO '/tmp/users'", 'masked_copy_out'],
    ["COPY users TO STDOUT (NULL 'a@example.com')", 'masked_copy_out'],
    ['COPY (SELECT mail_of(1)) TO STDOUT', 'masked_copy_out'],
    ['SELECT 1; COPY users TO STDOUT', 'masked_copy_out'],
    ['COPY users (id, nickname) TO STDOUT', null],
    ['COPY orders TO STDOUT', null],
    ['CREATE TABLE t AS SELECT email FROM users', null],
    ['CREATE TABLE t AS EXECUTE p', 'masked_write'],
    ['INSERT INTO orders (note) SELECT email FROM users; SELECT note FROM orders', 'masked_write'],
    ['INSERT INTO orders SELECT * FROM no_such_table', 'masked_write'],
    ['CREATE TABLE t AS SELECT id FROM orders', null],
    ["INSERT INTO users (id, email) VALUES (2, 'b@example.com') RETURNING *", null],
    ["UPDATE users SET nickname = 'x' WHERE id = 1 RETURNING *", null],
    ['UPDATE users SET email = lower(email) WHERE id = 1', null],
    ['CREATE VIEW v AS SELECT email FROM users', null],
    ['CREATE OR REPLACE VIEW v AS SELECT email FROM users', 'masked_definition'],
    ['CREATE TEMP VIEW v AS SELECT email FROM users', 'masked_definition'],
    ["CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT email FROM users'", 'masked_definition'],
    ["DO $$ BEGIN EXECUTE 'CREATE TABLE t AS SELECT em' || 'ail FROM us' || 'ers'; END $$", 'masked_definition'],
    ['DO $$ BEGIN INSERT INTO orders (note) SELECT U&"em\\0061il" FROM U&"us\\0065rs"; END $$', 'masked_definition'],
    ['DO $$ BEGIN INSERT INTO orders (note) SELECT mail_of(1); END $$', 'masked_definition'],
    ["DO LANGUAGE plperl 'spi_exec_query(1)'", 'masked_definition'],
    ["DO $$ BEGIN UPDATE orders SET note = 'x' WHERE id = total_of(1); END $$", null],
    ["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT id FROM orders'", null],
    ['CREATE TRIGGER t AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f()', 'masked_definition'],
    ['ALTER SCHEMA public RENAME TO other', 'masked_definition'],
    ['ALTER SCHEMA unknown RENAME TO other', null],
    ['ALTER TABLE users RENAME COLUMN email TO nick2', 'masked_definition'],
    ["SELECT query_to_xml('select 1', true, false, '')", 'masked_opaque'],
    ["SELECT set_config('application_name', email, false) FROM users", 'masked_carried'],
    ['EXPLAIN (ANALYZE, SERIALIZE) SELECT email FROM users', 'masked_explain'],
    ['EXPLAIN (ANALYZE, BUFFERS off) SELECT email FROM users', null],
    ['EXPLAIN SELECT email FROM users', null],
  ])('%s', (text, expected) => {
    expect(mask(text).refusal?.code ?? null).toBe(expected);
  });
});

describe('what masked values are copied to is told', () => {
  test.each([
    ['CREATE TABLE t AS SELECT id, email AS e FROM users', ['t.e <- users.email']],
    ['SELECT lower(email) AS low, id INTO t FROM users', ['t.low <- users.email']],
    ['CREATE MATERIALIZED VIEW m AS SELECT email FROM users', []],
    ['INSERT INTO orders (id, note) SELECT id, email FROM users', ['orders.note <- users.email']],
    ['INSERT INTO orders (id, note) SELECT id, nickname FROM users', []],
    ['INSERT INTO users (id, email) SELECT id + 10, email FROM users', []],
    ['UPDATE users SET nickname = email WHERE id = 1', ['users.nickname <- users.email']],
    ['UPDATE orders o SET note = s.e FROM (SELECT email AS e FROM users) s', ['orders.note <- users.email']],
    [
      'UPDATE orders SET (note, total) = (SELECT email, salary FROM users LIMIT 1)',
      ['orders.note <- users.email, users.salary', 'orders.total <- users.email, users.salary'],
    ],
    [
      'INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET nickname = users.email',
      ['users.nickname <- users.email'],
    ],
    [
      'WITH d AS (DELETE FROM users RETURNING email) INSERT INTO orders (note) SELECT email FROM d',
      ['orders.note <- users.email'],
    ],
    [
      'MERGE INTO orders o USING users u ON o.id = u.id WHEN MATCHED THEN UPDATE SET note = u.email WHEN NOT MATCHED THEN INSERT (id, note) VALUES (u.id, u.nickname)',
      ['orders.note <- users.email'],
    ],
  ])('%s', (text, expected) => {
    expect(
      mask(text).copies.map(({ relation, column, sources }) => `${relation}.${column} <- ${sources.join(', ')}`),
    ).toEqual(expected);
  });
});

describe('RETURNING shows what was written as it is masked', () => {
  test.each([
    [
      'UPDATE orders o SET note = u.email FROM users u WHERE u.id = o.user_id RETURNING o.note AS x, o.id',
      { x: 'email' },
    ],
    ['INSERT INTO orders (id, note) SELECT id + 100, lower(email) FROM users RETURNING id, note', { note: 'derived' }],
    [
      "INSERT INTO users (id, email) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET nickname = excluded.email || users.email RETURNING nickname",
      { nickname: 'derived' },
    ],
  ])('%s', async (text, expected) => {
    await client.query('BEGIN');
    expect(await masked(text).finally(() => client.query('ROLLBACK'))).toEqual(expected);
  });

  since(18)('by the names of the old row and the new one', async () => {
    await client.query('BEGIN');
    const text = 'UPDATE users SET nickname = email RETURNING nickname, new.nickname AS n, old.id AS i';
    const shown = await masked(text).finally(() => client.query('ROLLBACK'));
    expect(shown).toEqual({ nickname: 'email', n: 'email' });
  });
});

describe('masked columns that steer the answer are named', () => {
  test.each([
    ["SELECT id FROM users WHERE email LIKE 'a%'", ['users.email']],
    ['SELECT id FROM (SELECT id, email AS x FROM users) s ORDER BY x', ['users.email']],
    ['SELECT nickname, email FROM users ORDER BY 2', ['users.email']],
    ['SELECT email::int FROM users', ['users.email']],
    ['SELECT id FROM users WHERE email IS NULL', []],
    ['SELECT email FROM users WHERE id = 1', []],
    ["SELECT 0 AS id UNION ALL SELECT id FROM users WHERE email LIKE 'a%'", ['users.email']],
  ])('%s', (text, expected) => {
    expect(mask(text).probes.map(({ label }) => label)).toEqual(expected);
  });
});

test('rows of EXECUTE and FETCH are masked as those of the statement that was named', () => {
  const unknown = field({ name: 'x' });
  const prepared = mask("SELECT email || '' AS x FROM users");
  const harmless = mask('SELECT 1 AS x');
  expect(mask('EXECUTE p').plan([unknown])?.maskedColumns).toEqual([{ name: 'x', masker: 'full', rule: 'derived' }]);
  expect(mergeMasking(mask('EXECUTE p'), prepared).plan([unknown])?.maskedColumns).toEqual([
    { name: 'x', masker: 'full', rule: 'derived' },
  ]);
  expect(mergeMasking(mask('EXECUTE p'), harmless).plan([unknown])).toBe(null);
  expect(mergeMasking(mask('EXECUTE p'), mask('COPY users TO STDOUT')).refusal?.code).toBe('masked_copy_out');
  expect(mergeMasking(mergeMasking(mask('EXECUTE p; EXECUTE q'), prepared), harmless).plan([unknown])).not.toBe(null);
});

test('without a catalog, or without understanding, nothing passes that is not known', () => {
  const blind = compileMasking({ rules, catalog: null, hashKey });
  expect(blind.unmatchedRules).toEqual(rules.map((rule) => rule.id));
  expect(
    mask('SELECT 1', blind)
      .plan([field(), field({ tableOid: 20000, attributeNumber: 1 }), field({ tableOid: 1259, attributeNumber: 1 })])
      ?.columns.map((column) => column !== null),
  ).toEqual([true, true, true]);
  expect(profile.forStatement({ status: 'not_understood', code: 'syntax', reason: '' }).plan([field()])).not.toBe(null);
});

test('a column or table newer than the snapshot is masked', () => {
  const users = catalog.relations.find((relation) => relation.name === 'orders')?.oid ?? 0;
  const plan = mask('SELECT note FROM orders').plan([
    field({ tableOid: users, attributeNumber: 99 }),
    field({ tableOid: 4_000_000, attributeNumber: 1 }),
  ]);
  expect(plan?.columns.map((column) => column !== null)).toEqual([true, true]);
});

test('a rule that names nothing is reported', () => {
  const lost: MaskRule = { id: 'lost', schema: 'public', table: 'userz', column: 'email', masker: { kind: 'full' } };
  expect(compileMasking({ rules: [...rules, lost], catalog, hashKey }).unmatchedRules).toEqual(['lost']);
});
