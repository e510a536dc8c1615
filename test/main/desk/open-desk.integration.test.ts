import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Client, connect, memoryPorts } from '../../../src/contract/index.ts';
import { dataLayout } from '../../../src/main/desk/data-folder.ts';
import { type OpenDesk, openDesk } from '../../../src/main/desk/open-desk.ts';
import { openSettings } from '../../../src/main/desk/settings-file.ts';
import { noKeychain } from '../../../src/main/sign-in/keychain.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/gate.ts';
import { aConnection, fakeSeal } from '../support/fakes.ts';

let database: TestDatabase;
let open: OpenDesk;
let client: Client;
let folder: string;
beforeEach(async () => {
  database = await createDatabase(`
    CREATE TABLE people (id int PRIMARY KEY, email text, city text);
    INSERT INTO people VALUES (1, 'ada@example.com', 'London'), (2, NULL, 'Paris');
    CREATE VIEW contacts AS SELECT id, email AS mail FROM people;`);
  folder = await mkdtemp(join(tmpdir(), 'postern-desk-'));
  const layout = dataLayout(folder);
  const settings = await openSettings(layout.settings);
  const { host, port, name, user } = database;
  const connection = aConnection();
  await settings.save({
    identityProviders: [],
    connections: [
      { ...connection, upstream: { ...connection.upstream, host, port, database: name, user, sslmode: 'disable' } },
    ],
    agents: [],
  });
  open = await openDesk({
    host: 'headless',
    version: '1.2.3',
    demo: false,
    operator: 'ada',
    knownKeys: new Map(),
    approvalDeadlineMs: 10_000,
    layout,
    resources: 'resources',
    settings,
    seal: fakeSeal(),
    storeOf: undefined,
    listeners: [{ host: '127.0.0.1', port: 0 }],
    passwords: new Map(),
    log: () => undefined,
    keychain: noKeychain('not in this test'),
    openBrowser: () => false,
    tokenCommand: ['postern', 'token'],
  });
  const [near, far] = memoryPorts();
  open.desk.attach(near);
  client = connect(far);
});
afterEach(async () => {
  await open.stop('the test is over');
  await rm(folder, { recursive: true });
  await database.drop();
});

const emailRule = {
  id: 'emails',
  schema: 'public',
  table: 'people',
  column: 'email',
  masker: { kind: 'email' as const },
};
const supply = () => client.call('connections.supplyCredential', { connection: 'orders', password: database.password });

test('the desk sets up an agent that then works: password, key, address, mask rule, revocation', async () => {
  await supply();
  await client.call('rules.save', { connection: 'orders', rules: [emailRule] });
  const { addresses } = await client.call('agents.create', { name: 'codex', connections: ['orders'] });
  const url = addresses[0]?.url ?? '';
  const agent = new pg.Client({ connectionString: url });
  const lost = new Promise((resolve) => agent.on('error', resolve));
  await agent.connect();
  expect((await agent.query('SELECT id, email FROM people ORDER BY id')).rows).toEqual([
    { id: 1, email: 'a***@***.com' },
    { id: 2, email: null },
  ]);
  expect(await client.call('sessions.list', {})).toMatchObject([{ agent: 'codex', live: true }]);
  await client.call('agents.revoke', { name: 'codex' });
  expect(await lost).toMatchObject({ code: '57P01' });
  const again = new pg.Client({ connectionString: url });
  again.on('error', () => undefined);
  await expect(again.connect()).rejects.toMatchObject({ code: '28P01' });
});

test('the catalog shows which columns a rule masks, through views too', async () => {
  await supply();
  await client.call('rules.save', { connection: 'orders', rules: [emailRule] });
  expect(await client.call('rules.catalog', { connection: 'orders' })).toEqual(
    expect.arrayContaining([
      {
        schema: 'public',
        name: 'people',
        kind: 'table',
        columns: [
          { name: 'id', type: 'integer', maskedBy: null },
          { name: 'email', type: 'text', maskedBy: 'emails' },
          { name: 'city', type: 'text', maskedBy: null },
        ],
      },
      {
        schema: 'public',
        name: 'contacts',
        kind: 'view',
        columns: [
          { name: 'id', type: 'integer', maskedBy: null },
          { name: 'mail', type: 'text', maskedBy: 'emails' },
        ],
      },
    ]),
  );
});

test('a preview shows rules that are not saved yet, before and after', async () => {
  await supply();
  const preview = await client.call('rules.preview', {
    connection: 'orders',
    schema: 'public',
    table: 'people',
    rules: [emailRule],
  });
  expect(preview).toEqual({
    columns: [
      { name: 'id', type: 'integer', maskedBy: null },
      { name: 'email', type: 'text', maskedBy: 'emails' },
      { name: 'city', type: 'text', maskedBy: null },
    ],
    before: [
      ['1', 'ada@example.com', 'London'],
      ['2', null, 'Paris'],
    ],
    after: [
      ['1', 'a***@***.com', 'London'],
      ['2', null, 'Paris'],
    ],
  });
});

test('an explanation is the gate’s own answer, with the catalog and without it', async () => {
  const byKey = { connection: 'orders', text: 'DELETE FROM people WHERE id = 1' };
  const strict = await client.call('policy.explain', byKey);
  await supply();
  const precise = await client.call('policy.explain', byKey);
  expect([strict.verdict, precise.verdict]).toEqual(['ask', 'ask']);
  expect(precise.effects).toMatchObject({ kinds: ['delete'], writes: ['public.people'], understood: true });
  expect(precise.rule.id).not.toBe(strict.rule.id);
  expect((await client.call('policy.explain', { connection: 'orders', text: 'DROP TABLE people' })).verdict).toBe(
    'block',
  );
  expect((await client.call('policy.presets', {})).map(({ preset }) => preset).sort()).toEqual([
    'observe',
    'production',
    'read-only',
    'staging',
  ]);
});

