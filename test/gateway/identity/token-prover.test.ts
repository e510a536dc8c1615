import { createHmac, createPublicKey } from 'node:crypto';
import { EncryptJWT, type JWTPayload } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import type { IdentityProvider } from '../../../src/contract/index.ts';
import { keysCooldownMs, keysFreshMs } from '../../../src/gateway/identity/provider-keys.ts';
import { createTokenProver } from '../../../src/gateway/identity/token-prover.ts';
import { audience, claims, forged, issuer, now, providerOf, type SigningKey, signingKey, tokenOf } from './tokens.ts';

let es: SigningKey;
let rsa: SigningKey;
let stranger: SigningKey;
beforeAll(async () => {
  [es, rsa, stranger] = await Promise.all([signingKey('es'), signingKey('rsa', 'RS256'), signingKey('es')]);
});

/** A provider whose network and clocks are in our hands. */
function world(provider: IdentityProvider = providerOf(), published: () => readonly SigningKey[] = () => [es, rsa]) {
  const asked: string[] = [];
  const state = { time: 0, wallMs: now * 1000, down: '', providers: [provider], metadata: {} as object };
  const prover = createTokenProver({
    providers: () => state.providers,
    clock: () => state.wallMs,
    monotonic: () => state.time,
    fetchJson: async (url) => {
      asked.push(url.replace(issuer, ''));
      if (state.down !== '') throw new Error(state.down);
      if (url.endsWith('/openid-configuration')) return { issuer, jwks_uri: `${issuer}/keys`, ...state.metadata };
      return { keys: published().map(({ jwk }) => jwk) };
    },
  });
  const reason = async (token: string): Promise<string> => {
    const proof = await prover.prove(token);
    if (proof.ok) return 'ok';
    expect(proof.told).toBeNull();
    return proof.reason;
  };
  return { prover, reason, state, asked };
}

test('a token of the provider says who asks, for whom, with which groups and until when', async () => {
  const { prover, asked } = world();
  expect(await prover.prove(await tokenOf(es))).toEqual({
    ok: true,
    identity: {
      agent: 'acme:claude-code',
      subject: 'acme:ada',
      groups: ['engineers'],
      connections: ['shop'],
      token: {
        provider: 'acme',
        issuer,
        subject: 'ada',
        client: 'claude-code',
        id: 'token-1',
        expiresAt: (now + 600) * 1000,
      },
      keyHash: null,
    },
  });
  await prover.prove(await tokenOf(rsa));
  expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
});

