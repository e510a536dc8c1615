import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../../src/contract/index.ts';
import { query } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions, until } from '../../support/gate.ts';
import { service, startOidcProvider, type TestOidcProvider } from '../../support/oidc-provider.ts';
import { RawClient, told } from '../../support/raw-client.ts';

let database: TestDatabase;
const gates: TestGate[] = [];
const providers: TestOidcProvider[] = [];
beforeAll(async () => {
  database = await createDatabase(
    'CREATE TABLE item (id int PRIMARY KEY, name text); CREATE SCHEMA other; CREATE TABLE other.thing (id int)',
  );
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.stop();
  for (const provider of providers.splice(0)) await provider.stop();
});
afterAll(() => database.drop());

const open = async (
  more: Partial<IdentityProvider> = {},
  { tokenSeconds = 600, ...options }: Partial<TestGateOptions> & { tokenSeconds?: number } = {},
): Promise<{ gate: TestGate; provider: TestOidcProvider; logIn: (token: string) => Promise<pg.Client> }> => {
  const provider = await startOidcProvider({ tokenSeconds });
  const gate = await startGate({
    database: database.name,
    deadlineMs: 5_000,
    identityProviders: [provider.config(more)],
    ...options,
  });
  gates.push(gate);
  providers.push(provider);
  return { gate, provider, logIn: (password) => gate.connect({ user: 'whoever', password }) };
};
const startOf = async (gate: TestGate) =>
  (await gate.journal()).map(({ body }) => body).find((body) => body.type === 'session_start');
const refusals = (gate: TestGate): string[] =>
  gate.logged.flatMap((line) => (line.startsWith('warn: refused a client: ') ? [line.slice(24)] : []));

describe('an access token of a real provider', () => {
  test('is taken as the password, and the record says whose it is', async () => {
    const { gate, provider, logIn } = await open();
    const client = await logIn(await provider.token());
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(await startOf(gate)).toMatchObject({
      agent: `acme:${service.clientId}`,
      subject: `acme:${service.clientId}`,
      groups: ['engineers'],
      token: {
        provider: 'acme',
        issuer: provider.issuer,
        client: service.clientId,
        id: expect.stringMatching(/^[\w-]{20,}$/),
      },
    });
    await client.end();
  });

  test('gives groups to rules, and a scope that nothing widens', async () => {
    const { gate, provider, logIn } = await open(
      { grants: [{ groups: ['engineers'], connections: ['shop'], scope: { readOnly: true, schemas: ['public'] } }] },
      {
        policyRules: [
          {
            id: 'not-for-engineers',
            when: { groups: ['engineers'], reads: ['public.item'] },
            verdict: 'block',
            reason: 'By group.',
          },
        ] as never,
      },
    );
    const client = await logIn(await provider.token());
    await expect(client.query('SELECT * FROM item')).rejects.toMatchObject({
      message: expect.stringContaining('By group.'),
    });
    await expect(client.query('SELECT * FROM other.thing')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query("INSERT INTO item VALUES (1, 'x')")).rejects.toMatchObject({ code: '42501' });
    expect(gate.gateway.approvals.list()).toMatchObject({ pending: [], decided: [] });
  });

  test.each([
    [
      'none of the groups that are granted anything',
      { grants: [{ groups: ['admins'], connections: ['shop'] }] },
      /^the token of acme: no grant fits it \(subject nightly-agent, client nightly-agent, groups engineers\)$/,
    ],
    [
      'another audience',
      { audience: 'https://another.example' },
      /^the token is for another audience: "https:\/\/postern\.example\.com\/shop"$/,
    ],
    [
      'a provider that is not configured',
      { issuer: 'https://elsewhere.example' },
      /^the token is of an issuer that is not configured: "http:\/\/127\.0\.0\.1:\d+"$/,
    ],
    [
      'an algorithm that is not allowed',
      { algorithms: ['RS256'] },
      /^the token is signed with an algorithm that is not allowed$/,
    ],
  ] as const)('with %s is refused; the agent hears no more than of a wrong password', async (_, more, reason) => {
    const { gate, provider, logIn } = await open(more as never);
    const token = await provider.token();
    const heard = async (password: string) => {
      const { code, message, detail, hint } = await logIn(password).then(
        () => expect.fail('let in'),
        (error: pg.DatabaseError) => error,
      );
      return { code, message, detail, hint };
    };
    expect(await heard(token)).toEqual(await heard('wrong'));
    expect(refusals(gate)[0]).toMatch(reason);
    expect(gate.logged.join()).not.toContain(token.split('.')[1]);
  });

  test('of a connection that it is not granted does not route there', async () => {
    const { gate, provider } = await open();
    await expect(
      gate.connect({ user: 'x', password: await provider.token(), database: 'elsewhere' }),
    ).rejects.toMatchObject({
      code: '3D000',
    });
  });
});

