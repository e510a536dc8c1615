import { describe, expect, test } from 'vitest';
import { type Client, connect, memoryPorts } from '../../../src/contract/index.ts';
import { createDesk } from '../../../src/main/desk/desk.ts';
import type { DeskPorts } from '../../../src/main/desk/ports.ts';
import { tokenAddresses } from '../../../src/main/desk/token-addresses.ts';
import { issuer, providerOf, signingKey, tokenOf } from '../../gateway/identity/tokens.ts';
import { aConnection, anAgent, deskPorts, fakeGateway, fakeSettings } from '../support/fakes.ts';

const client = { clientId: 'postern' };
const acme = providerOf({ client, grants: [{ groups: ['engineers'], connections: ['orders'] }] });

function open(overrides: Partial<DeskPorts> = {}, identityProviders = [acme]) {
  const gateway = fakeGateway();
  const settings = fakeSettings({ connections: [aConnection()], agents: [anAgent()], identityProviders });
  const ports = deskPorts({ gateway, settings, ...overrides });
  const [near, far] = memoryPorts();
  createDesk(ports).attach(near);
  const desk: Client = connect(far);
  const events: string[] = [];
  for (const name of ['identity.changed', 'connections.changed'] as const) desk.on(name, () => void events.push(name));
  return { desk, gateway, settings, ports, events };
}

describe('identity providers', () => {
  test('are listed with the operator’s sign-in at each', async () => {
    const { desk } = open({}, [acme, providerOf({ name: 'other', issuer: 'https://other.example' })]);
    expect(await desk.call('identity.list', {})).toEqual({
      providers: [
        { config: acme, signIn: { state: 'signed_out', why: null } },
        {
          config: expect.objectContaining({ name: 'other' }),
          signIn: { state: 'impossible', why: 'other has no client to sign in with.' },
        },
      ],
      keychain: { available: false, why: 'not in this test' },
      requests: [],
    });
  });

  test('are saved, on disk first and then in the gate, and every desk hears of it', async () => {
    const { desk, gateway, settings, events } = open({}, []);
    await desk.call('identity.save', acme);
    const changed = { ...acme, atExpiry: 'at_once' as const };
    await desk.call('identity.save', changed);
    expect(settings.saved.map(({ identityProviders }) => identityProviders)).toEqual([[acme], [changed]]);
    expect(gateway.configured.at(-1)?.identityProviders).toEqual([changed]);
    expect(events).toEqual(['identity.changed', 'connections.changed', 'identity.changed', 'connections.changed']);
  });

  test('are not saved with a grant of an unknown connection, or an issuer that another one has', async () => {
    const { desk, settings } = open();
    const wrong = providerOf({ name: 'again', grants: [{ groups: ['x'], connections: ['nowhere'] }] });
    await expect(desk.call('identity.save', wrong)).rejects.toMatchObject({
      code: 'identity_provider_invalid',
      message: `identityProviders[1].issuer: ${issuer} has another entry already; identityProviders[1].grants[0].connections[0]: there is no connection named nowhere`,
    });
    expect(settings.saved).toEqual([]);
  });

  test('are removed', async () => {
    const { desk, settings } = open();
    await desk.call('identity.remove', { provider: 'acme' });
    expect(settings.saved.at(-1)?.identityProviders).toEqual([]);
    await expect(desk.call('identity.remove', { provider: 'acme' })).rejects.toMatchObject({
      code: 'unknown_provider',
    });
  });

  test('of a configuration file are shown and not changed', async () => {
    const fromFile = { connections: [aConnection()], agents: [], identityProviders: [acme] };
    const { desk } = open({ settings: fakeSettings(fromFile, 'file') });
    await expect(desk.call('identity.save', acme)).rejects.toMatchObject({ code: 'managed_by_file' });
    await expect(desk.call('identity.remove', { provider: 'acme' })).rejects.toMatchObject({ code: 'managed_by_file' });
  });

  test('a token is tried against what is configured, or against a draft alone', async () => {
    const key = await signingKey('k');
    const now = () => Date.parse('2026-11-23T00:00:00Z');
    const { desk } = open({ now, fetchJson: async () => ({ issuer, jwks_uri: 'https://k.example', keys: [key.jwk] }) });
    const token = ` ${await tokenOf(key)}\n`;
    expect(await desk.call('identity.tryToken', { token })).toMatchObject({
      refusal: null,
      identity: { subject: 'acme:ada', connections: [{ name: 'orders', grant: 1, scope: null }] },
    });
    expect(await desk.call('identity.tryToken', { token, as: { ...acme, audience: 'another' } })).toMatchObject({
      refusal: expect.stringMatching(/^the token is for another audience/),
    });
  });

  test('a request that has ended cannot be answered', async () => {
    const { desk, ports } = open();
    const asked = { connection: 'orders', provider: 'acme', subject: 'acme:ada', otherConnections: [] };
    const answer = ports.tokenRequests.ask(asked, new AbortController().signal, () => undefined);
    expect((await desk.call('identity.list', {})).requests).toMatchObject([{ id: 'request', connection: 'orders' }]);
    await desk.call('identity.answerRequest', { id: 'request', give: true });
    expect(await answer).toBe('given');
    await expect(desk.call('identity.answerRequest', { id: 'request', give: true })).rejects.toMatchObject({
      code: 'request_ended',
    });
  });
});