describe('a claim', () => {
  test.each<[string, Partial<IdentityProvider>, JWTPayload, string]>([
    ['for somebody else', {}, { aud: 'other' }, 'the token is for another audience: "other"'],
    [
      'for us and others',
      {},
      { aud: [audience, 'other'] },
      `the token is for more than this audience: ${JSON.stringify([audience, 'other'])}`,
    ],
    ['for us alone, in a list', {}, { aud: [audience] }, 'ok'],
    [
      'for a name that begins like ours',
      {},
      { aud: `${audience}/x` },
      `the token is for another audience: "${audience}/x"`,
    ],
    ['for nobody', {}, { aud: undefined as never }, 'the token is for another audience: none'],
    [
      'of an issuer with a slash',
      {},
      { iss: `${issuer}/` },
      `the token is of an issuer that is not configured: "${issuer}/"`,
    ],
    [
      'of an issuer in capitals',
      {},
      { iss: issuer.toUpperCase() },
      `the token is of an issuer that is not configured: "${issuer.toUpperCase()}"`,
    ],
    [
      'of an issuer that begins like ours',
      {},
      { iss: `${issuer}.evil.example` },
      `the token is of an issuer that is not configured: "${issuer}.evil.example"`,
    ],
    [
      'of our issuer with its port',
      {},
      { iss: `${issuer}:443` },
      `the token is of an issuer that is not configured: "${issuer}:443"`,
    ],
    [
      'of a list of issuers',
      {},
      { iss: [issuer] as never },
      `the token is of an issuer that is not configured: ["${issuer}"]`,
    ],
    ['for an empty list', {}, { aud: [] }, 'the token is for another audience: []'],
    [
      'for us twice',
      {},
      { aud: [audience, audience] },
      `the token is for more than this audience: ${JSON.stringify([audience, audience])}`,
    ],
    [
      'for us in capitals',
      {},
      { aud: audience.toUpperCase() },
      `the token is for another audience: "${audience.toUpperCase()}"`,
    ],
    [
      'for an object',
      {},
      { aud: { [audience]: true } as never },
      `the token is for another audience: {"${audience}":true}`,
    ],
    ['that expired before the epoch', {}, { exp: -1 }, 'the token expired at 1969-12-31T23:59:59.000Z'],
    [
      'with no number for an expiry',
      {},
      { exp: true as never },
      'the token has a wrong exp: "exp" claim must be a number',
    ],
    [
      'with nothing for an expiry',
      {},
      { exp: null as never },
      'the token has a wrong exp: "exp" claim must be a number',
    ],
    [
      'with a start in letters',
      {},
      { nbf: `${now}` as never },
      'the token has a wrong nbf: "nbf" claim must be a number',
    ],
    ['with other claims elsewhere, as Entra puts them', {}, { _claim_names: { photo: 'src1' } }, 'ok'],
    ['of no issuer', {}, { iss: undefined as never }, 'the token is of an issuer that is not configured: nobody'],
    ['expired', {}, { exp: now - 31 }, 'the token expired at 2026-11-22T23:59:29.000Z'],
    ['expired within the skew', {}, { exp: now - 29 }, 'ok'],
    [
      'expired where no skew is granted',
      { clockSkewSeconds: 0 },
      { exp: now },
      'the token expired at 2026-11-23T00:00:00.000Z',
    ],
    ['without expiry', {}, { exp: undefined as never }, 'the token has a wrong exp: missing required "exp" claim'],
    [
      'with an expiry in letters',
      {},
      { exp: `${now + 60}` as never },
      'the token has a wrong exp: "exp" claim must be a number',
    ],
    [
      'with an expiry in the year 5138',
      {},
      { exp: 1e11 },
      `the token is valid for ${1e11 - now} s, longer than 86400 s`,
    ],
    ['not valid yet', {}, { nbf: now + 40 }, 'the token has a wrong nbf: "nbf" claim timestamp check failed'],
    ['valid in a moment', {}, { nbf: now + 20 }, 'ok'],
    ['issued in the future', {}, { iat: now + 300 }, 'the token is issued 300 s from now; is a clock wrong?'],
    [
      'without a time of issue',
      {},
      { iat: undefined as never },
      'the token has a wrong iat: missing required "iat" claim',
    ],
    ['without a subject', {}, { sub: undefined as never }, 'the token does not say whom it speaks of (claim sub)'],
    [
      'with a subject that is no name',
      {},
      { sub: 'a\u202eb' },
      'the token has a claim sub that is no readable name: "a\u202eb"',
    ],
    [
      'without a client',
      {},
      { client_id: undefined as never },
      'the token does not say which program it is for (claim client_id)',
    ],
    ['with the client in azp', {}, { client_id: undefined as never, azp: 'x' }, 'ok'],
    [
      'without groups',
      {},
      { groups: undefined as never },
      'the token of acme: no grant fits it (subject ada, client claude-code, groups none)',
    ],
    [
      'with other groups',
      {},
      { groups: ['sales'] },
      'the token of acme: no grant fits it (subject ada, client claude-code, groups sales)',
    ],
    [
      'with a group that begins alike',
      {},
      { groups: ['engineers2'] },
      'the token of acme: no grant fits it (subject ada, client claude-code, groups engineers2)',
    ],
    [
      'with one text for groups',
      {},
      { groups: 'engineers' },
      'the token has groups that are no list of names (claim groups)',
    ],
    ['with numbers for groups', {}, { groups: [1] }, 'the token has groups that are no list of names (claim groups)'],
    [
      'with too many groups for Entra',
      {},
      { _claim_names: { groups: 'src1' }, groups: undefined as never },
      'the token leaves its groups out because there are too many (claim groups); send fewer or app roles',
    ],
    [
      'with Entra’s other mark of that',
      {},
      { hasgroups: true },
      'the token leaves its groups out because there are too many (claim groups); send fewer or app roles',
    ],
    [
      'with groups below a path',
      { groupsClaim: 'realm_access.roles' },
      { realm_access: { roles: ['engineers'] } },
      'ok',
    ],
    [
      'with groups of its prototype',
      { groupsClaim: 'constructor.name' },
      {},
      'the token of acme: no grant fits it (subject ada, client claude-code, groups none)',
    ],
  ])('%s', async (_, provider, payload, answer) => {
    expect(await world({ ...providerOf(), ...provider }).reason(await tokenOf(es, claims(payload)))).toBe(answer);
  });
});

