import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchJson } from '../../../src/gateway/identity/fetch-json.ts';
import { testProvider } from '../../../src/gateway/identity/provider-test.ts';
import { tryToken } from '../../../src/gateway/identity/token-trial.ts';
import { audience, service, startOidcProvider, type TestOidcProvider } from '../../support/oidc-provider.ts';
import { issuer, providerOf, signingKey, tokenOf } from './tokens.ts';

let oidc: TestOidcProvider;
beforeAll(async () => {
  oidc = await startOidcProvider();
});
afterAll(() => oidc.stop());

describe('a test of a provider', () => {
  test('says what a real one has', async () => {
    const client = { clientId: 'postern', flow: 'authorization_code', scope: 'openid', parameters: {} } as const;
    expect(await testProvider(oidc.config({ client }), fetchJson)).toEqual({
      ok: true,
      steps: [
        {
          name: 'Read the metadata',
          ok: true,
          detail: `${oidc.issuer}/.well-known/openid-configuration is of this issuer`,
        },
        {
          name: 'Read the keys',
          ok: true,
          detail: `${oidc.issuer}/jwks has 1, of which 1 can sign tokens that are taken`,
        },
        { name: 'Get tokens', ok: true, detail: 'authorization_code is offered; a sign-in can renew itself' },
      ],
      keys: [{ id: 'first', type: 'EC P-256', usable: true, detail: 'signs with ES256' }],
    });
  });

  test.each<[string, Parameters<TestOidcProvider['config']>[0], RegExp]>([
    [
      'an algorithm that it has no key for',
      { algorithms: ['RS256'] },
      /has 1 keys, and none that signs with an allowed algorithm$/,
    ],
    ['another port', { issuer: 'http://127.0.0.1:9' }, /does not answer/],
  ])('fails at the right step: %s', async (_, more, detail) => {
    const { ok, steps } = await testProvider(oidc.config(more), fetchJson);
    expect([ok, steps.at(-1)]).toEqual([
      false,
      expect.objectContaining({ ok: false, detail: expect.stringMatching(detail) }),
    ]);
  });

  test.each([
    [{ issuer: 'https://login.example.com/' }, /^its metadata is of the issuer "https:\/\/login.example.com\/"$/],
    [{ issuer, jwks_uri: 'http://keys.example' }, /^its jwks_uri must be https/],
    [{ issuer, jwks_uri: 'https://keys.example', keys: 'none' }, /^its key set holds no keys$/],
    [{ issuer, jwks_uri: 'https://keys.example', keys: [{ kty: 'oct' }, null] }, /has 2 keys, and none that signs/],
  ])('names what is wrong with %j', async (answer, detail) => {
    const { ok, steps } = await testProvider(providerOf(), async () => answer);
    expect([ok, steps.at(-1)?.detail]).toEqual([false, expect.stringMatching(detail)]);
  });

  test('tells of a flow that the provider does not offer, and of what it does not list', async () => {
    const { jwk } = await signingKey('k');
    const metadata = { issuer, jwks_uri: 'https://k.example', token_endpoint: 'https://t.example', keys: [jwk] };
    const client = { clientId: 'postern', scope: 'openid', parameters: {}, exchange: {} } as const;
    const ask = (flow: 'authorization_code' | 'device_code', more: object) =>
      testProvider(providerOf({ client: { ...client, flow } }), async () => ({ ...metadata, ...more }));
    expect((await ask('device_code', {})).steps.at(-1)).toEqual({
      name: 'Get tokens',
      ok: false,
      detail: 'the provider has no device authorization endpoint',
    });
    const listed = {
      authorization_endpoint: 'https://a.example',
      grant_types_supported: ['authorization_code'],
      code_challenge_methods_supported: ['plain'],
    };
    expect((await ask('authorization_code', listed)).steps.at(-1)?.detail).toBe(
      'authorization_code is offered; Warning: it does not list PKCE with S256; Warning: it does not list token exchange; a sign-out cannot be told to it (no revocation endpoint)',
    );
  });
});

describe('a token that is tried', () => {
  const options = () => ({
    providers: [oidc.config()],
    fetchJson,
    now: Date.now(),
    monotonic: () => performance.now(),
  });

  test('is taken, with whom it speaks of and by which grant', async () => {
    const provider = oidc.config({
      grants: [
        { groups: ['nobody'], connections: ['shop'] },
        { groups: ['engineers'], connections: ['shop', 'billing'], scope: { readOnly: true } },
      ],
    });
    const token = await oidc.token();
    const trial = await tryToken(token, { ...options(), providers: [provider] });
    expect(trial).toEqual({
      refusal: null,
      claims: expect.arrayContaining([
        { name: 'alg', value: 'ES256' },
        { name: 'aud', value: audience },
        { name: 'groups', value: '["engineers"]' },
      ]),
      identity: {
        provider: 'acme',
        agent: `acme:${service.clientId}`,
        subject: `acme:${service.clientId}`,
        groups: ['engineers'],
        expiresAt: expect.any(Number),
        connections: [
          { name: 'shop', grant: 2, scope: { readOnly: true } },
          { name: 'billing', grant: 2, scope: { readOnly: true } },
        ],
      },
    });
    const [, , signature = ''] = token.split('.');
    expect(JSON.stringify(trial)).not.toContain(signature);
  });

  test.each<[string, () => Promise<string>, RegExp, string[]]>([
    [
      'of a stranger',
      async () => tokenOf(await signingKey('x')),
      /^the token is of an issuer that is not configured: "https/,
      ['kid', 'iss'],
    ],
    ['that is none', async () => 'hello', /^the token cannot be read: it has 1 parts, not 3$/, []],
    [
      'with a signature of somebody else',
      async () =>
        tokenOf(await signingKey('first'), {
          iss: oidc.issuer,
          aud: audience,
          sub: 'ada',
          client_id: 'x',
          iat: 1,
          exp: 9_999_999_999,
        }),
      /^the signature of the token is wrong$/,
      ['exp'],
    ],
  ])('is refused with the precise reason: %s', async (_, make, refusal, names) => {
    const trial = await tryToken(await make(), options());
    expect(trial).toMatchObject({ refusal: expect.stringMatching(refusal), identity: null });
    expect(trial.claims.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });
});
