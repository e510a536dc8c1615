import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IdentityProvider, type TokenClient, tokenClient } from '../../../src/contract/index.ts';
import { decodeToken } from '../../../src/gateway/identity/jwt.ts';
import { accessToken } from '../../../src/main/sign-in/access-token.ts';
import { createClientSecrets } from '../../../src/main/sign-in/client-secret.ts';
import type { SignInPlace } from '../../../src/main/sign-in/flows.ts';
import { openLoopback } from '../../../src/main/sign-in/loopback.ts';
import { openerOf } from '../../../src/main/sign-in/open-browser.ts';
import { audience, program, service, startOidcProvider, type TestOidcProvider } from '../../support/oidc-provider.ts';
import { freePort } from '../../support/postgres.ts';

let oidc: TestOidcProvider;
beforeAll(async () => {
  oidc = await startOidcProvider();
});
afterAll(() => oidc.stop());

const serviceAccount = (more: Partial<TokenClient> = {}): TokenClient =>
  tokenClient.parse({
    clientId: service.clientId,
    flow: 'client_credentials',
    secret: { from: 'environment', variable: 'CLIENT_SECRET' },
    parameters: { resource: audience },
    ...more,
  });

async function ask(
  client: TokenClient,
  {
    provider = oidc.config(),
    secret = service.secret as string,
    connection = 'shop',
  }: { provider?: IdentityProvider; secret?: string; connection?: string } = {},
) {
  const environment: Record<string, string | undefined> = { CLIENT_SECRET: secret };
  const shown: SignInPlace[] = [];
  const person = {
    show: (place: SignInPlace) => void shown.push(place),
    openBrowser: () => false,
    signal: AbortSignal.timeout(10_000),
  };
  const secrets = createClientSecrets({ environment });
  const token = await accessToken({ provider, client, connection, person, secrets, now: Date.now });
  expect(environment).toEqual({});
  return { token, shown };
}

