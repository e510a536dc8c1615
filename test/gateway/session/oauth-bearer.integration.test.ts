import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../../src/contract/index.ts';
import { freeFailures } from '../../../src/gateway/identity/rate-limiter.ts';
import { decodeFields } from '../../../src/gateway/wire/decode-backend.ts';
import {
  passwordMessage,
  query,
  saslInitialResponse,
  saslResponse,
  startupMessage,
} from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';
import { service, startOidcProvider, type TestOidcProvider } from '../../support/oidc-provider.ts';
import { RawClient, told } from '../../support/raw-client.ts';

let database: TestDatabase;
let provider: TestOidcProvider;
const gates: TestGate[] = [];
beforeAll(async () => {
  database = await createDatabase();
  provider = await startOidcProvider();
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.stop();
});
afterAll(async () => {
  await provider.stop();
  await database.drop();
});

const open = async (
  more: Partial<TestGateOptions> = {},
  changes: Partial<IdentityProvider> = {},
): Promise<TestGate> => {
  const gate = await startGate({
    database: database.name,
    policy: 'observe',
    authentication: 'oauthbearer',
    identityProviders: [provider.config(changes)],
    ...more,
  });
  gates.push(gate);
  return gate;
};
const start = (changes: Record<string, string> = {}): Buffer =>
  startupMessage(Object.entries({ user: 'whoever', database: 'shop', ...changes }));
const bearer = (token: string, header = 'n,,'): Buffer => Buffer.from(`${header}\u0001auth=${token}\u0001\u0001`);
const first = (response: Buffer): Buffer => saslInitialResponse('OAUTHBEARER', response);
const acknowledgement = saslResponse(Buffer.from('\u0001'));
/** Authentication messages as `number text`. */
const asked = (frame: Buffer | null): string =>
  frame === null ? 'end' : `${frame.readInt32BE(5)} ${frame.toString('latin1', 9)}`;

/** A client that has been asked for a SASL response. */
async function knock(gate: TestGate, startup: Buffer = start()): Promise<RawClient> {
  const client = await RawClient.open(gate.address);
  client.send(startup);
  expect(asked(await client.next())).toBe('10 OAUTHBEARER\0\0');
  return client;
}
/** What a client with this response is told: the error result, then the server's error. */
async function refusal(gate: TestGate, response: Buffer): Promise<{ result: unknown; error: Record<string, string> }> {
  const client = await knock(gate);
  const said = asked(await client.send(first(response)).next());
  expect(said).toMatch(/^11 /);
  const [error] = await client.send(acknowledgement).rest();
  client.close();
  return { result: JSON.parse(said.slice(3)), error: decodeFields(error as Buffer) };
}
const refused = (gate: TestGate) =>
  gateRecords(gate).flatMap((body) => (body.type === 'login_refused' ? [`${body.stage}: ${body.reason}`] : []));

describe('a client with an access token', () => {
  test('is let in by OAUTHBEARER and works like any other', async () => {
    const gate = await open();
    const client = await knock(gate);
    client.send(first(bearer(`Bearer ${await provider.token()}`)));
    const heard = await client.untilReady();
    expect(told(heard).filter((line) => line !== 'K')).toEqual(['R', 'Z I']);
    expect(asked(heard[0] ?? null)).toBe('0 ');
    expect(told(await client.send(query('SELECT 1')).untilReady())).toContain('D 1');
    const [startOfSession] = await gate.journal();
    expect(startOfSession?.body).toMatchObject({ type: 'session_start', agent: `acme:${service.clientId}` });
    expect(refused(gate)).toEqual([]);
    client.close();
  });

  test('may wait for an empty challenge first, and send everything before it is asked', async () => {
    const gate = await open();
    const token = await provider.token();
    const patient = await knock(gate);
    patient.send(new MessageBuilder(0x70).cstring('OAUTHBEARER').int32(-1).build());
    expect(asked(await patient.next())).toBe('11 ');
    expect(told(await patient.send(saslResponse(bearer(`Bearer ${token}`, 'y,,'))).untilReady()).at(-1)).toBe('Z I');
    const hasty = await RawClient.open(gate.address);
    hasty.send(start(), first(bearer(`bearer ${token}`)), query('SELECT 7'));
    expect(told(await hasty.untilReady(2))).toContain('D 7');
    for (const client of [patient, hasty]) client.close();
  });
});

describe('a client without a token', () => {
  test('is told where tokens come from, however often it asks: that is no failed log-in', async () => {
    const gate = await open(
      {},
      { client: { clientId: 'postern', flow: 'device_code', scope: 'openid db', parameters: {} } },
    );
    for (let knocks = 0; knocks < 2 * freeFailures; knocks += 1) {
      expect(await refusal(gate, bearer(''))).toEqual({
        result: {
          status: 'invalid_token',
          'openid-configuration': `${provider.issuer}/.well-known/openid-configuration`,
          scope: 'openid db',
        },
        error: {
          S: 'FATAL',
          V: 'FATAL',
          C: '28000',
          M: 'OAuth bearer authentication failed for user "whoever"',
          H: expect.stringContaining('an access token'),
        },
      });
    }
    expect(refused(gate)).toEqual([]);
    const began = performance.now();
    await refusal(gate, bearer('Bearer wrong')); // the first failure: were the questions counted, it would wait a second
    expect(performance.now() - began).toBeLessThan(900);
  });

  test('is refused with no address where no provider grants the connection', async () => {
    const gate = await open({ identityProviders: [] });
    expect((await refusal(gate, bearer(''))).result).toEqual({ status: 'invalid_token' });
  });
});

