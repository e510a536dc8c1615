import { beforeAll, describe, expect, it } from 'vitest';
import type { Environment, PolicyPreset } from '../../../src/contract/index.ts';
import { policies } from '../../../src/gateway/policy/index.ts';
import type { Judgement, PolicyInput } from '../../../src/gateway/policy/types.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, table, userFunction } from '../sql/builders.ts';
import { inputOf } from './input.ts';

const catalog = catalogOf(
  [
    table('orders', ['id', 'status', 'note', 'api_token'], { uniqueKeys: [['id']] }),
    table('payments', ['id', 'card']),
    table('pg_roles', ['rolname'], { schema: 'pg_catalog', kind: 'v' }),
    table('pg_authid', ['rolname'], { schema: 'pg_catalog' }),
    table('pg_settings', ['name', 'setting'], { schema: 'pg_catalog', kind: 'v' }),
  ],
  [userFunction('refund')],
);

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});

function judge(
  text: string,
  preset: PolicyPreset = 'production',
  environment: Environment = 'production',
  rest: Partial<PolicyInput> = {},
): Judgement {
  const understanding = parser.understand(text, catalog);
  const input = inputOf(understanding, environment);
  return policies[preset].judge({ ...input, ...rest });
}

const short = (judgement: Judgement): string => `${judgement.verdict} ${judgement.rule.id}`;