describe('a service account', () => {
  test('gets a token that the gate would take, and its secret leaves the environment', async () => {
    const { token, shown } = await ask(serviceAccount());
    expect(decodeToken(token)).toMatchObject({ payload: { aud: audience, client_id: service.clientId } });
    expect(shown).toEqual([]);
  });

  test('has its secret from a command as well', async () => {
    const command = ['printf', '%s\n', service.secret];
    const client = serviceAccount({ secret: { from: 'command', command } });
    const secrets = createClientSecrets({ environment: {} });
    const person = { show: () => undefined, openBrowser: () => false, signal: AbortSignal.timeout(10_000) };
    const token = await accessToken({
      provider: oidc.config(),
      client,
      connection: 'shop',
      person,
      secrets,
      now: Date.now,
    });
    expect(token).toMatch(/^eyJ/);
  });

  test.each<[string, Parameters<typeof ask>, string, RegExp]>([
    [
      'with a wrong secret',
      [serviceAccount(), { secret: 'wrong' }],
      'sign_in_failed',
      /^acme gave no token: invalid_client/,
    ],
    ['without a secret', [serviceAccount(), { secret: '' }], 'client_secret_missing', /CLIENT_SECRET is not set/],
    ['that is not known', [serviceAccount({ clientId: 'nobody' })], 'sign_in_failed', /invalid_client/],
    [
      'that may not use the flow',
      [serviceAccount({ clientId: program.clientId, secret: undefined as never })],
      'sign_in_failed',
      /^acme gave no token: [a-z_]+: .+/,
    ],
    [
      'that asks with a command which fails',
      [serviceAccount({ secret: { from: 'command', command: ['false'] } })],
      'client_secret_missing',
      /the command "false" gave none: it ended with exit code 1/,
    ],
  ])('%s gets none, and is told why in the provider’s words', async (_, [client, options], code, message) => {
    await expect(ask(client, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test.each<[string, Partial<IdentityProvider>, string, RegExp]>([
    [
      'another audience',
      { audience: 'https://another.example' },
      'shop',
      /is for another audience: "https:\/\/postern.example.com\/shop"$/,
    ],
    [
      'other groups',
      { grants: [{ groups: ['admins'], connections: ['shop'] }] },
      'shop',
      /no grant of acme gives shop to subject nightly-agent, client nightly-agent, groups engineers$/,
    ],
    ['another connection', {}, 'office', /no grant of acme gives office to/],
  ])('is told when its token would be refused: %s', async (_, more, connection, message) => {
    await expect(ask(serviceAccount(), { provider: oidc.config(more), connection })).rejects.toMatchObject({
      code: 'token_useless',
      message: expect.stringMatching(message),
    });
  });

  test('is told when the provider gives a token that is no JWT', async () => {
    const opaque = createServer((request, response) => {
      const issuer = `http://${request.headers.host}`;
      const metadata = {
        issuer,
        token_endpoint: `${issuer}/token`,
        authorization_endpoint: `${issuer}/auth`,
        jwks_uri: `${issuer}/keys`,
      };
      const body = request.url === '/token' ? { access_token: 'opaque', token_type: 'bearer' } : metadata;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => opaque.listen(0, '127.0.0.1', resolve));
    const { port } = opaque.address() as { port: number };
    const provider = oidc.config({ issuer: `http://127.0.0.1:${port}` });
    await expect(ask(serviceAccount(), { provider })).rejects.toMatchObject({
      code: 'token_useless',
      message: 'acme gave a token that would be refused: it is no signed JWT (it has 1 parts, not 3)',
    });
    opaque.close();
  });
});

test.each(['verification_uri', 'verification_uri_complete'])(
  'a page for signing in that is no web page is not shown: %s',
  async (field) => {
    const odd = createServer((request, response) => {
      const issuer = `http://${request.headers.host}`;
      const metadata = { issuer, token_endpoint: `${issuer}/token`, device_authorization_endpoint: `${issuer}/device` };
      const device = { device_code: 'd', user_code: 'ABCD', verification_uri: `${issuer}/page`, expires_in: 60 };
      const body = request.url === '/device' ? { ...device, [field]: 'javascript:alert(1)' } : metadata;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => odd.listen(0, '127.0.0.1', resolve));
    const { port } = odd.address() as { port: number };
    const provider = oidc.config({ issuer: `http://127.0.0.1:${port}` });
    const shown: SignInPlace[] = [];
    const person = {
      show: (place: SignInPlace) => void shown.push(place),
      openBrowser: () => true,
      signal: AbortSignal.timeout(10_000),
    };
    const client = tokenClient.parse({ clientId: program.clientId, flow: 'device_code' });
    const secrets = createClientSecrets({ environment: {} });
    await expect(
      accessToken({ provider, client, connection: 'shop', person, secrets, now: Date.now }),
    ).rejects.toMatchObject({ code: 'sign_in_failed', message: expect.stringMatching(/is no web page: javascript:/) });
    expect(shown).toEqual([]);
    odd.close();
  },
);

test('a provider that does not answer is named', async () => {
  const provider = oidc.config({ issuer: `http://127.0.0.1:${await freePort()}` });
  await expect(ask(serviceAccount(), { provider })).rejects.toMatchObject({
    code: 'provider_unreachable',
    message: expect.stringMatching(/^The identity provider acme cannot be asked: .*ECONNREFUSED/),
  });
});

describe('the loopback', () => {
  test('takes one answer with its own state, at its own address, and nothing else', async () => {
    const loopback = await openLoopback(0, 'mine');
    const port = new URL(loopback.redirectUri).port;
    const status = async (path: string, init: RequestInit = {}) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, init)).status;
    expect(await status('/callback?code=evil&state=other')).toBe(404);
    expect(await status('/callback?code=evil')).toBe(404);
    expect(await status('/?state=mine')).toBe(404);
    expect(await status('/callback?code=evil&state=mine', { method: 'POST' })).toBe(404);
    expect(
      await (await fetch(`http://localhost:${port}/callback?code=evil&state=mine`).catch(() => ({ status: 404 })))
        .status,
    ).toBe(404);
    expect(await status('/callback?code=good&state=mine')).toBe(200);
    expect((await loopback.answer).searchParams.get('code')).toBe('good');
    loopback.close();
  });
});

test.each([
  ['darwin', {}, ['open']],
  ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler']],
  ['linux', { DISPLAY: ':0' }, ['xdg-open']],
  ['linux', {}, null],
] as const)('on %s with %j the browser is opened by %j', (platform, environment, opener) => {
  expect(openerOf(platform, environment)).toEqual(opener);
});

test('secrets of clients that are known are taken from the environment at once, and used more than once', async () => {
  const environment: Record<string, string | undefined> = { ONE: 'first', TWO: 'second' };
  const secrets = createClientSecrets({ environment, sources: [{ from: 'environment', variable: 'ONE' }] });
  expect(environment).toEqual({ TWO: 'second' });
  const one = { from: 'environment', variable: 'ONE' } as const;
  expect([await secrets(one), await secrets(one)]).toEqual(['first', 'first']);
});