describe('a header', () => {
  test.each<[string, object, string]>([
    ['with a key of its own', { jwk: { kty: 'EC' } }, 'the token of acme: its header brings its own "jwk"'],
    [
      'with an address of keys',
      { jku: 'https://evil.example/keys' },
      'the token of acme: its header brings its own "jku"',
    ],
    [
      'with an address of certificates',
      { x5u: 'https://evil.example/x' },
      'the token of acme: its header brings its own "x5u"',
    ],
    ['with certificates', { x5c: ['AAAA'] }, 'the token of acme: its header brings its own "x5c"'],
    ['with a packed payload', { zip: 'DEF' }, 'the token of acme: its header brings its own "zip"'],
    [
      'with a rule that nobody knows',
      { crit: ['x-nobody'], 'x-nobody': 1 },
      'the token of acme: its header brings its own "crit"',
    ],
    ['with a rule of its own', { crit: ['exp'] }, 'the token of acme: its header brings its own "crit"'],
    ['with a payload that is not encoded', { b64: false }, 'the token of acme: its header brings its own "b64"'],
    ['of an ID token', { typ: 'JWT' }, 'the token has a wrong typ: unexpected "typ" JWT header value'],
    ['of no type', { typ: undefined }, 'the token has a wrong typ: unexpected "typ" JWT header value'],
    [
      'with a path for a key',
      { kid: '../../dev/null' },
      'the token is signed with a key that its provider does not have',
    ],
    ['with SQL for a key', { kid: "' OR 1=1 --" }, 'the token is signed with a key that its provider does not have'],
    [
      'with the kid of another algorithm',
      { kid: 'rsa' },
      'the token is signed with a key that its provider does not have',
    ],
    ['of type application/at+jwt', { typ: 'application/at+jwt' }, 'ok'],
  ])('%s', async (_, header, answer) => {
    const token = forged({ alg: 'ES256', kid: 'es', typ: 'at+jwt', ...header }, claims(), 'AAAA');
    const signed = ['b64', 'crit', 'zip'].some((name) => name in header) ? token : await tokenOf(es, claims(), header);
    expect(await world().reason(signed)).toBe(answer);
  });

  test('of any type is taken where the provider does not mark access tokens', async () => {
    const provider = providerOf({ tokenType: 'any' });
    expect(await world(provider).reason(await tokenOf(es, claims(), { typ: 'JWT' }))).toBe('ok');
  });
});