describe('the production preset in production', () => {
  it.each([
    ['', 'allow empty'],
    ['SELECT * FROM orders', 'allow read'],
    ['EXPLAIN ANALYZE SELECT count(*) FROM orders', 'allow read'],
    ['COPY orders TO STDOUT', 'allow read'],
    ['BEGIN', 'allow read'],
    ['SET statement_timeout = 0; SET client_encoding = "UTF8"; SET search_path = public', 'allow read'],
    ["SET TIME ZONE INTERVAL '1' HOUR TO MINUTE", 'allow read'],
    ['DECLARE c CURSOR FOR SELECT 1', 'allow read'],
    ['PREPARE d AS DELETE FROM orders', 'allow read'],
    ['EXECUTE d', 'allow read'],
    ['SELECT rolname FROM pg_roles', 'allow read'],
    ['SELECT count(*) FROM generate_series(1, 1000000)', 'allow read'],
    ['SELECT count(*) FROM generate_series(1, 3000000)', 'ask generates-many-rows'],
    ['SELECT 1 FROM generate_series(1, 9999) a, generate_series(1, 9999, 3) b', 'ask generates-many-rows'],
    ['LOCK TABLE orders IN ACCESS SHARE MODE', 'allow read'],
    ['LOCK TABLE orders IN ROW SHARE MODE', 'ask lock'],
    ['UPDATE orders SET status = $1 WHERE id = 1', 'ask scoped-write'],
    ['INSERT INTO orders VALUES (1)', 'ask scoped-write'],
    ['INSERT INTO orders SELECT generate_series(1, 9)', 'ask unbounded-insert'],
    ['INSERT INTO orders (note) SELECT card FROM payments', 'ask write-from-query'],
    ['INSERT INTO orders (note) VALUES ((SELECT card FROM payments))', 'ask write-from-query'],
    [`INSERT INTO orders VALUES ${Array.from({ length: 101 }, () => '(1)').join()}`, 'ask large-insert'],
    ['DELETE FROM orders', 'ask delete-without-key'],
    ['UPDATE orders SET note = $1 WHERE true', 'ask update-without-key'],
    ['WITH d AS (DELETE FROM orders) SELECT 1', 'ask delete-without-key'],
    ['MERGE INTO orders USING payments ON true WHEN MATCHED THEN DELETE', 'ask merge'],
    ['TRUNCATE orders', 'ask truncate'],
    ['DROP TABLE orders', 'block destroys-data'],
    ['DROP SCHEMA public CASCADE', 'block destroys-data'],
    ['DROP DATABASE shop', 'block server-object'],
    ['DROP VIEW v', 'ask ddl'],
    ['ALTER TABLE orders ADD x int', 'ask ddl'],
    ['SELECT 1 INTO copy', 'ask ddl'],
    ['CREATE TABLE copy AS SELECT 1', 'ask ddl'],
    ['EXPLAIN ANALYZE CREATE TABLE copy AS SELECT 1', 'ask ddl'],
    ['CREATE EXTENSION dblink', 'block server-object'],
    ["LOAD 'x'", 'block server-object'],
    ['GRANT SELECT ON orders TO PUBLIC', 'block privileges'],
    ['DROP POLICY p ON orders', 'block privileges'],
    ['ALTER ROLE a RENAME TO b', 'block privileges'],
    ['ALTER TABLE orders DISABLE ROW LEVEL SECURITY', 'block privileges'],
    ['ALTER SYSTEM RESET ALL', 'block privileges'],
    ['VACUUM FULL orders', 'ask maintenance'],
    ['CHECKPOINT', 'block checkpoint'],
    ['DO $$ BEGIN END $$', 'ask procedural-code'],
    ['CALL refund()', 'ask procedural-code'],
    ['SELECT refund()', 'ask unknown-function'],
    ["SELECT nextval('s')", 'ask unknown-function'],
    ["SELECT pg_read_file('x')", 'block dangerous-function'],
    ["SELECT * FROM dblink('x', 'y') AS t(a int)", 'block dangerous-function'],
    ["SELECT public.dblink_exec('x')", 'block dangerous-function'],
    ['SELECT pg_terminate_backend(1)', 'block dangerous-function'],
    ["SELECT pg_create_logical_replication_slot('a', 'b')", 'block dangerous-function'],
    ['COPY orders FROM STDIN', 'ask copy-in'],
    ["COPY orders TO PROGRAM 'x'", 'block copy-program'],
    ["COPY orders FROM '/x'", 'block copy-file'],
    ['LOCK orders', 'ask lock'],
    ['SELECT * FROM orders FOR SHARE', 'ask lock'],
    ['LISTEN x', 'ask listen-notify'],
    ['UNLISTEN *', 'allow read'],
    ["SELECT pg_notify('a', 'b')", 'ask listen-notify'],
    ['SELECT lo_unlink(1)', 'ask large-object'],
    ['SELECT * FROM pg_authid', 'ask secret-catalog'],
    ["COMMIT PREPARED 'x'", 'ask two-phase-commit'],
    ['SET ROLE x', 'block restricted-setting'],
    ['RESET ROLE', 'block restricted-setting'],
    ['SET row_security = off', 'block restricted-setting'],
    ['SET standard_conforming_strings = off', 'block restricted-setting'],
    ['SET standard_conforming_strings = on', 'allow read'],
    ['RESET standard_conforming_strings', 'ask unusual-setting'],
    ["SET NAMES 'SJIS'", 'block restricted-setting'],
    ["SELECT set_config('client_encoding', $1, false)", 'block restricted-setting'],
    ["SELECT set_config('search_path', $1, false)", 'ask unusual-setting'],
    ["SELECT set_config('TimeZone', $1, false)", 'allow read'],
    ["SELECT set_config('application_name', note, false) FROM orders", 'ask unusual-setting'],
    ['DISCARD ALL', 'allow read'],
    ['RESET ALL', 'allow read'],
    ['SET my.variable = 1', 'ask unusual-setting'],
    ["UPDATE pg_settings SET setting = 'x' WHERE name = 'role'", 'block system-catalog-write'],
    ['SELEC 1', 'ask not-understood'],
    ['SELECT 1; TRUNCATE orders; GRANT x TO y; SELECT 2', 'block privileges'],
  ])('%s: %s', (text, expected) => {
    expect(short(judge(text))).toBe(expected);
  });
});