test('a wrong password is found by the connection test, step by step, and kept nowhere', async () => {
  const [view] = await client.call('connections.list', {});
  if (view === undefined) throw new Error('no connection');
  const test = await client.call('connections.test', { config: view.config, password: 'wrong' });
  expect([test.ok, test.steps.at(-1)?.ok]).toEqual([false, false]);
  expect((await client.call('connections.list', {}))[0]?.credential).toBe('needed');
  expect(await client.call('connections.test', { config: view.config, password: database.password })).toMatchObject({
    ok: true,
  });
});

const noCities = {
  id: 'no-cities',
  when: { columns: ['public.people.city'], effects: ['read' as const] },
  verdict: 'block' as const,
  reason: 'Where people live is not for agents.',
  hint: 'Leave city out.',
};

test('an own rule answers before the preset, is counted, and can be tried before it is saved', async () => {
  await supply();
  const draft = { connection: 'orders', text: 'SELECT city FROM people', rules: [noCities] };
  expect(await client.call('policy.explain', draft)).toMatchObject({
    verdict: 'block',
    rule: { id: 'no-cities', reason: 'Where people live is not for agents.', hint: 'Leave city out.' },
    certain: true,
  });
  const { addresses } = await client.call('agents.create', { name: 'codex', connections: ['orders'] });
  const agent = new pg.Client({ connectionString: addresses[0]?.url });
  await agent.connect();
  expect((await agent.query('SELECT city FROM people ORDER BY id')).rows).toHaveLength(2);

  const proposed = { connection: 'orders', policy: 'production' as const, rules: [noCities] };
  await agent.query('PREPARE p AS SELECT city FROM people');
  await agent.query('EXECUTE p');
  expect(await client.call('policy.backtest', proposed)).toMatchObject({
    sessions: 1,
    statements: 3,
    notJudged: 0,
    current: { allow: 3, ask: 0, block: 0, terminate: 0 },
    proposed: { allow: 1, ask: 0, block: 2, terminate: 0 },
    changes: [
      { statement: 3, text: 'EXECUTE p', proposed: { verdict: 'block', rule: { id: 'no-cities' } } },
      { statement: 1, recorded: { verdict: 'allow', rule: { id: 'read' } }, agent: 'codex' },
    ],
    omitted: 0,
    certain: true,
  });

  await client.call('policy.save', { ...proposed, budgets: null });
  await expect(agent.query('SELECT * FROM people')).rejects.toMatchObject({ code: '42501' });
  expect((await agent.query('SELECT id FROM people')).rows).toHaveLength(2);
  const { view, hits } = await client.call('policy.rules', { connection: 'orders' });
  expect(view.rules[0]).toMatchObject({ id: 'no-cities', origin: 'own', shadowedBy: null });
  expect(hits).toContainEqual({ id: 'no-cities', hits: 1, lastAt: expect.any(Number) });
  await expect(
    client.call('policy.save', { ...proposed, rules: [noCities, noCities], budgets: null }),
  ).rejects.toMatchObject({ code: 'duplicate_rule' });
  await agent.end();
});

test('a connection that suddenly reaches another database asks before anything runs, until the operator accepts it', async () => {
  await supply();
  const { addresses } = await client.call('agents.create', { name: 'codex', connections: ['orders'] });
  const connectAgent = async (): Promise<pg.Client> => {
    const agent = new pg.Client({ connectionString: addresses[0]?.url });
    await agent.connect();
    return agent;
  };
  const first = await connectAgent();
  await first.query('SELECT 1');
  await first.end();
  const other = await createDatabase('CREATE TABLE people (id int)');
  const [view] = await client.call('connections.list', {});
  if (view === undefined) throw new Error('no connection');
  const { config } = view;
  await client.call('connections.save', {
    ...config,
    policy: 'observe',
    upstream: { ...config.upstream, database: other.name },
  });

  const agent = await connectAgent();
  const running = agent.query('SELECT 1 AS one');
  const pending = async () => (await client.call('approvals.list', {})).pending[0];
  const request = await until(pending);
  expect(request.rule).toMatchObject({
    id: 'changed-target',
    reason: expect.stringContaining('another database than'),
  });
  expect((await client.call('desk.overview', {})).problems.map(({ code }) => code)).toEqual(['target_changed.orders']);
  await client.call('approvals.decide', { id: request.id, digest: request.digest, action: 'approve' });
  expect((await running).rows).toEqual([{ one: 1 }]);
  expect((await agent.query('SELECT 2 AS two')).rows).toEqual([{ two: 2 }]); // approved for this session

  const second = await connectAgent();
  const held = second.query('SELECT 3 AS three');
  const again = await until(pending);
  expect((await client.call('connections.list', {}))[0]?.targetDoubt).toContain('another database than before');
  expect((await client.call('connections.acceptTarget', { connection: 'orders' })).targetDoubt).toBeNull();
  await client.call('approvals.decide', { id: again.id, digest: again.digest, action: 'deny' });
  await expect(held).rejects.toMatchObject({ code: '42501' });
  expect((await second.query('SELECT 4 AS four')).rows).toEqual([{ four: 4 }]);
  expect((await client.call('desk.overview', {})).problems).toEqual([]);
  await agent.end();
  await second.end();
  await until(async () => ((await client.call('sessions.list', {})).every(({ live }) => !live) ? true : undefined));
  await other.drop();
});