describe('a signature', () => {
  const wrong = 'the signature of the token is wrong';
  const notAllowed = 'the token is signed with an algorithm that is not allowed';

  test('of somebody else’s key with the same kid', async () => {
    expect(await world().reason(await tokenOf(stranger))).toBe(wrong);
  });

  test.each(['none', 'None', 'NONE', 'nOnE', 'HS256', ''])('by the algorithm "%s"', async (alg) => {
    const token = forged({ alg, kid: 'es', typ: 'at+jwt' });
    expect(await world().reason(token)).toMatch(
      alg === '' ? /^the token cannot be verified: JWS "alg"/ : new RegExp(notAllowed),
    );
  });

  test('by HMAC with the provider’s public key as the secret', async () => {
    const pem = createPublicKey({ key: rsa.jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const unsigned = forged({ alg: 'HS256', kid: 'rsa', typ: 'at+jwt' }).replace(/\.$/, '');
    const signature = createHmac('sha256', pem).update(unsigned).digest('base64url');
    expect(await world().reason(`${unsigned}.${signature}`)).toBe(notAllowed);
  });

  test('of zeros, which broken ECDSA takes for every text', async () => {
    const zeros = Buffer.alloc(64).toString('base64url');
    expect(await world().reason(forged({ alg: 'ES256', kid: 'es', typ: 'at+jwt' }, claims(), zeros))).toBe(wrong);
  });

  test('that was made for other claims', async () => {
    const [header, , signature] = (await tokenOf(es)).split('.');
    const [, payload] = forged({}, claims({ sub: 'root' })).split('.');
    expect(await world().reason(`${header}.${payload}.${signature}`)).toBe(wrong);
  });

  test.each([
    ['PS256', 'RS256'],
    ['RS256', 'PS256'],
  ])('by %s with a key for %s', async (alg, keyAlg) => {
    const [key, other] = await Promise.all([signingKey('k', keyAlg), signingKey('k', alg)]);
    const token = await tokenOf(other);
    expect(await world(providerOf(), () => [key]).reason(token)).toMatch(/key that its provider does not have$/);
  });

  test.each([
    ['RS256', 'es'],
    ['PS256', 'es'],
    ['ES256', 'rsa'],
    ['EdDSA', 'es'],
  ])('by %s with the key %s, of another kind, whose algorithm the provider does not tell', async (alg, kid) => {
    const [key, other] = await Promise.all([signingKey(kid, alg), kid === 'es' ? es : rsa]);
    const { alg: _, ...jwk } = other.jwk;
    const token = await tokenOf(key);
    expect(await world(providerOf(), () => [{ ...other, jwk }]).reason(token)).toMatch(
      /key that its provider does not have$/,
    );
  });

  test('by HMAC with a secret that the provider publishes', async () => {
    const k = Buffer.from('a shared secret of 32 bytes, yes').toString('base64url');
    const secret: SigningKey = { ...es, kid: 'oct', jwk: { kty: 'oct', kid: 'oct', alg: 'HS256', k } };
    const unsigned = forged({ alg: 'HS256', kid: 'oct', typ: 'at+jwt' }).replace(/\.$/, '');
    const signature = createHmac('sha256', Buffer.from(k, 'base64url')).update(unsigned).digest('base64url');
    expect(await world(providerOf(), () => [secret]).reason(`${unsigned}.${signature}`)).toBe(notAllowed);
  });

  test.each([
    ['that is missing', ''],
    ['of one byte', 'AA'],
    ['in DER, as OpenSSL writes it', Buffer.from('3006020101020101', 'hex').toString('base64url')],
  ])('%s', async (_, signature) => {
    expect(await world().reason(forged({ alg: 'ES256', kid: 'es', typ: 'at+jwt' }, claims(), signature))).toBe(wrong);
  });

  test.each([7, ['es'], { es: 1 }, '__proto__', ''])('with the kid %j', async (kid) => {
    const token = await tokenOf(es, claims(), { kid: kid as never });
    expect(await world().reason(token)).toMatch(/key that its provider does not have$|^the token cannot be verified: /);
  });

  test('by an algorithm that the operator left out', async () => {
    expect(await world(providerOf({ algorithms: ['RS256'] })).reason(await tokenOf(es))).toBe(notAllowed);
  });

  test('with an RSA key of 1024 bits', async () => {
    const weak = await signingKey('weak', 'RS256', { modulusLength: 2048 });
    const small = { ...weak, jwk: { ...weak.jwk, n: Buffer.alloc(128, 0xff).toString('base64url') } };
    expect(await world(providerOf(), () => [small]).reason(await tokenOf(weak))).toMatch(/2048 bits or larger/);
  });
});

describe('what is no signed token', () => {
  test.each([
    [
      'two parts more',
      `${forged({})}.a.b`,
      'the token cannot be read: it is encrypted (JWE); only signed tokens are taken',
    ],
    ['four parts', `${forged({})}.a`, 'the token cannot be read: it has 4 parts, not 3'],
    ['a header that is a list', forged([]), 'the token cannot be read: its header is no JSON object'],
    ['a payload that is not JSON', forged({}, '{'), 'the token cannot be read: its payload is no JSON object'],
    [
      'a claim twice',
      forged({}, '{"sub":"ada","a":{"sub":1},"s\\u0075b":"root"}'),
      'the token cannot be read: its payload names "sub" twice',
    ],
    [
      'an algorithm twice',
      forged('{"alg":"none","alg":"ES256"}'),
      'the token cannot be read: its header names "alg" twice',
    ],
    ['bits behind the end', forged({}).replace(/^e30/, 'e31'), 'the token cannot be read: its header is not base64url'],
    [
      'more than 64 KiB',
      forged({}, claims({ padding: 'x'.repeat(70_000) })),
      'the token cannot be read: it is longer than 65536 bytes',
    ],
  ])('%s', async (_, token, reason) => {
    expect(await world().reason(token)).toBe(reason);
  });

  test('an encrypted token', async () => {
    const token = await new EncryptJWT(claims())
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(Buffer.alloc(32, 1));
    expect(await world().reason(token)).toBe(
      'the token cannot be read: it is encrypted (JWE); only signed tokens are taken',
    );
  });

  test('names that stand in several objects are no repetition', async () => {
    const payload = claims({ a: [{ sub: 1 }, { sub: 2 }], b: { sub: '"sub":' } });
    expect(await world().reason(await tokenOf(es, payload))).toBe('ok');
  });
});

describe('a clock of the gate', () => {
  const at = async (seconds: number, payload: JWTPayload = {}): Promise<string> => {
    const { reason, state } = world();
    state.wallMs += seconds * 1000;
    return reason(await tokenOf(es, claims(payload)));
  };

  test('that is 5 minutes slow takes nothing that is issued in its future, and says why', async () => {
    expect(await at(-300)).toBe('the token is issued 290 s from now; is a clock wrong?');
    expect(await at(-300, { nbf: now - 10 })).toBe('the token has a wrong nbf: "nbf" claim timestamp check failed');
  });

  test('that is 5 minutes fast takes only what is still valid by it', async () => {
    expect(await at(300)).toBe('ok');
    expect(await at(300, { exp: now + 200 })).toBe('the token expired at 2026-11-23T00:03:20.000Z');
  });
});

describe('keys', () => {
  const unknown = 'the token is signed with a key that its provider does not have';

  test('that are rotated are found at once, and then not looked for before 30 s are over', async () => {
    let keys = [es];
    const { reason, state, asked } = world(providerOf(), () => keys);
    expect(await reason(await tokenOf(es))).toBe('ok');
    const next = await signingKey('next');
    keys = [es, next];
    expect(await reason(await tokenOf(next))).toBe(unknown); // 0 s after the last look
    state.time += keysCooldownMs;
    expect(await reason(await tokenOf(next))).toBe('ok');
    for (let flood = 0; flood < 50; flood += 1) {
      state.time += 100;
      expect(await reason(forged({ alg: 'ES256', kid: `k${flood}`, typ: 'at+jwt' }, claims(), 'AAAA'))).toBe(unknown);
    }
    expect(asked.filter((url) => url === '/keys')).toHaveLength(2);
  });

  test('that are taken away stop to count once they are read anew', async () => {
    let keys = [es, rsa];
    const { reason, state } = world(providerOf(), () => keys);
    expect(await reason(await tokenOf(rsa))).toBe('ok');
    keys = [es];
    state.time += keysFreshMs;
    expect(await reason(await tokenOf(rsa))).toBe(unknown);
  });

  test('hold for a bounded time while the provider is down, and nothing is let in after it', async () => {
    const { reason, state, asked } = world(providerOf({ keysOutageHours: 1 }));
    expect(await reason(await tokenOf(es))).toBe('ok');
    state.down = 'it is down';
    state.time += keysFreshMs + 3_599_000;
    expect(await reason(await tokenOf(es))).toBe('ok');
    state.time += 1_000;
    expect(await reason(await tokenOf(es))).toBe(`the keys of ${issuer} cannot be read: it is down`);
    state.down = '';
    expect(await reason(await tokenOf(es))).toMatch(/cannot be read/); // too early for another attempt
    state.time += keysCooldownMs;
    expect(await reason(await tokenOf(es))).toBe('ok');
    expect(asked.filter((url) => url === '/keys')).toHaveLength(2);
  });

  test('are read once for tokens that come at once', async () => {
    const { reason, asked } = world();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => tokenOf(es)));
    expect(await Promise.all(tokens.map(reason))).toEqual(Array.from({ length: 10 }, () => 'ok'));
    expect(asked).toHaveLength(2);
  });

  test.each<[string, object, RegExp]>([
    [
      'metadata of another issuer',
      { issuer: `${issuer}/` },
      /its metadata is of the issuer "https:\/\/login.example.com\/"$/,
    ],
    [
      'keys over http',
      { jwks_uri: 'http://login.example.com/keys' },
      /its jwks_uri must be https; http only for this machine itself$/,
    ],
    ['no address of keys', { jwks_uri: undefined }, /its jwks_uri Invalid/],
  ])('%s', async (_, metadata, reason) => {
    const { reason: of, state } = world();
    state.metadata = metadata;
    expect(await of(await tokenOf(es))).toMatch(reason);
  });
});

describe('grants', () => {
  test('each condition has to hold, and connections of all that fit are given', async () => {
    const provider = providerOf({
      grants: [
        { groups: ['engineers'], clients: ['other'], connections: ['a'] },
        { subjects: ['ada', 'bob'], clients: ['claude-code'], connections: ['b', 'c'] },
        { groups: ['engineers', 'x'], connections: ['c', 'd'] },
        { groups: ['engineers'], connections: ['e'], scope: { validUntil: '2026-11-22T00:00:00Z' } },
      ],
    });
    const proof = await world(provider).prover.prove(await tokenOf(es));
    expect(proof).toMatchObject({ ok: true, identity: { connections: ['b', 'c', 'd'] } });
  });

  test('a provider that is configured no more proves nobody', async () => {
    const { reason, state } = world();
    const token = await tokenOf(es);
    expect(await reason(token)).toBe('ok');
    state.providers = [];
    expect(await reason(token)).toBe(`the token is of an issuer that is not configured: "${issuer}"`);
  });
});