describe('other presets and places', () => {
  it.each([
    ['UPDATE orders SET status = $1 WHERE id = 1', 'production', 'staging', 'allow scoped-write-outside-production'],
    ['UPDATE orders SET api_token = $1 WHERE id = 1', 'production', 'local', 'ask credential-column'],
    ['UPDATE orders SET note = status WHERE id = 1', 'production', 'local', 'ask copies-column'],
    ['DROP TABLE orders', 'production', 'local', 'ask ddl'],
    ['INSERT INTO orders SELECT generate_series(1, 9)', 'staging', 'staging', 'allow scoped-write'],
    ['INSERT INTO orders VALUES (generate_series(1, 9))', 'production', 'staging', 'ask unbounded-insert'],
    [
      'INSERT INTO orders VALUES (generate_series(1, 9)) ON CONFLICT (id) DO UPDATE SET note = $1',
      'staging',
      'staging',
      'ask update-without-key',
    ],
    ['INSERT INTO orders SELECT * FROM orders', 'staging', 'staging', 'ask write-from-query'],
    ['UPDATE orders SET note = note || $1 WHERE id = 1', 'staging', 'staging', 'allow scoped-write'],
    ['DROP TABLE orders', 'staging', 'staging', 'ask ddl'],
    ['GRANT x TO y', 'staging', 'local', 'block privileges'],
    ['SELECT 1', 'read-only', 'local', 'allow read'],
    ['UPDATE orders SET status = $1 WHERE id = 1', 'read-only', 'local', 'block write'],
    ['CREATE TEMP TABLE x (a int)', 'read-only', 'local', 'block ddl'],
    ['SELEC 1', 'read-only', 'local', 'block not-understood'],
    ['DROP DATABASE x', 'observe', 'production', 'allow observe'],
    ['SELEC 1', 'observe', 'production', 'allow not-understood'],
  ] as const)('%s under %s in %s: %s', (text, preset, environment, expected) => {
    expect(short(judge(text, preset, environment))).toBe(expected);
  });

  it.each([
    ['production', 'block function-call'],
    ['staging', 'block function-call'],
    ['read-only', 'block function-call'],
    ['observe', 'allow function-call'],
  ] as const)('a FunctionCall message under %s: %s', (preset, expected) => {
    expect(short(judge('', preset, 'local', { protocol: 'function_call' }))).toBe(expected);
  });
});

describe('an answer', () => {
  it.each([
    ['ALTER TABLE orders RENAME COLUMN note TO remark', 'ALTER TABLE on orders changes the schema.'],
    ['DROP MATERIALIZED VIEW a.b, c', 'DROP MATERIALIZED VIEW on a.b, c changes the schema.'],
    ['REVOKE ALL ON orders FROM x', "REVOKE on orders changes privileges or the server's configuration."],
    ['ANALYZE orders', 'ANALYZE on orders loads or locks it.'],
    ['SELECT refund(), public.f(1)', 'refund(), f() is not known to be harmless.'],
  ])('to %s: %s', (text, reason) => {
    expect(judge(text).rule.reason).toBe(reason);
  });

  it('names the relations, says why, and says what to do instead', () => {
    expect(judge('DELETE FROM orders WHERE status = $1')).toEqual({
      verdict: 'ask',
      rule: {
        id: 'delete-without-key',
        title: 'DELETE that is not by key',
        reason: 'DELETE from orders has a WHERE that is not proven to be narrow.',
        hint: expect.stringContaining('primary key'),
      },
    });
  });

  it('says which statement of several it is about', () => {
    expect(judge('SELECT 1; DELETE FROM orders').rule.reason).toBe(
      'Statement 2: DELETE from orders has no WHERE and would change every row.',
    );
  });

  it('repeats what the grammar says of a syntax error', () => {
    expect(judge('SELEC 1').rule.reason).toBe(
      'PostgreSQL\'s grammar does not take it: syntax error at or near "SELEC" (at character 1).',
    );
  });
});

describe('a preset', () => {
  it.each(Object.values(policies))('$title lists rules with stable, distinct ids', (policy) => {
    const ids = policy.rules.map((rule) => rule.id);
    expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)*$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
