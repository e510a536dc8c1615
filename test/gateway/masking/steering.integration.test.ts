import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileMasking, mergeMasking } from '../../../src/gateway/masking/profile.ts';
import type { MaskingProfile, StatementMasking } from '../../../src/gateway/masking/types.ts';
import type { CatalogSnapshot } from '../../../src/gateway/sql/catalog.ts';
import { loadCatalog } from '../../../src/gateway/sql/catalog-query.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { dataRow, field, hashKey, rule } from './support.ts';

const setup = `
CREATE TABLE users (id int PRIMARY KEY, nick text, email text, doc jsonb, tags text[], active bool);
CREATE TABLE products (id int PRIMARY KEY, title text);
CREATE TABLE logins (id int PRIMARY KEY, name text UNIQUE);
CREATE FUNCTION mail_of(int, int) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT email FROM users WHERE id = $1); END';
CREATE SCHEMA other;
CREATE DOMAIN other.text AS pg_catalog.text CHECK (VALUE <> 'x');
CREATE FUNCTION initcap(text, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1 / length($1)';
CREATE OPERATOR ### (leftarg = int, rightarg = int, function = mail_of);
CREATE VIEW by_operator AS SELECT id ### id AS x FROM products;`;

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
  const rules = [...['email', 'doc', 'tags'].map((column) => rule('users', column)), rule('logins', 'name')];
  profile = compileMasking({ rules, catalog, hashKey });
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const maskingOf = (sql: string): StatementMasking => profile.forStatement(parser.understand(sql, catalog));

