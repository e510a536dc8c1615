import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { MaskRule } from '../../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions, until } from '../../support/gate.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

/** Of its own: roles of sessions belong to the whole server, and other tests count them. */
let server: TestPostgres;
let database: TestDatabase;
let gate: TestGate;
beforeAll(async () => {
  server = await startPostgres();
  database = await createDatabase('', server);
});
beforeEach(async () => {
  await database.query(`
    DROP SCHEMA IF EXISTS crm CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public;
    CREATE TABLE people (id int PRIMARY KEY, email text, phone text);
    INSERT INTO people VALUES (1, 'ada@example.com', '+31 6 1234 5678');
    CREATE VIEW contacts AS SELECT id, lower(email) AS address FROM people;`);
});
afterEach(() => gate.stop());
afterAll(async () => {
  await database?.drop();
  await server?.stop();
});

const mail: MaskRule = { id: 'mail', schema: 'public', table: 'people', column: 'email', masker: { kind: 'email' } };
const phone: MaskRule = { id: 'phone', schema: 'public', table: 'people', column: 'phone', masker: { kind: 'full' } };

const open = async (more: Partial<TestGateOptions> = {}): Promise<TestGate> => {
  const { host, port, password } = server;
  gate = await startGate({
    database: database.name,
    policy: 'observe',
    password,
    maskRules: [mail],
    ...more,
    upstream: { host, port, ...more.upstream },
  });
  return gate;
};
const rows = async (client: pg.Client, sql: string): Promise<readonly unknown[]> => (await client.query(sql)).rows;
const withRules = (maskRules: readonly MaskRule[]): void => {
  const settings = gate.gateway.settings();
  const connections = settings.connections.map((config) => ({ ...config, maskRules: [...maskRules] }));
  gate.gateway.configure({ ...settings, connections }, 'the test');
};

test('a column that is renamed behind the back of a session stays masked, in views too, and the operator is told', async () => {
  const client = await (await open()).connect();
  expect(await rows(client, 'SELECT email FROM people')).toEqual([{ email: 'a***@***.com' }]);
  await database.query('ALTER TABLE people RENAME COLUMN email TO mail');
  // The catalog is looked at in the background: until then the new name is unknown, and masked whole.
  await until(
    async () =>
      ((await rows(client, 'SELECT mail FROM people'))[0] as { mail: string }).mail === 'a***@***.com' || undefined,
  );
  expect(await rows(client, 'SELECT * FROM people')).toEqual([
    { id: 1, mail: 'a***@***.com', phone: '+31 6 1234 5678' },
  ]);
  expect(await rows(client, 'SELECT address FROM contacts')).toEqual([{ address: '***' }]);
  expect(gate.gateway.problems().map(({ message }) => message)).toEqual([
    'shop: public.people.email is called public.people.mail now, which its mask rule does not name. It stays masked.',
  ]);
});

test('names of tables and schemas that change while no gate runs unmask nothing, and a new table of the old name is masked beside it', async () => {
  const { keyFolder } = await open();
  expect(await rows(await gate.connect(), 'SELECT email FROM people')).toEqual([{ email: 'a***@***.com' }]);
  await gate.stop({ keep: true });
  await database.query(`CREATE SCHEMA crm; ALTER TABLE people RENAME TO persons; ALTER TABLE persons SET SCHEMA crm;
    CREATE TABLE people (id int, email text); INSERT INTO people VALUES (2, 'bob@example.com')`);
  const client = await (await open({ keyFolder })).connect();
  expect(await rows(client, 'SELECT email FROM crm.persons UNION ALL SELECT email FROM people')).toEqual([
    { email: 'a***@***.com' },
    { email: 'b***@***.com' },
  ]);
  expect(gate.gateway.knownRenamed('shop')).toMatchObject([
    { rule: 'mail', was: { schema: 'public', relation: 'people' }, now: { schema: 'crm', relation: 'persons' } },
  ]);
});