describe('lines with a token', () => {
  const reach = { listeners: [{ host: '127.0.0.1', port: 6432 }], certificateFile: '/data/postern-ca.crt' };

  test('have no secret, and get a fresh token when they run', () => {
    const url = 'postgresql://token@127.0.0.1:6432/orders?sslmode=verify-full&sslrootcert=/data/postern-ca.crt';
    expect(tokenAddresses(aConnection(), [acme], reach, ['postern', 'token'])).toEqual([
      {
        provider: 'acme',
        token: 'postern token --connection orders',
        psql: `PGPASSWORD=$(postern token --connection orders) psql '${url}'`,
        claude: expect.stringContaining(
          `DATABASE_URL='${url}' claude --append-system-prompt 'PostgreSQL is at $DATABASE_URL: use PGPASSWORD=$(postern token --connection orders) psql "$DATABASE_URL".`,
        ),
      },
    ]);
  });

  test('name the provider where several give tokens, and quote what a shell would split', () => {
    const other = providerOf({ name: 'other', client, grants: [{ groups: ['x'], connections: ['orders'] }] });
    const command = ['postern', 'token', '--config', "/my files/it's.json"];
    expect(tokenAddresses(aConnection(), [acme, other], reach, command).map(({ token }) => token)).toEqual([
      "postern token --config '/my files/it'\\''s.json' --connection orders --provider acme",
      "postern token --config '/my files/it'\\''s.json' --connection orders --provider other",
    ]);
  });

  test('are for connections that a provider with a client grants, and no others', () => {
    const without = providerOf({ grants: [{ groups: ['x'], connections: ['orders'] }] });
    expect(tokenAddresses(aConnection(), [without], reach, ['postern', 'token'])).toEqual([]);
    expect(tokenAddresses(aConnection({ name: 'other' }), [acme], reach, ['postern', 'token'])).toEqual([]);
  });
});

test('what a test found of an account is shown with every connection that logs in as it', async () => {
  const account = {
    ...{ role: 'app', superuser: true, createRole: true, replication: false, bypassesRowSecurity: false },
    ...{ ownsDatabase: false, ownedRelations: 0, powerfulRoles: [] },
  };
  const gateway = {
    ...fakeGateway(),
    testConnection: async () => ({ ok: true, steps: [], serverVersion: '18', encrypted: false, account }),
  };
  const { desk } = open({ gateway });
  const [before] = await desk.call('connections.list', {});
  await desk.call('connections.test', { config: aConnection() });
  const [after] = await desk.call('connections.list', {});
  expect([before?.account, after?.account]).toEqual([null, account]);
});
