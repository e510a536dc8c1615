import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, connect, memoryPorts } from '../../../src/contract/index.ts';
import { readJournal } from '../../../src/gateway/journal/reader.ts';
import { dataLayout } from '../../../src/main/desk/data-folder.ts';
import { type OpenDesk, openDesk } from '../../../src/main/desk/open-desk.ts';
import { openSettings } from '../../../src/main/desk/settings-file.ts';
import { noKeychain } from '../../../src/main/sign-in/keychain.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/gate.ts';
import { aConnection, fakeSeal } from '../support/fakes.ts';

let database: TestDatabase;
let folder: string;
let open: OpenDesk;
let client: Client;
const logged: string[] = [];

async function start(): Promise<void> {
  const layout = dataLayout(folder);
  open = await openDesk({
    seal: fakeSeal(),
    storeOf: undefined,
    ...{ host: 'headless', version: '1.2.3', demo: false, operator: 'ada', layout, resources: 'resources' },
    ...{ knownKeys: new Map(), approvalDeadlineMs: 0, settings: await openSettings(layout.settings) },
    ...{ listeners: [{ host: '127.0.0.1', port: 0 }], passwords: new Map([['orders', database.password]]) },
    ...{ keychain: noKeychain('not in this test'), openBrowser: () => false, tokenCommand: ['postern', 'token'] },
    log: (level, message) => logged.push(`${level}: ${message}`),
  });
  const [near, far] = memoryPorts();
  open.desk.attach(near);
  client = connect(far);
}

beforeAll(async () => {
  database = await createDatabase(`
    CREATE DOMAIN email_address AS text;
    CREATE TABLE customers (id int PRIMARY KEY, name text, contact email_address, remark text, email_verified boolean);
    INSERT INTO customers SELECT n, (ARRAY['Maartje de Jong','Sem Bakker','Anna Smit'])[1 + n % 3], 'c' || n || '@acme-corp.io',
      CASE WHEN n % 10 = 0 THEN 'call +31 6 1234 5678' ELSE 'nothing' END, true FROM generate_series(1, 100) n;
    CREATE TABLE jobs (id int PRIMARY KEY, payload jsonb, ref text);
    COMMENT ON COLUMN jobs.ref IS 'who asked; postern:tag=pii';
    INSERT INTO jobs VALUES (1, '{}', 'x');
    CREATE TABLE logs (id int, line text, PRIMARY KEY (id, line)) PARTITION BY RANGE (id);
    CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (0) TO (1000);
    INSERT INTO logs SELECT n, 'from NL91ABNA0417164300' FROM generate_series(1, 30) n;
    CREATE VIEW broken AS SELECT 1 / (id - id) AS email FROM customers;
    CREATE FUNCTION boom(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
    CREATE TABLE denied (email text);`);
  folder = await mkdtemp(join(tmpdir(), 'postern-desk-'));
  const settings = await openSettings(dataLayout(folder).settings);
  const { host, port, name, user } = database;
  const connection = aConnection();
  await settings.save({
    identityProviders: [],
    connections: [
      { ...connection, upstream: { ...connection.upstream, host, port, database: name, user, sslmode: 'disable' } },
    ],
    agents: [],
  });
  await start();
});
afterAll(async () => {
  await open.stop('the test is over');
  await rm(folder, { recursive: true });
  await database.drop();
});

const suggested = async (again = false) =>
  (await client.call('suggestions.list', { connection: 'orders', again })).suggestions.map(
    ({ table, column, kind, confidence, reasons }) =>
      `${table}.${column} ${kind} ${confidence} by ${reasons.map(({ from }) => from).join('+')}`,
  );

test('catalog and sampled values suggest rules; tables that cannot be read in time are left out', async () => {
  const locker = new pg.Client({ ...database, database: database.name });
  await locker.connect();
  await locker.query('BEGIN; LOCK TABLE denied');
  const { tables, sampled } = await client.call('suggestions.list', { connection: 'orders', again: true });
  await locker.query('ROLLBACK');
  await locker.end();
  expect([tables, sampled]).toEqual([4, 3]);
  expect(await suggested()).toEqual([
    'customers.name person_name high by name+sample',
    'customers.contact email high by type+sample',
    'jobs.ref personal high by comment',
    'logs.line iban high by sample',
    'denied.email email high by name',
    'customers.remark phone medium by sample',
  ]);
});

test('rules that are accepted mask, and are suggested no more', async () => {
  const { suggestions } = await client.call('suggestions.list', { connection: 'orders' });
  const rules = suggestions
    .filter(({ table }) => table === 'customers')
    .map(({ schema, table, column, masker }) => ({ id: `mask-${column}`, schema, table, column, masker }));
  await client.call('rules.save', { connection: 'orders', rules });
  expect((await suggested()).filter((one) => one.startsWith('customers'))).toEqual([]);
});

test('what agents get becomes a finding and a suggestion, and stays dismissed over a restart', async () => {
  const { addresses } = await client.call('agents.create', { name: 'codex', connections: ['orders'] });
  await database.query(`UPDATE jobs SET payload = '{"to": "kim@acme-corp.io"}'`);
  const changed = new Promise((resolve) => client.on('findings.changed', resolve));
  const agent = new pg.Client({ connectionString: addresses[0]?.url ?? '' });
  await agent.connect();
  await agent.query('SELECT payload FROM jobs');
  await agent.end();
  expect(await changed).toEqual({ connection: 'orders' });
  expect(await client.call('findings.list', { connection: 'orders' })).toMatchObject([
    { place: 'public.jobs.payload', detector: 'email', values: 1, examples: ['aaa@aaaa-aaaa.aa'], dismissed: false },
  ]);
  expect(await suggested()).toContain('jobs.payload email high by finding');
  await client.call('findings.dismiss', {
    connection: 'orders',
    places: [{ place: 'public.jobs.payload', kind: 'email' }],
    dismissed: true,
  });
  await open.stop('restart');
  const journals = join(dataLayout(folder).journals, 'gate');
  const gate = (await readdir(journals)).sort()[0] ?? 'none';
  expect([...readJournal(join(journals, gate))].map(({ body }) => body)).toContainEqual({
    type: 'settings_changed',
    what: 'connection orders: dismissed as not personal: public.jobs.payload (email)',
    by: 'ada',
  });
  await start();
  expect((await suggested()).filter((one) => one.startsWith('jobs.payload'))).toEqual([]);
  expect(await client.call('findings.list', { connection: 'orders' })).toMatchObject([{ dismissed: true }]);
  const kept = await until(() => readFile(join(folder, 'findings.json'), 'utf8'));
  expect(kept).toContain('public.jobs.payload');
  expect(kept).not.toMatch(/kim@|acme-corp/);
  expect(logged.join('\n')).not.toMatch(/acme-corp|NL91ABNA/);
});