test('it ends when the operator says so, or names the column in a rule; what has its name still is masked by rules alone', async () => {
  const client = await (await open({ maskRules: [mail, phone] })).connect();
  await rows(client, 'SELECT email FROM people');
  await database.query('ALTER TABLE people RENAME COLUMN email TO mail; ALTER TABLE people RENAME COLUMN phone TO tel');
  const renamed = await gate.gateway.renamedColumns('shop');
  expect(renamed.map(({ now }) => now.column).sort()).toEqual(['mail', 'tel']);
  withRules([{ ...mail, column: 'mail' }, phone]);
  expect((await gate.gateway.renamedColumns('shop')).map(({ now }) => now.column)).toEqual(['tel']);
  const [tel] = await gate.gateway.renamedColumns('shop');
  if (tel === undefined) throw new Error('nothing is renamed');
  expect(gate.gateway.forgetRenamed(tel, 'ada')).toBe(true);
  expect(gate.gateway.forgetRenamed(tel, 'ada')).toBe(false);
  await until(
    async () => ((await rows(client, 'SELECT tel FROM people'))[0] as { tel: string }).tel !== '***' || undefined,
  );
  expect(await rows(client, 'SELECT mail, tel FROM people')).toEqual([
    { mail: 'a***@***.com', tel: '+31 6 1234 5678' },
  ]);
  expect(gate.gateway.problems()).toEqual([]);
  withRules([phone]); // mail has its name still: the operator took it out of its rule
  expect(await rows(client, 'SELECT mail FROM people')).toEqual([{ mail: 'ada@example.com' }]);
});

test('a rule that is deleted after its column was renamed leaves it masked whole', async () => {
  const client = await (await open({ maskRules: [mail, phone] })).connect();
  await rows(client, 'SELECT email FROM people');
  await database.query('ALTER TABLE people RENAME COLUMN email TO mail');
  await gate.gateway.renamedColumns('shop');
  withRules([phone]);
  await until(
    async () => ((await rows(client, 'SELECT mail FROM people'))[0] as { mail: string }).mail === '***' || undefined,
  );
});

test('behind the strict fence a renamed column is granted to nobody', async () => {
  await database.query(`CREATE ROLE fenced_${database.name} LOGIN CREATEROLE PASSWORD 'p'; ALTER TABLE people OWNER TO fenced_${database.name};
    GRANT USAGE ON SCHEMA public TO fenced_${database.name} WITH GRANT OPTION`);
  await open({
    upstream: { user: `fenced_${database.name}` },
    password: 'p',
    sessionRole: { kind: 'just_in_time', schemas: ['*'], memberOf: [], fence: 'masked' },
  });
  const first = await gate.connect();
  await rows(first, 'SELECT id FROM people');
  await database.query('ALTER TABLE people RENAME COLUMN email TO mail; ALTER TABLE people ADD COLUMN note text');
  const client = await gate.connect();
  expect(await rows(client, 'SELECT id, note FROM people')).toEqual([{ id: 1, note: null }]);
  // Postern does not see what a DO block reads: this is the server's own answer.
  await expect(client.query('DO $$ BEGIN PERFORM mail FROM people; END $$')).rejects.toMatchObject({ code: '42501' });
  await expect(client.query('SELECT mail FROM people')).rejects.toMatchObject({
    message: expect.stringContaining('people.mail is not there for this agent'),
  });
});

test('an exception of the rule holds under the new name', async () => {
  const client = await (await open({ maskRules: [{ ...mail, except: { agents: ['claude'] } }, phone] })).connect();
  await rows(client, 'SELECT email FROM people');
  await database.query('ALTER TABLE people RENAME COLUMN email TO mail');
  await until(
    async () =>
      ((await rows(client, 'SELECT mail FROM people'))[0] as { mail: string }).mail === 'ada@example.com' || undefined,
  );
  withRules([mail, phone]);
  expect(await rows(client, 'SELECT mail FROM people')).toEqual([{ mail: 'a***@***.com' }]);
});
