import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maskRule } from '../../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { serverMajor } from '../../support/since.ts';

// The grammar here is that of PostgreSQL 18. What an older server reads otherwise, or reads where ours does not, is not let
// through on the strength of our reading. What is said here holds on every version; on some the server itself says no.

const secret = 'alice.smith';
let database: TestDatabase;
let masked: TestGate;
let production: TestGate;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE audit (id int PRIMARY KEY, "system_user" text,
      initials text GENERATED ALWAYS AS (upper("system_user")) STORED);
    INSERT INTO audit VALUES (1, '${secret}');
    CREATE TABLE "system_user" (id int PRIMARY KEY, email text);
    INSERT INTO "system_user" VALUES (1, '${secret}');
    CREATE VIEW people AS SELECT reverse("system_user"::text) AS backwards FROM "system_user";
    CREATE VIEW auditors AS SELECT upper("system_user") AS loud FROM audit;
    CREATE TABLE ran (what text);
    CREATE FUNCTION leave_a_trace() RETURNS text LANGUAGE sql AS $$ INSERT INTO ran VALUES ('it ran') RETURNING what $$;
    CREATE FUNCTION "merge_action"() RETURNS text LANGUAGE sql AS $$ INSERT INTO ran VALUES ('it ran') RETURNING what $$;
    CREATE FUNCTION "json_scalar"(int) RETURNS text LANGUAGE sql AS $$ INSERT INTO ran VALUES ('it ran') RETURNING what $$;
    CREATE FUNCTION "json_value"(text, text) RETURNS text LANGUAGE sql STABLE AS $$ SELECT email FROM public."system_user" $$;
  `);
  const rule = (table: string, column: string) =>
    maskRule.parse({ id: `${table}-${column}`.replaceAll('_', '-'), table, column, masker: { kind: 'full' } });
  const maskRules = [rule('audit', 'system_user'), rule('system_user', 'email')];
  masked = await startGate({ database: database.name, policy: 'observe', maskRules });
  production = await startGate({ database: database.name, policy: 'production', deadlineMs: 0 });
});
afterAll(async () => {
  await Promise.all([masked?.stop(), production?.stop()]);
  await database?.drop();
});

const answerOf = async (client: pg.Client, text: string): Promise<string> =>
  client.query({ text, rowMode: 'array' }).then(
    ({ rows }) => JSON.stringify(rows),
    (error: Error & { code?: string }) => `${error.code} ${error.message}`,
  );

describe('a masked value does not come out', () => {
  test.each([
    ['of a column that newer servers take for a keyword', 'SELECT lower(system_user) FROM audit'],
    ['of a table that newer servers take for a function', 'SELECT lower(s::text) FROM system_user s'],
    ['of such a column in a sub-query', 'SELECT (SELECT max(system_user) FROM audit) || id FROM audit'],
    ['of a view over such a table', 'SELECT reverse(backwards) FROM people'],
    ['of a view over such a column', 'SELECT lower(loud) FROM auditors'],
    ['of a column that is generated from it', 'SELECT lower(initials) FROM audit'],
    ['of a user’s function that newer servers have as syntax', "SELECT json_value('1', '$')"],
  ])('%s', async (_, text) => {
    const client = await masked.connect();
    const answer = await answerOf(client, text);
    expect(answer).not.toContain(secret);
    expect(answer).not.toContain(secret.toUpperCase());
  });
});

describe('nothing runs unasked', () => {
  test.each([
    ['a user’s function that newer servers have as syntax', 'SELECT merge_action()'],
    ['one in FROM', 'SELECT * FROM merge_action() AS m'],
    ['one with arguments', 'SELECT json_scalar(1)'],
    ['a text that older servers took: an operator behind its operand', 'SELECT 5 !'],
    ['a text that older servers took: a name that is reserved now', 'UPDATE audit SET system_user = leave_a_trace()'],
    ['a text that older servers took: a number that runs into a name', 'SELECT leave_a_trace(), 1abc'],
  ])('%s', async (_, text) => {
    const client = await production.connect();
    await answerOf(client, text);
    expect((await database.query('SELECT * FROM ran')).rows).toEqual([]);
  });

  test('and what the server would have run is held', async () => {
    const client = await production.connect();
    const held = async (text: string): Promise<boolean> => /^42501/.test(await answerOf(client, text));
    const major = serverMajor();
    expect(await held('UPDATE audit SET system_user = leave_a_trace()')).toBe(major < 16);
    expect(await held('SELECT leave_a_trace(), 1abc')).toBe(major < 15);
    expect(await held('SELECT 5 !')).toBe(major < 14);
  });
});
