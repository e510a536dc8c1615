import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileMasking, mergeMasking } from '../../../src/gateway/masking/profile.ts';
import type { MaskingProfile, StatementMasking } from '../../../src/gateway/masking/types.ts';
import type { CatalogSnapshot } from '../../../src/gateway/sql/catalog.ts';
import { loadCatalog } from '../../../src/gateway/sql/catalog-query.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { field, hashKey, rule } from './support.ts';

const setup = `
CREATE TABLE users (id int PRIMARY KEY, nick text, email text, doc jsonb, tags text[], active bool);
CREATE TABLE products (id int PRIMARY KEY, title text);
CREATE FUNCTION mail_of(int, int) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT email FROM users WHERE id = $1); END';
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
  const rules = ['email', 'doc', 'tags'].map((column) => rule('users', column));
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
])('passes unasked: %s', (sql) => {
  expect(maskingOf(sql)).toMatchObject({ probes: [], refusal: null });
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