describe('a session', () => {
  test('that is idle ends when its token expires', async () => {
    const { gate, provider } = await open({ clockSkewSeconds: 0 }, { tokenSeconds: 2 });
    const client = await RawClient.logIn({ ...gate.address, password: await provider.token() });
    await client.send(query('BEGIN')).untilReady();
    expect(told(await client.rest())).toEqual(['E 57P01']);
    expect((await gate.journal()).at(-1)?.body).toMatchObject({
      type: 'session_end',
      reason: 'its access token has expired; connect again with a fresh one',
    });
  });

  test('that runs a statement then ends behind it, and before the next', async () => {
    const { gate, provider } = await open({ clockSkewSeconds: 0 }, { tokenSeconds: 2, policy: 'observe' });
    const client = await RawClient.logIn({ ...gate.address, password: await provider.token() });
    client.send(query("SELECT 'done' FROM pg_sleep(3)"), query("SELECT 'never'"));
    expect(told(await client.rest())).toEqual(['T ?column?', 'D done', 'C SELECT 1', 'Z I', 'E 57P01']);
  });

  test('that runs a statement ends at once where that is set', async () => {
    const { gate, provider } = await open(
      { clockSkewSeconds: 0, atExpiry: 'at_once' },
      { tokenSeconds: 2, policy: 'observe' },
    );
    const client = await RawClient.logIn({ ...gate.address, password: await provider.token() });
    const began = Date.now();
    client.send(query("SELECT 'never' FROM pg_sleep(30)"));
    expect(told(await client.rest())).toEqual(['E 57P01']);
    expect(Date.now() - began).toBeLessThan(10_000);
    await until(async () =>
      (
        await database.query(
          "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid() AND state = 'active'",
        )
      ).rowCount === 0
        ? true
        : undefined,
    );
  });

  test('whose statement waits for the operator ends, and the request with it', async () => {
    const { gate, provider } = await open({ clockSkewSeconds: 0 }, { tokenSeconds: 3 });
    const client = await RawClient.logIn({ ...gate.address, password: await provider.token() });
    client.send(query("INSERT INTO item VALUES (7, 'x')"));
    await until(() => gate.gateway.approvals.list().pending[0]);
    expect(told(await client.rest()).at(-1)).toBe('E 57P01');
    expect(gate.gateway.approvals.list().pending).toEqual([]);
    expect((await database.query('SELECT FROM item WHERE id = 7')).rowCount).toBe(0);
  });

  test('ends when its provider no longer grants it the connection', async () => {
    const { gate, provider } = await open();
    const client = await RawClient.logIn({ ...gate.address, password: await provider.token() });
    const settings = gate.gateway.settings();
    const [config] = settings.identityProviders;
    if (config === undefined) throw new Error('no provider');
    gate.gateway.configure({ ...settings, identityProviders: [{ ...config, longestLifetimeSeconds: 4_000 }] }, 'ada');
    expect(told(await client.send(query('SELECT 1')).untilReady())).toContain('C SELECT 1');
    gate.gateway.configure(
      { ...settings, identityProviders: [{ ...config, grants: [{ groups: ['admins'], connections: ['shop'] }] }] },
      'ada',
    );
    expect(told(await client.rest())).toEqual(['E 57P01']);
  });
});

describe('a provider', () => {
  test('that is down lets nobody in whom its keys have not been read for, and everybody afterwards', async () => {
    const { gate, provider, logIn } = await open();
    const token = await provider.token();
    await provider.stop();
    await expect(logIn(token)).rejects.toMatchObject({ code: '28P01' });
    expect(refusals(gate)[0]).toMatch(
      /^the keys of http:\/\/127\.0\.0\.1:\d+ cannot be read: .* does not answer: connect ECONNREFUSED/,
    );
  });

  test('that goes down later is not missed', async () => {
    const { provider, logIn } = await open();
    await (await logIn(await provider.token())).end();
    const token = await provider.token();
    await provider.stop();
    expect((await (await logIn(token)).query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

test('an agent whose key was revoked is told so', async () => {
  const gate = await startGate({ database: database.name });
  gates.push(gate);
  const settings = gate.gateway.settings();
  gate.gateway.configure({ ...settings, agents: settings.agents.map((agent) => ({ ...agent, revokedAt: 1 })) }, 'ada');
  await expect(gate.connect()).rejects.toMatchObject({ code: '28P01', detail: 'This agent key has been revoked.' });
});