describe('a client with something else', () => {
  test.each([
    [
      'an agent key',
      (gate: TestGate) => `Bearer ${gate.key}`,
      /^log_in: the token cannot be read: it has 1 parts, not 3$/,
    ],
    ['another scheme', () => 'Basic abc', /^log_in: the client gave credentials that are no bearer token$/],
    [
      'a token that nobody signed',
      () => 'Bearer eyJhbGciOiJub25lIn0.e30.',
      /^log_in: the token is of an issuer that is not/,
    ],
  ])('hears nothing but that it failed: %s', async (_, credentials, reason) => {
    const gate = await open();
    const { result, error } = await refusal(gate, bearer(credentials(gate)));
    expect({ result, error }).toEqual(await refusal(gate, bearer('')));
    expect(refused(gate)).toEqual([expect.stringMatching(reason)]);
    expect(JSON.stringify(gateRecords(gate)) + gate.logged.join()).not.toContain(gate.key);
  });

  test.each<[string, (client: RawClient) => void, string, string]>([
    ['a password', (client) => client.send(passwordMessage('secret')), '08P01', 'insufficient data left in message'],
    [
      'another mechanism',
      (client) => client.send(saslInitialResponse('SCRAM-SHA-256', Buffer.from('n,,n=,r=x'))),
      '08P01',
      'client selected an invalid SASL authentication mechanism',
    ],
    ['a query', (client) => client.send(query('SELECT 1')), '08P01', 'expected SASL response'],
    [
      'channel binding',
      (client) => client.send(first(bearer('Bearer abc', 'p=tls-exporter,,'))),
      '0A000',
      'malformed OAUTHBEARER message: channel binding is not supported',
    ],
    [
      'bytes behind its response',
      (client) =>
        client.send(new MessageBuilder(0x70).cstring('OAUTHBEARER').int32(3).bytes(Buffer.from('n,,x')).build()),
      '08P01',
      'invalid message format',
    ],
    [
      'more than a token of 64 KiB',
      (client) => client.send(first(bearer(`Bearer ${'x'.repeat(67_000)}`))),
      '08P01',
      expect.stringContaining('invalid message length') as never,
    ],
  ])('is refused for what it sent, and the record says so: %s', async (_, send, sqlstate, message) => {
    const gate = await open();
    const client = await knock(gate);
    send(client);
    const heard = await client.rest();
    expect(heard.map(decodeFields)).toMatchObject([{ C: sqlstate, M: message }]);
    expect(gateRecords(gate).filter(({ type }) => type === 'login_refused')).toMatchObject([
      { stage: 'start_up', user: 'whoever', database: 'shop', reason: message },
    ]);
    client.close();
  });

  test('that does not acknowledge its error is cut off', async () => {
    const gate = await open();
    const client = await knock(gate);
    client.send(first(bearer('')), saslResponse(Buffer.from('\u0001\u0001')));
    expect(told(await client.rest())).toEqual(['R', 'E 08P01']);
    client.close();
  });

  test('a token of 64 KiB is read, and one byte more is too long', async () => {
    const gate = await open();
    const head = 'eyJhbGciOiJub25lIn0.';
    for (const size of [65_536, 65_537]) await refusal(gate, bearer(`Bearer ${head}${'x'.repeat(size - head.length)}`));
    expect(refused(gate)).toEqual([
      'log_in: the token cannot be read: it has 2 parts, not 3',
      'log_in: the token cannot be read: it is longer than 65536 bytes',
    ]);
  });
});

test('failures are slowed down like those of passwords', async () => {
  const gate = await open();
  for (let failures = 0; failures < freeFailures; failures += 1) await refusal(gate, bearer('Bearer wrong'));
  const began = performance.now();
  await refusal(gate, bearer('Bearer wrong'));
  expect(performance.now() - began).toBeGreaterThan(900);
});

describe('the setting', () => {
  test('asks nobody for a token in the clear where the listener requires TLS', async () => {
    const gate = await open({ listener: { tls: 'require' } });
    const client = await RawClient.open(gate.address);
    expect(told(await client.send(start()).rest())).toEqual(['E 28000']);
    client.close();
  });

  test('changes what the next client is asked for; keys are taken where it says password', async () => {
    const gate = await open({ authentication: 'password' });
    await (await gate.connect()).end();
    const settings = gate.gateway.settings();
    const connections = settings.connections.map((config) => ({ ...config, authentication: 'oauthbearer' as const }));
    gate.gateway.configure({ ...settings, connections }, 'ada');
    (await knock(gate)).close();
    expect(gateRecords(gate)).toContainEqual({
      type: 'settings_changed',
      what: 'connection shop: authentication now "oauthbearer"',
      by: 'ada',
    });
  });

  test('cannot be got round by a name that leads to the connection by another way', async () => {
    const gate = await open({ anyDatabase: true, authentication: 'password' });
    const settings = gate.gateway.settings();
    const [shop] = settings.connections;
    if (shop === undefined) throw new Error('no connection');
    // Two pass names on, so a name of neither is asked for a password; the key may use only one, which asks for a token.
    const connections = [
      { ...shop, authentication: 'oauthbearer' as const },
      { ...shop, name: 'other' },
    ];
    gate.gateway.configure({ ...settings, connections }, 'ada');
    await expect(gate.connect({ database: database.name })).rejects.toMatchObject({
      code: '28000',
      hint: 'Give "shop" as the database name.',
    });
    expect(refused(gate)).toEqual([
      'session: connection shop asks for oauthbearer, and the client proved itself by password',
    ]);
  });
});
