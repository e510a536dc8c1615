import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, connect, type MaskRule, maskRule, memoryPorts } from '../../../src/contract/index.ts';
import { dataLayout } from '../../../src/main/desk/data-folder.ts';
import { type OpenDesk, openDesk } from '../../../src/main/desk/open-desk.ts';
import { openSettings } from '../../../src/main/desk/settings-file.ts';
import { noKeychain } from '../../../src/main/sign-in/keychain.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { aConnection, fakeSeal } from '../support/fakes.ts';

const rule = (id: string, table: string, column: string, more: object = {}): MaskRule =>
  maskRule.parse({ id, table, column, masker: { kind: 'full' }, ...more });

const email = rule('email', 'customers', 'email', { masker: { kind: 'email' } });
const secret = rule('secret', 'customers', 'secret', { masker: { kind: 'withhold' } });
const rules = [email, secret, rule('anything', 'customers', '*mail'), rule('gone', 'customers', 'no_such')];

let database: TestDatabase;
let folder: string;
let open: OpenDesk;
let client: Client;

beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE customers (id int PRIMARY KEY, email text, name text, phones text[], profile jsonb, secret text,
      shout text GENERATED ALWAYS AS (upper(email)) STORED);
    INSERT INTO customers (id, email, name, phones, profile, secret)
      VALUES (1, 'maartje@acme.io', 'Maartje', '{06-12345678,NULL}', '{"a": {"email": "x@acme.io"}, "b": 1}', 's3cret');
    CREATE VIEW addresses AS SELECT id, email AS address FROM customers;
    CREATE TABLE visits (id int, email text) PARTITION BY RANGE (id);
    CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (0) TO (10);
    CREATE TABLE backup (id int, copy text);`);
  folder = await mkdtemp(join(tmpdir(), 'postern-desk-'));
  const layout = dataLayout(folder);
  const settings = await openSettings(layout.settings);
  const { host, port, name, user } = database;
  const connection = aConnection();
  const upstream = { ...connection.upstream, host, port, database: name, user, sslmode: 'disable' as const };
  await settings.save({
    identityProviders: [],
    connections: [
      { ...connection, upstream, maskRules: rules, policy: 'observe' },
      { ...connection, name: 'unreachable', upstream: { ...upstream, port: 1 } },
    ],
    agents: [],
  });
  open = await openDesk({
    seal: fakeSeal(),
    storeOf: undefined,
    ...{ host: 'headless', version: '1.2.3', demo: false, operator: 'ada', layout, resources: 'resources' },
    ...{ knownKeys: new Map(), approvalDeadlineMs: 0, settings },
    ...{ listeners: [{ host: '127.0.0.1', port: 0 }] },
    passwords: new Map(['orders', 'unreachable'].map((name) => [name, database.password])),
    ...{ keychain: noKeychain('not in this test'), openBrowser: () => false, tokenCommand: ['postern', 'token'] },
    log: () => undefined,
  });
  const [near, far] = memoryPorts();
  open.desk.attach(near);
  client = connect(far);
});
afterAll(async () => {
  await open.stop('the test is over');
  await rm(folder, { recursive: true });
  await database.drop();
});

const agent = async (): Promise<pg.Client> => {
  const known = (await client.call('agents.list', {})).some(({ name }) => name === 'claude');
  const { key, addresses } = known
    ? await client.call('agents.rotate', { name: 'claude', graceSeconds: 0 })
    : await client.call('agents.create', { name: 'claude', connections: ['orders'] });
  const [{ host = '', port = 0, database: name = '' } = {}] = addresses;
  const session = new pg.Client({ host, port, database: name, user: 'claude', password: key });
  await session.connect();
  return session;
};

test('each rule is told how it stands: who has its columns before it, and that it fits none', async () => {
  expect(await client.call('rules.review', { connection: 'orders', rules })).toEqual([
    { id: 'email', state: 'in_force', masks: 1, overlaps: [] },
    { id: 'secret', state: 'in_force', masks: 1, overlaps: [] },
    {
      id: 'anything',
      state: 'shadowed',
      masks: 0,
      overlaps: [
        {
          ...{ rule: 'email', masker: { kind: 'email' }, sameMasker: false, exceptsSomebody: false },
          ...{ columns: ['public.customers.email'], total: 1 },
        },
      ],
    },
    { id: 'gone', state: 'unmatched', masks: 0, overlaps: [] },
  ]);
});

test('a rule behind one that excepts somebody is not hidden: for those it holds', async () => {
  const [, anything] = await client.call('rules.review', {
    connection: 'orders',
    rules: [{ ...email, except: { agents: ['dba'] } }, rule('anything', 'customers', '*mail')],
  });
  expect(anything).toMatchObject({ state: 'in_force', masks: 0, overlaps: [{ exceptsSomebody: true }] });
});

test('the columns that a rule reaches are listed with the reason, on every connection', async () => {
  const wide = rule('wide', '*', 'email');
  const [here, there] = await client.call('rules.matches', {
    connection: 'orders',
    rules: [email, wide],
    rule: 'wide',
  });
  expect(here).toEqual({
    connection: 'orders',
    problem: null,
    total: 5,
    columns: expect.arrayContaining([
      { column: 'public.customers.email', type: 'text', how: 'rule', heldBy: 'email' },
      { column: 'public.customers.shout', type: 'text', how: 'generated', heldBy: null },
      { column: 'public.addresses.address', type: 'text', how: 'view', heldBy: 'email' },
      { column: 'public.visits.email', type: 'text', how: 'rule', heldBy: null },
      { column: 'public.visits_1.email', type: 'text', how: 'rule', heldBy: null },
    ]),
  });
  expect(there).toMatchObject({ connection: 'unreachable', total: 0, problem: expect.stringMatching(/refused/i) });
  const narrow = rule('narrow', 'visits', 'email');
  const [partitions] = await client.call('rules.matches', {
    ...{ connection: 'orders', rules: [narrow], rule: 'narrow', limit: 1 },
  });
  expect(partitions).toMatchObject({ total: 2, columns: [{ column: expect.stringContaining('visits') }] });
  const [all] = await client.call('rules.matches', { connection: 'orders', rules: [narrow], rule: 'narrow' });
  expect(all?.columns.find(({ column }) => column === 'public.visits_1.email')?.how).toBe('partition');
});

test('the preview shows arrays, JSON paths and withheld columns as the agent gets them', async () => {
  const preview = await client.call('rules.preview', {
    ...{ connection: 'orders', schema: 'public', table: 'customers' },
    rules: [
      email,
      rule('phones', 'customers', 'phones', { masker: { kind: 'phone' } }),
      rule('json', 'customers', 'profile', {
        masker: { kind: 'json', paths: [{ path: '$..email', masker: { kind: 'full' } }] },
      }),
      rule('secret', 'customers', 'secret', { masker: { kind: 'withhold' } }),
    ],
  });
  const after = Object.fromEntries(preview.columns.map(({ name }, place) => [name, preview.after[0]?.[place]]));
  expect(after).toEqual({
    id: '1',
    email: expect.stringMatching(/^m\*+@/),
    name: 'Maartje',
    phones: expect.stringMatching(/^\{.*78.*,NULL\}$/),
    profile: '{"a": {"email": "***"}, "b": 1}',
    secret: expect.not.stringContaining('s3cret'),
    shout: '***',
  });
  expect(preview.before[0]).toContain('s3cret');
});

test('a statement is explained column by column, with what steers it and what it copies', async () => {
  const explain = async (text: string, maskRules?: MaskRule[]) =>
    (
      await client.call('policy.explain', {
        ...{ connection: 'orders', text },
        ...(maskRules === undefined ? {} : { maskRules }),
      })
    ).masking;
  const source = { label: 'customers.email', rule: 'email', masker: 'email' };
  expect(await explain("SELECT id, email, lower(email) AS low FROM customers WHERE email = 'a@b.nl'")).toEqual({
    columns: [
      { name: 'id', many: false, sources: [], unknown: false, verbatim: true, mask: null },
      {
        ...{ name: 'email', many: false, sources: [source], unknown: false, verbatim: true },
        mask: { rule: 'email', masker: 'email' },
      },
      {
        ...{ name: 'low', many: false, sources: [source], unknown: false, verbatim: false },
        mask: { rule: 'derived', masker: 'full' },
      },
    ],
    tainted: true,
    probes: [{ label: 'customers.email', level: 'ask', comparisons: 1 }],
    copies: [],
    refusal: null,
  });
  expect((await explain('INSERT INTO backup (copy) SELECT email FROM customers'))?.copies).toEqual([
    { to: expect.stringMatching(/backup\.copy$/), sources: ['customers.email'] },
  ]);
  expect(await explain('SELECT email FROM customers', [])).toBeNull();
  const withheld = rule('secret', 'customers', 'secret', { masker: { kind: 'withhold' } });
  expect((await explain('SELECT secret FROM customers', [withheld]))?.refusal?.code).toBeTruthy();
});

test('each rule counts the results that it masked something in, once per result: computed columns too, and those of views and generated ones', async () => {
  await database.query(`
    CREATE VIEW loud AS SELECT id, upper(email) || '!' AS mail FROM customers;
    CREATE VIEW louder AS SELECT mail || '!' AS cry, id FROM loud`);
  const session = await agent();
  await session.query('SELECT email, email AS again FROM customers');
  await session.query('SELECT lower(email) FROM customers');
  await session.query('SELECT name FROM customers');
  await session.query('SELECT mail FROM loud');
  await session.query('SELECT lower(cry) FROM louder');
  await session.query('SELECT cry, id FROM louder');
  await session.query('SELECT shout FROM customers');
  await expect(session.query('SELECT secret FROM customers')).rejects.toMatchObject({ code: '42501' });
  await session.end();
  const hits = await client.call('rules.hits', { connection: 'orders' });
  expect(hits).toEqual([
    { id: 'email', hits: 6, lastAt: expect.any(Number) },
    { id: 'secret', hits: 1, lastAt: expect.any(Number) },
  ]);
  expect(Date.now() - (hits[0]?.lastAt ?? 0)).toBeLessThan(60_000);
  await database.query('DROP VIEW louder, loud');
});

test('columns that hold copies are listed with their sources, and are forgotten by name; the journal of the gate has both', async () => {
  const session = await agent();
  await session.query('INSERT INTO backup SELECT id, email FROM customers');
  expect((await session.query('SELECT copy FROM backup')).rows).toEqual([{ copy: '***' }]);
  const [copy, ...others] = await client.call('copies.list', { connection: 'orders' });
  if (copy === undefined) throw new Error('nothing is listed');
  expect(others).toEqual([]);
  expect(copy).toEqual({
    ...{ connection: 'orders', database: database.name, relation: 'backup', column: 'copy' },
    ...{ schema: copy.schema, sources: ['customers.email'], since: expect.any(Number) },
  });
  const [matches] = await client.call('rules.matches', { connection: 'orders', rules: [email], rule: 'email' });
  expect(matches?.columns.filter(({ how }) => how === 'copied')).toMatchObject([{ heldBy: null }]);
  const { sources: _sources, since: _since, ...place } = copy;
  await expect(client.call('copies.forget', { ...place, column: 'id' })).rejects.toMatchObject({
    code: 'copy_not_found',
  });
  await client.call('copies.forget', place);
  expect(await client.call('copies.list', { connection: 'orders' })).toEqual([]);
  expect((await session.query('SELECT copy FROM backup')).rows).toEqual([{ copy: 'maartje@acme.io' }]);
  await session.end();
  const { events } = await client.call('gate.events', {});
  const said = events.map(({ text, who }) => `${who}: ${text}`).filter((line) => line.includes('backup'));
  expect(said).toEqual([
    expect.stringMatching(/^ada: .*backup\.copy .*no copies of masked values any more/),
    expect.stringMatching(/^the gate: .*backup\.copy .*customers\.email/),
  ]);
});
