import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MaskRule } from '../../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';

const secrets = ['elsewhere.internal', 'payroll', 'remote_reader', 'hunter2', 'remote_people', 'remote_mail'];

let database: TestDatabase;
let gate: TestGate;
let client: pg.Client;
beforeAll(async () => {
  // A wrapper without a handler is enough: its catalogs are those of every wrapper.
  database = await createDatabase(`
    CREATE TABLE people (id int, email text);
    CREATE FOREIGN DATA WRAPPER other OPTIONS (host 'elsewhere.internal');
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER other
      OPTIONS (host 'elsewhere.internal', dbname 'payroll', fetch_size '100', password 'hunter2');
    CREATE USER MAPPING FOR CURRENT_USER SERVER elsewhere OPTIONS (user 'remote_reader', password 'hunter2');
    CREATE USER MAPPING FOR PUBLIC SERVER elsewhere OPTIONS (user 'remote_reader', password 'hunter2');
    CREATE FOREIGN TABLE there (id int, mail text OPTIONS (secret_name 'remote_mail'))
      SERVER elsewhere OPTIONS (password 'remote_people')`);
  const rule: MaskRule = { id: 'mail', schema: 'public', table: 'people', column: 'email', masker: { kind: 'email' } };
  gate = await startGate({ database: database.name, policy: 'observe', maskRules: [rule] });
  client = await gate.connect();
});
afterAll(async () => {
  await gate?.stop();
  await database?.drop();
});

const answer = async (sql: string): Promise<string> => JSON.stringify((await client.query(sql)).rows);

test('where a foreign server is, and how one logs in there, is hidden; how much is fetched at a time is not', async () => {
  expect(await answer('SELECT srvname, srvoptions FROM pg_foreign_server')).toBe(
    JSON.stringify([
      { srvname: 'elsewhere', srvoptions: ['host=***', 'dbname=***', 'fetch_size=100', 'password=***'] },
    ]),
  );
  expect(await answer('SELECT umoptions FROM pg_user_mapping')).not.toMatch(/remote_reader|hunter2/);
});

test.each([
  'SELECT * FROM pg_foreign_server',
  'SELECT * FROM pg_foreign_data_wrapper',
  'SELECT * FROM pg_foreign_table',
  'SELECT * FROM pg_user_mapping',
  'SELECT * FROM pg_user_mappings',
  'SELECT attfdwoptions FROM pg_attribute WHERE attfdwoptions IS NOT NULL',
  'SELECT * FROM information_schema.foreign_server_options',
  'SELECT * FROM information_schema.foreign_data_wrapper_options',
  'SELECT * FROM information_schema.foreign_table_options',
  'SELECT * FROM information_schema.column_options',
  'SELECT * FROM information_schema.user_mapping_options',
  'SELECT * FROM information_schema._pg_foreign_servers',
  'SELECT * FROM information_schema._pg_foreign_data_wrappers',
  'SELECT * FROM information_schema._pg_foreign_tables',
  'SELECT * FROM information_schema._pg_foreign_table_columns',
  'SELECT * FROM information_schema._pg_user_mappings',
  'SELECT s FROM pg_foreign_server s',
  'SELECT u FROM pg_user_mappings u',
  'SELECT row_to_json(s) FROM pg_foreign_server s',
  'SELECT srvoptions[1], unnest(srvoptions), array_to_string(srvoptions, $$,$$), srvoptions::text FROM pg_foreign_server',
  'SELECT o.* FROM pg_foreign_server, pg_options_to_table(srvoptions) o',
  'SELECT (pg_options_to_table(srvoptions)).option_value FROM pg_foreign_server',
  'SELECT length(srvoptions[1]), md5(srvoptions[1]), left(srvoptions[4], 12) FROM pg_foreign_server',
])('no door of the catalogs shows it: %s', async (sql) => {
  const shown = await answer(sql);
  for (const secret of secrets) expect(shown).not.toContain(secret);
});

test('what psql lists still comes', async () => {
  // \des+ of psql 15, cut to what it says of options.
  const listed = await answer(`SELECT s.srvname AS "Name", CASE WHEN srvoptions IS NULL THEN '' ELSE '(' ||
    pg_catalog.array_to_string(ARRAY(SELECT pg_catalog.quote_ident(option_name) || ' ' || pg_catalog.quote_literal(option_value)
      FROM pg_catalog.pg_options_to_table(srvoptions)), ', ') || ')' END AS "FDW options" FROM pg_catalog.pg_foreign_server s ORDER BY 1`);
  expect(listed).toBe(JSON.stringify([{ Name: 'elsewhere', 'FDW options': '***' }]));
});

test('it cannot be guessed by comparing either: that is held for the operator', async () => {
  const held = await startGate({
    ...{ database: database.name, policy: 'production', deadlineMs: 200 },
    maskRules: [{ id: 'mail', schema: 'public', table: 'people', column: 'email', masker: { kind: 'email' } }],
  });
  try {
    const asked = await held.connect();
    await expect(
      asked.query("SELECT srvname FROM pg_foreign_server WHERE 'host=elsewhere.internal' = ANY (srvoptions)"),
    ).rejects.toMatchObject({ code: '42501' });
    const { rows } = await asked.query(
      "SELECT 'host=elsewhere.internal' = ANY (srvoptions) AS guessed FROM pg_foreign_server",
    );
    expect(rows).toEqual([{ guessed: false }]); // it is true: this is what a masked boolean says
  } finally {
    await held.stop();
  }
});
