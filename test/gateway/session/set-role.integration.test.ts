import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionConfig, sessionsRunAs } from '../../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';

const tail = randomBytes(4).toString('hex');
const [login, limited, stranger] = [`login_${tail}`, `limited_${tail}`, `stranger_${tail}`];

let database: TestDatabase;
let gate: TestGate;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE ROLE ${limited}; CREATE ROLE ${stranger};
    CREATE ROLE ${login} LOGIN PASSWORD 'p'; GRANT ${limited} TO ${login};
    CREATE TABLE open_table (id int); CREATE TABLE closed_table (id int);
    GRANT SELECT ON open_table TO ${limited}; GRANT SELECT ON closed_table TO ${login};
    CREATE TABLE counted (id int PRIMARY KEY, n int); GRANT SELECT, INSERT, UPDATE ON counted TO ${limited};
    CREATE FUNCTION dynamic() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'SET RO' || 'LE NONE'; END $$;
    CREATE FUNCTION sets(name text, value text) RETURNS text LANGUAGE sql AS $$ SELECT set_config(name, value, false) $$;
    CREATE PROCEDURE leaves() LANGUAGE plpgsql AS $$ BEGIN SET ROLE NONE; END $$;
    CREATE FUNCTION counts() RETURNS void LANGUAGE sql AS $$ UPDATE counted SET n = n + 1 $$;
    CREATE FUNCTION owners() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
      AS $$ BEGIN EXECUTE 'SELECT 1'; RETURN 'x'; END $$;
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := coalesce(NEW.n, 0); RETURN NEW; END $$;
    CREATE TRIGGER keep BEFORE INSERT ON counted FOR EACH ROW EXECUTE FUNCTION keep();
  `);
  gate = await startGate({
    database: database.name,
    policy: 'observe',
    upstream: { user: login },
    password: 'p',
    sessionRole: { kind: 'set_role', role: limited },
  });
});
afterAll(async () => {
  await gate.stop();
  await database.query(`DROP OWNED BY ${login}, ${limited}; DROP ROLE ${login}, ${limited}, ${stranger}`);
  await database.drop();
});

const who = 'SELECT session_user AS session, current_user AS current';

test('a session runs as the configured role from its start, and what leads back leads to that role', async () => {
  const client = await gate.connect();
  expect((await client.query(who)).rows).toEqual([{ session: login, current: limited }]);
  expect((await client.query('SELECT FROM open_table')).rowCount).toBe(0);
  await expect(client.query('SELECT FROM closed_table')).rejects.toMatchObject({ code: '42501' });
  for (const text of [
    'RESET ROLE',
    'DISCARD ALL',
    'RESET ALL',
    'SET SESSION AUTHORIZATION DEFAULT',
    'SET role TO DEFAULT',
  ]) {
    await client.query(text);
    expect((await client.query(who)).rows, text).toEqual([{ session: login, current: limited }]);
  }
  await client.query('BEGIN');
  await client.query('SAVEPOINT s');
  await client.query('ROLLBACK TO s; ROLLBACK');
  expect((await client.query(who)).rows).toEqual([{ session: login, current: limited }]);
  const records = (await gate.journal()).map(({ body }) => body);
  expect(records).toContainEqual(expect.objectContaining({ type: 'session_start', role: limited, sessionRole: null }));
});

test.each(
  [
    'SET ROLE NONE',
    `SET ROLE ${login}`,
    `SET LOCAL ROLE ${login}`,
    "SET role = 'none'",
    `SET SESSION AUTHORIZATION ${login}`,
    `SET session_authorization = ${login}`,
    "SELECT set_config('role', 'none', false)",
    "SELECT set_config('ro' || 'le', 'none', false)",
    'SELECT 1; SET ROLE NONE',
    "PREPARE p AS SELECT set_config('role', 'none', false); EXECUTE p",
    'DO $$ BEGIN SET ROLE NONE; END $$',
    "DO $$ BEGIN EXECUTE 'SET ROLE NONE'; END $$",
    'SELECT dynamic()',
    "SELECT sets('role', 'none')",
    'CALL leaves()',
    "SELECT query_to_xml('SELECT set_config(''role'', ''none'', false)', true, false, '')",
    "SELECT * FROM ts_stat('SELECT to_tsvector(set_config(''role'', ''none'', false))')",
    `SET ROLE NONE /* ${'x'.repeat(1024 * 1024)} */`,
  ].map((text) => [text.slice(0, 80), text] as const),
)('%s is refused, under observe too', async (_title, text) => {
  const client = await gate.connect();
  await expect(client.query(text)).rejects.toMatchObject({
    code: '42501',
    detail: expect.stringContaining('rule: keeps-role'),
  });
  expect((await client.query(who)).rows).toEqual([{ session: login, current: limited }]);
});

test('what is seen through passes: functions of static SQL, triggers, SECURITY DEFINER, the server’s own', async () => {
  const client = await gate.connect();
  await client.query('INSERT INTO counted VALUES (1)');
  await client.query('SELECT counts()');
  await client.query('DO $$ BEGIN UPDATE counted SET n = n + 1; END $$');
  expect((await client.query('SELECT n, owners() AS o, pg_sleep(0), now() > now() AS x FROM counted')).rows).toEqual([
    { n: 2, o: 'x', pg_sleep: '', x: false },
  ]);
  await client.end();
});

test('a name that comes with the values is refused as well, prepared in either way', async () => {
  const client = await gate.connect();
  const rule = { code: '42501', detail: expect.stringContaining('rule: keeps-role') };
  await expect(client.query('SELECT set_config($1, $2, false)', ['role', 'none'])).rejects.toMatchObject(rule);
  await client.query('PREPARE p AS SELECT set_config($1, $2, false)');
  await expect(client.query("EXECUTE p('role', 'none')")).rejects.toMatchObject(rule);
  expect((await client.query("SELECT set_config('work_mem', $1, false) AS m", ['5MB'])).rows).toEqual([{ m: '5MB' }]);
  expect((await client.query(who)).rows).toEqual([{ session: login, current: limited }]);
});

test('an agent that chooses a role at the start is not let in', async () => {
  await expect(gate.connect({ options: '-c role=none' })).rejects.toMatchObject({ code: '08001' });
  expect(gate.logged.join('\n')).toContain('the start-up parameters choose a role');
});

test('a role that the account is no member of opens no session', async () => {
  const other = await startGate({
    database: database.name,
    upstream: { user: login },
    password: 'p',
    sessionRole: { kind: 'set_role', role: stranger },
  });
  await expect(other.connect()).rejects.toMatchObject({ message: expect.stringContaining('permission denied') });
  await other.stop();
});

test('the desk says which of the three it is', () => {
  const config = (sessionRole: object) =>
    connectionConfig.parse({ name: 'shop', upstream: { host: 'h', database: 'd', user: 'app' }, sessionRole });
  expect(
    [
      { kind: 'configured' },
      { kind: 'set_role', role: 'reader' },
      { kind: 'just_in_time' },
      { kind: 'just_in_time', fence: 'masked' },
    ].map((role) => sessionsRunAs(config(role))),
  ).toEqual([
    'Every session runs as app, with all of its rights. Only Postern stands between the agent and these.',
    'Every session logs in as app and becomes reader at once. The database holds it to that role’s rights for as long as nothing undoes SET ROLE, which Postern refuses.',
    'Every session logs in as a role of its own, made by app and removed afterwards. The database itself holds it to its grants; withheld columns are out of its reach.',
    'Every session logs in as a role of its own, made by app and removed afterwards. The database itself holds it to its grants; every masked column is out of its reach.',
  ]);
});
