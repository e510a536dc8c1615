import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ConnectionConfig, MaskRule } from '../../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions, until } from '../../support/gate.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

/** Of its own: roles belong to the whole server. The account is no superuser, as it should be. */
let server: TestPostgres;
let database: TestDatabase;
let gate: TestGate | null = null;
beforeAll(async () => {
  server = await startPostgres();
  database = await createDatabase(
    `
    CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'p'; GRANT ALL ON SCHEMA public TO keeper WITH GRANT OPTION;
    CREATE TABLE person (id int PRIMARY KEY, email text, ssn text, note text);
    INSERT INTO person VALUES (1, 'ada@example.com', '987-65-0001', 'likes tea');
    CREATE VIEW directory AS SELECT id, email AS address FROM person;
    ALTER TABLE person OWNER TO keeper; ALTER VIEW directory OWNER TO keeper`,
    server,
  );
});
afterEach(async () => {
  await gate?.stop();
  gate = null;
  await until(async () => ((await sessionRoles()).length === 0 ? true : undefined));
});
afterAll(async () => {
  await database?.drop();
  await server?.stop();
});

/** Those that hold grants of the gates of tests before: each gate has its own. */
let earlier: readonly string[] = [];

const sessionRoles = async (): Promise<string[]> =>
  (await database.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%' ORDER BY 1")).rows.map(
    ({ rolname }) => rolname,
  );

/** Columns of person that each role may read, which is named by how it begins; those without any are left out. */
const readable = async (prefix: 'postern_s_' | 'postern_g_'): Promise<string[]> => {
  const { rows } = await database.query(
    `SELECT string_agg(attname, ' ' ORDER BY attnum) AS columns FROM pg_roles r CROSS JOIN pg_attribute
      WHERE starts_with(rolname, $1) AND rolname <> ALL ($2) AND attrelid = 'person'::regclass AND attnum > 0
        AND has_column_privilege(r.oid, attrelid, attnum, 'SELECT') GROUP BY rolname ORDER BY 1`,
    [prefix, earlier],
  );
  return rows.map(({ columns }) => columns);
};
const untilReadable = (columns: readonly string[]): Promise<true> =>
  until(async () => ((await readable('postern_s_')).join() === columns.join() ? true : undefined));

const rule = (column: string, except?: MaskRule['except'], kind: 'email' | 'withhold' = 'email'): MaskRule => ({
  ...{ id: column, schema: 'public', table: 'person', column, masker: { kind } },
  ...(except && { except }),
});

const open = async (maskRules: readonly MaskRule[], more: Partial<TestGateOptions> = {}): Promise<TestGate> => {
  earlier = (await database.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'postern\\_%'")).rows.map(
    ({ rolname }) => rolname,
  );
  gate = await startGate({
    database: database.name,
    policy: 'observe',
    upstream: { host: server.host, port: server.port, user: 'keeper' },
    password: 'p',
    maskRules,
    sessionRole: { kind: 'just_in_time', schemas: ['*'], memberOf: [], fence: 'masked' },
    ...more,
  });
  return gate;
};

const change = ({ gateway }: TestGate, connection: Partial<ConnectionConfig>, groups: readonly string[] = []): void => {
  const settings = gateway.settings();
  gateway.configure(
    {
      ...settings,
      connections: settings.connections.map((config) => ({ ...config, ...connection })),
      agents: settings.agents.map((agent) => ({ ...agent, groups: [...groups] })),
    },
    'the test',
  );
};

const rows = async (client: pg.Client, sql: string): Promise<readonly unknown[]> => (await client.query(sql)).rows;

test('whom a rule excepts may read its column behind the strict fence, in views too, and no other', async () => {
  const client = await (await open([rule('email', { agents: ['claude'] }), rule('ssn')])).connect();
  expect(await rows(client, 'SELECT id, email FROM person')).toEqual([{ id: 1, email: 'ada@example.com' }]);
  expect(await rows(client, 'SELECT address FROM directory')).toEqual([{ address: 'ada@example.com' }]);
  await expect(client.query('SELECT ssn FROM person')).rejects.toMatchObject({ code: '42501' });
  expect(await readable('postern_s_')).toEqual(['id email note']);
});

test('the same goes for what is withheld', async () => {
  const rules = [rule('ssn', { environments: ['staging'] }, 'withhold')];
  const more: Partial<TestGateOptions> = {
    sessionRole: { kind: 'just_in_time', schemas: ['*'], memberOf: [], fence: 'withheld' },
    environment: 'staging',
  };
  const client = await (await open(rules, more)).connect();
  expect(await rows(client, 'SELECT ssn FROM person')).toEqual([{ ssn: '987-65-0001' }]);
  if (gate !== null) change(gate, { environment: 'production' });
  await expect(client.query('SELECT ssn FROM person')).rejects.toMatchObject({ code: '42501' });
  await untilReadable(['id email note']);
});

test('a live session loses the grant when its exception ends, and the role that held it holds nothing; it gets it with a new one', async () => {
  const claude = { agents: ['claude'] };
  const there = await open([rule('email', claude), rule('ssn', claude)]);
  const client = await there.connect();
  await client.query('BEGIN');
  expect(await rows(client, 'SELECT email FROM person')).toEqual([{ email: 'ada@example.com' }]);
  change(there, { maskRules: [rule('email'), rule('ssn', claude)] });
  await expect(client.query('SELECT email FROM person')).rejects.toMatchObject({ code: '42501' });
  await client.query('ROLLBACK');
  await untilReadable(['id ssn note']);
  await until(async () => ((await readable('postern_g_')).join() === 'id ssn note' ? true : undefined));
  // Where Postern does not see what is read, the server says no.
  await expect(client.query('DO $$ BEGIN PERFORM email FROM person; END $$')).rejects.toMatchObject({ code: '42501' });

  change(there, { maskRules: [rule('email', claude), rule('ssn')] });
  await untilReadable(['id email note']);
  expect(await rows(client, 'SELECT email FROM person')).toEqual([{ email: 'ada@example.com' }]);
});

test('an exception by group follows the groups that the agent has now', async () => {
  const there = await open([rule('email', { groups: ['support'] }), rule('ssn')]);
  const client = await there.connect();
  expect(await readable('postern_s_')).toEqual(['id note']);
  change(there, {}, ['support']);
  await untilReadable(['id email note']);
  expect(await rows(client, 'SELECT email FROM person')).toEqual([{ email: 'ada@example.com' }]);
  change(there, {}, []);
  await expect(client.query('SELECT email FROM person')).rejects.toMatchObject({ code: '42501' });
  await untilReadable(['id note']);
});

test('what somebody excepted copies is out of reach from then on, for him as well', async () => {
  const there = await open([rule('email', { agents: ['claude'] })]);
  const client = await there.connect();
  await client.query('UPDATE person SET note = email');
  await untilReadable(['id email ssn']);
  await expect(client.query('SELECT note FROM person')).rejects.toMatchObject({ code: '42501' });
});