test.each([
  ['a value goes missing where it equals another', `SELECT nullif(email, 'x') FROM users`],
  ['missing values are counted', `SELECT id FROM (SELECT id, nullif(email, 'x') e FROM users) s WHERE e IS NULL`],
  ['a pattern is found or not', `SELECT substring(email from '^x') FROM users`],
  ['a key is found or not', `SELECT '{"x":1}'::jsonb -> email FROM users`],
  ['a key is made of a value', `SELECT jsonb_object_agg(email, 1) FROM users`],
  ['EXCEPT ALL takes away what is equal', `SELECT count(*) FROM (SELECT email FROM users EXCEPT ALL SELECT 'x') s`],
  ['INTERSECT ALL keeps what is equal', `SELECT count(*) FROM (SELECT email FROM users INTERSECT ALL SELECT 'x') s`],
  ['a template may be wrong', `SELECT format(replace(email, 'x', '%Z')) FROM users`],
  ['a position may be wrong', `SELECT split_part('a', 'b', length(email)) FROM users`],
  ['a distance gives a row or none', `SELECT lag(id, length(email)) OVER () FROM users`],
  ['a pattern fails where its end is reached', `SELECT email LIKE 'x\\' FROM users`],
  ['one of several patterns does', `SELECT email LIKE ANY ('{x\\\\}') FROM users`],
  ['a given pattern may', `SELECT email LIKE $1 FROM users`],
  ['AND stops before what fails', `SELECT email = 'x' AND 1 / (id - id) = 1 FROM users`],
  ['IN stops before what fails', `SELECT email IN ('x', (1 / (id - id))::text) FROM users`],
  ['BETWEEN stops before what fails', `SELECT email BETWEEN 'x' AND (1 / (id - id))::text FROM users`],
  ['rows are compared until they differ', `SELECT (email, id) = ('x', 1 / (id - id)) FROM users`],
  ['what fails stands elsewhere', `SELECT email = 'x' AND s.y = 1 FROM users, LATERAL (SELECT 1 / (id - id) AS y) s`],
  ['ORDER BY names COALESCE', `SELECT id, coalesce(email, '') FROM users ORDER BY coalesce`],
  ['ORDER BY names a sub-query', `SELECT id, (SELECT u.email) FROM users u ORDER BY email`],
  ['a domain goes by the name of a type that takes any text', `SELECT email::other.text FROM users`],
  ['a function of users goes by the name of one that cannot fail', `SELECT initcap(email, 1) FROM users`],
  ['the schema is said in WHERE', `SELECT id FROM users WHERE public.users.email = 'x'`],
  ['the schema is said in ORDER BY', `SELECT id FROM users ORDER BY public.users.email`],
  ['the database is said', `SELECT id FROM public.users WHERE postgres.public.users.email = 'x'`],
  [
    'a query around has the schema',
    `SELECT (SELECT id FROM products AS users WHERE public.users.email = 'x') FROM users`,
  ],
  ['a name that leads nowhere may be any column', `SELECT id FROM users WHERE nothing.email = 'x'`],
  ['arrays stand beside each other only with as many elements', `SELECT tags || '{{a,b}}'::text[] FROM users`],
  ['ARRAY does the same', `SELECT ARRAY[tags, '{a,b}'] FROM users`],
  ['array_agg does', `SELECT array_agg(x) FROM (SELECT tags x FROM users UNION ALL SELECT '{a,b}') s`],
  ['ARRAY of a query does', `SELECT ARRAY(SELECT tags FROM users UNION ALL SELECT '{a,b}')`],
  [
    'what stands behind a part that is missing is computed',
    `SELECT coalesce(doc ->> 'a', (1 / (id - id))::text) FROM users`,
  ],
  ['a name cannot be made of a part that is missing', `SELECT format('%I', doc ->> 'a') FROM users`],
  ['text gets too long', `SELECT length(email || repeat('x', 1073741795)) FROM users`],
  ['so it does in a sub-query', `SELECT length(concat(x, email)) FROM users, (SELECT lpad('x', $1) x) s`],
  [
    'so it does where something is put in the place of each',
    `SELECT replace(email, 'x', repeat('y', 100000)) FROM users`,
  ],
  [
    'so it does when it is done over and over',
    `SELECT ${'replace('.repeat(4)}email${`, 'x', '${'x'.repeat(8)}')`.repeat(4)} FROM users`,
  ],
  ['a row gets too long', `SELECT email, repeat('x', 1073741795) FROM users`],
  ['rows are made to put together', `SELECT length(string_agg(email, '')) FROM users, generate_series(1, 3000000)`],
  [
    'so are rows of a recursion',
    `WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3000000) SELECT length(string_agg(email, '')) FROM users, t`,
  ],
  [
    'each round doubles a text',
    `WITH RECURSIVE t(x, n) AS (SELECT 'x'::text, 1 UNION ALL SELECT x || x, n + 1 FROM t WHERE n < 30) SELECT length(x || email) FROM users, t`,
  ],
  ['a unique value is there already', `UPDATE logins SET name = 'x' WHERE id = 1`],
  ['so it is for MERGE', `MERGE INTO logins l USING products p ON l.id = p.id WHEN MATCHED THEN UPDATE SET name = 'x'`],
  ['so it is for ON CONFLICT', `INSERT INTO logins (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = 'x'`],
  [
    'WHERE names CASE',
    `SELECT id FROM (SELECT id, CASE WHEN active THEN email || '' END FROM users) s WHERE "case" = 'x'`,
  ],
  [
    'USING names COALESCE',
    `SELECT a.id FROM (SELECT id, coalesce(email, '') FROM users) a JOIN (SELECT 'x'::text AS coalesce) b USING (coalesce)`,
  ],
])('asked, because %s: %s', (_, sql) => {
  expect(maskingOf(sql).probes.length).toBeGreaterThan(0);
});

test.each([
  [
    'what stands behind it in WITH RECURSIVE',
    `WITH RECURSIVE a AS (SELECT title FROM products), products AS (SELECT email || '' AS title FROM public.users) SELECT title AS c FROM a`,
  ],
  [
    'the unnamed column nearest to it',
    `SELECT (SELECT "case" FROM (SELECT CASE WHEN true THEN email END FROM users) t) AS c FROM (SELECT 1 AS "case") o`,
  ],
  ['how many values are not missing', `SELECT count(x) AS c FROM (SELECT doc ->> 'a' x FROM users) s`],
  ['what an operator of users reads', `SELECT x AS c FROM by_operator`],
  [
    'a definition behind a quote of another row',
    `SELECT string_agg(x, ' ') AS c FROM (SELECT '''' AS x UNION ALL SELECT pg_get_viewdef('by_operator')) s`,
  ],
  ['a definition behind a quote', `SELECT '''' || pg_get_viewdef('by_operator') AS c`],
])('masked, because it is made from %s', (_, sql) => {
  expect(
    maskingOf(sql)
      .plan([field()])
      ?.maskedColumns.map(({ masker }) => masker),
  ).toEqual(['full']);
});

test.each([
  `SELECT id, email = 'x' AND active AS x FROM users`,
  `SELECT count(email), count(u), count(u.*) FROM users u`,
  `SELECT id FROM users WHERE email IS NULL ORDER BY id`,
  `SELECT id, nullif(email, '') FROM users`,
  `SELECT substring(email, 1, 3), email LIKE '%@x', format('%s <%s>', nick, email) FROM users`,
  `SELECT id, doc ->> 'kind', tags[1] FROM users`,
  `SELECT s.id FROM (SELECT id, coalesce(email, '') FROM users) s ORDER BY id`,
  `WITH RECURSIVE a AS (SELECT id FROM b), b AS (SELECT id FROM users) SELECT id FROM a`,
  `SELECT json_build_object('email', email) FROM users`,
  `SELECT public.users.id, lower(public.users.email) FROM public.users WHERE public.users.active ORDER BY public.users.id`,
  `SELECT left(email, 3) || repeat('*', 5), lpad(id::text, 6, '0') || email, replace(email, '@', ' at ') FROM users`,
  `SELECT tags[1] || 'x', to_jsonb(u) || '{"a":1}' FROM users u`,
  `WITH RECURSIVE t(id, path) AS (SELECT id, email FROM users UNION ALL SELECT u.id, t.path || ' > ' || u.email FROM t JOIN users u ON u.id = t.id + 1) SELECT path FROM t`,
  `SELECT d, count(u.id) FROM generate_series(1, 9) d LEFT JOIN users u ON u.id = d GROUP BY d`,
  `UPDATE logins SET id = 2 WHERE id = 1`,
])('passes unasked: %s', (sql) => {
  expect(maskingOf(sql)).toMatchObject({ probes: [], refusal: null });
});

test.each([`doc -> 'a'`, `doc #>> '{a,b}'`, `upper(tags[2])`, `doc['a']`])(
  'whether a part is missing is hidden: %s',
  (expression) => {
    const plan = maskingOf(`SELECT ${expression} AS c FROM users`).plan([field()]);
    expect(plan?.apply(dataRow([null]))).toEqual(dataRow(['***']));
  },
);

test('whether a column is missing is not', () => {
  const plan = maskingOf('SELECT lower(email) AS c FROM users').plan([field()]);
  expect(plan?.apply(dataRow([null]))).toEqual(dataRow([null]));
});

test('definitions that are put together with names stay readable', () => {
  const sql = `SELECT string_agg(polname || E' (u): ' || pg_get_expr(polqual, polrelid), E'\\n' ORDER BY polname) AS c FROM pg_policy`;
  expect(
    maskingOf(sql)
      .plan([field()])
      ?.maskedColumns.map(({ masker }) => masker),
  ).toEqual(['definition']);
});

test('what EXECUTE hands to a parameter is masked as what it is made from', () => {
  const use = parser.understand(`EXECUTE p(current_setting('app.key'))`, catalog);
  const merged = mergeMasking(profile.forStatement(use), maskingOf('SELECT $1::text AS c'));
  expect(merged.plan([field()])?.maskedColumns).toHaveLength(1);
});
