import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type IdentityProvider, type SignInState, tokenClient } from '../../../src/contract/index.ts';
import { decodeToken } from '../../../src/gateway/identity/jwt.ts';
import { createClientSecrets } from '../../../src/main/sign-in/client-secret.ts';
import { type Keychain, noKeychain } from '../../../src/main/sign-in/keychain.ts';
import { SignIns } from '../../../src/main/sign-in/sign-ins.ts';
import { launchChromium } from '../../renderer/harness/browser.ts';
import { asPerson, signIn } from '../../support/oidc-person.ts';
import { audience, program, startOidcProvider, type TestOidcProvider } from '../../support/oidc-provider.ts';

vi.setConfig({ testTimeout: 30_000 }); // a browser on a busy machine

let oidc: TestOidcProvider;
let browser: Browser;
beforeAll(async () => {
  [oidc, browser] = await Promise.all([
    startOidcProvider({ groups: { ada: ['engineers'], mallory: ['sales'] } }),
    launchChromium(),
  ]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await oidc.stop();
});

const client = (more: object = {}) =>
  tokenClient.parse({ clientId: program.clientId, parameters: { resource: audience }, ...more });

/** A keychain whose secrets the test can see and take away. */
function keychainOf(secrets: Map<string, string>): Keychain {
  return {
    state: async () => ({ available: true, name: 'a test' }),
    read: async (name) => secrets.get(name) ?? null,
    write: async (name, secret) => void secrets.set(name, secret),
    forget: async (name) => void secrets.delete(name),
  };
}

function open({
  provider = oidc.config({ client: client() }),
  keychain = noKeychain('none here'),
  now = Date.now,
} = {}) {
  const records: string[] = [];
  const signIns = new SignIns({
    keychain,
    now,
    secrets: createClientSecrets({ environment: {} }),
    openBrowser: () => false,
    record: (event, name, subject, reason) => void records.push([event, name, subject, reason].join(' ').trim()),
    log: () => undefined,
  });
  /** The first state that is of this kind. */
  const reached = <K extends SignInState['state']>(kind: K) =>
    new Promise<Extract<SignInState, { state: K }>>((resolve) => {
      const look = (): void => {
        const state = signIns.state(provider);
        if (state.state !== kind || (state.state === 'waiting' && state.url === null)) return;
        stop();
        resolve(state as Extract<SignInState, { state: K }>);
      };
      const stop = signIns.onChange(look);
      look();
    });
  const signInAs = async (
    name: string,
    remember = false,
    flow: 'authorization_code' | 'device_code' = 'authorization_code',
  ) => {
    signIns.start(provider, { flow, remember });
    const { url, userCode } = await reached('waiting');
    await asPerson(browser, async (page) => {
      await page.goto(url ?? '');
      if (userCode !== null) await page.getByRole('button', { name: 'Continue' }).click();
      await signIn(page, name);
      if (userCode === null) await page.getByRole('heading', { name: 'Signed in' }).waitFor();
    });
  };
  return { provider, signIns, records, reached, signInAs };
}

const payloadOf = (token: string) => {
  const decoded = decodeToken(token);
  return typeof decoded === 'string' ? {} : decoded.payload;
};

describe('an operator who signs in in the browser', () => {
  test('stays signed in: each token is a fresh one, without the browser, until the sign-out, which the provider hears of', async () => {
    const { provider, signIns, records, reached, signInAs } = open();
    await signInAs('ada');
    expect(await reached('signed_in')).toEqual({
      state: 'signed_in',
      subject: 'acme:ada',
      agent: 'acme:postern',
      groups: ['engineers'],
      connections: ['shop'],
      since: expect.any(Number),
      kept: 'memory',
      endsAt: null,
    });
    const [first, second] = await Promise.all([
      signIns.accessToken(provider, 'shop'),
      signIns.accessToken(provider, 'shop'),
    ]);
    expect([payloadOf(first).sub, payloadOf(second).sub]).toEqual(['ada', 'ada']);
    expect(payloadOf(first).jti).not.toBe(payloadOf(second).jti);
    expect(await signIns.signOut(provider)).toBeNull();
    await expect(signIns.accessToken(provider, 'shop')).rejects.toMatchObject({ code: 'not_signed_in' });
    expect(records).toEqual(['signed_in acme acme:ada', 'signed_out acme acme:ada']);
  });

  test('without a right to anything is told so, and nothing is kept', async () => {
    const { signIns, records, reached, signInAs } = open();
    await signInAs('mallory');
    expect(await reached('signed_out')).toEqual({
      state: 'signed_out',
      why: expect.stringMatching(
        /^acme gave a token that would be refused: no grant of acme gives anything to subject mallory, client postern, groups sales /,
      ),
    });
    expect([records, JSON.stringify(signIns)]).toEqual([[], '{}']);
  });

  test('may change their mind', async () => {
    const { provider, signIns, reached } = open();
    signIns.start(provider, { flow: 'authorization_code', remember: false });
    await reached('waiting');
    signIns.cancel('acme');
    expect(signIns.state(provider)).toEqual({ state: 'signed_out', why: null });
  });
});

test('a sign-in on another device renews itself as well', async () => {
  const { provider, signIns, reached, signInAs } = open();
  await signInAs('ada', false, 'device_code');
  expect(await reached('signed_in')).toMatchObject({ subject: 'acme:ada', endsAt: null });
  expect(payloadOf(await signIns.accessToken(provider, 'shop')).sub).toBe('ada');
});

test('without a refresh token the sign-in ends with its first token, and says so', async () => {
  // A provider gives one only with the consent that this prompt does not ask for (OpenID Connect Core 1.0, 11).
  const provider = oidc.config({ client: client({ parameters: { resource: audience, prompt: 'login' } }) });
  let time = Date.now();
  const { signIns, reached, signInAs } = open({ provider, now: () => time });
  await signInAs('ada');
  const { endsAt } = await reached('signed_in');
  expect(((endsAt ?? 0) - time) / 1000).toBeCloseTo(600, -1);
  expect(payloadOf(await signIns.accessToken(provider, 'shop')).sub).toBe('ada');
  time = endsAt ?? 0;
  const why = 'It ended, since acme gave no refresh token.';
  await expect(signIns.accessToken(provider, 'shop')).rejects.toMatchObject({
    code: 'not_signed_in',
    message: `Nobody is signed in at acme. ${why}`,
  });
  expect(signIns.state(provider)).toEqual({ state: 'signed_out', why });
});

test('groups and grants are those of the latest token and of the settings of now', async () => {
  const groups = { ada: ['engineers'] };
  const other = await startOidcProvider({ groups });
  const { provider, signIns, reached, signInAs } = open({ provider: other.config({ client: client() }) });
  await signInAs('ada');
  await reached('signed_in');
  groups.ada = ['engineers', 'dba'];
  await signIns.accessToken(provider, 'shop');
  const more = other.config({ client: client(), grants: [{ groups: ['dba'], connections: ['shop', 'billing'] }] });
  expect(signIns.state(more)).toMatchObject({ groups: ['engineers', 'dba'], connections: ['shop', 'billing'] });
  groups.ada = [];
  await expect(signIns.accessToken(more, 'shop')).rejects.toMatchObject({ code: 'token_useless' });
  await other.stop();
});

test('behind a token exchange, the token is the agent’s on behalf of the person', async () => {
  const provider = oidc.config({ clientClaim: 'act.sub', client: client({ exchange: { actor: 'claude-code' } }) });
  const { signIns, reached, signInAs } = open({ provider });
  await signInAs('ada');
  expect(await reached('signed_in')).toMatchObject({ subject: 'acme:ada', agent: 'acme:claude-code' });
  const token = await signIns.accessToken(provider, 'shop');
  expect(payloadOf(token)).toMatchObject({ sub: 'ada', act: { sub: 'claude-code' }, aud: audience });
});

describe('a sign-in that the keychain keeps', () => {
  test('is there after a start, with the refresh token that counts by then, and is gone after the sign-out', async () => {
    const secrets = new Map<string, string>();
    const first = open({ keychain: keychainOf(secrets) });
    await first.signInAs('ada', true);
    expect(await first.reached('signed_in')).toMatchObject({ kept: 'keychain' });
    await first.signIns.accessToken(first.provider, 'shop');
    const second = open({ keychain: keychainOf(secrets) });
    await second.signIns.restore([second.provider]);
    expect(await second.reached('signed_in')).toMatchObject({ subject: 'acme:ada', kept: 'keychain' });
    expect(payloadOf(await second.signIns.accessToken(second.provider, 'shop')).sub).toBe('ada');
    await second.signIns.signOut(second.provider);
    expect([...secrets]).toEqual([]);
  });

  test('goes to no other issuer or client, whatever the settings say by then', async () => {
    const secrets = new Map<string, string>();
    const first = open({ keychain: keychainOf(secrets) });
    await first.signInAs('ada', true);
    await first.reached('signed_in');
    for (const provider of [
      oidc.config({ issuer: 'https://evil.example', client: client() }),
      oidc.config({ client: client({ clientId: 'another' }) }),
    ]) {
      const second = open({ keychain: keychainOf(secrets), provider });
      await second.signIns.restore([provider]);
      expect(second.signIns.state(provider)).toEqual({ state: 'signed_out', why: null });
    }
  });

  test('stays in memory when the keychain takes nothing', async () => {
    const { reached, signInAs } = open({ keychain: noKeychain('none here') });
    await signInAs('ada', true);
    expect(await reached('signed_in')).toMatchObject({ kept: 'memory' });
  });

  test('that was copied and used twice is over for both, and the operator is told', async () => {
    const secrets = new Map<string, string>();
    const { provider, signIns, records, reached, signInAs } = open({ keychain: keychainOf(secrets) });
    await signInAs('ada', true);
    await reached('signed_in');
    const thief = open({ keychain: keychainOf(new Map(secrets)) });
    await thief.signIns.restore([provider]);
    await thief.signIns.accessToken(provider, 'shop');
    await expect(signIns.accessToken(provider, 'shop')).rejects.toMatchObject({
      code: 'not_signed_in',
      message: expect.stringMatching(/^Nobody is signed in at acme\. acme ended it: invalid_grant/),
    });
    await expect(thief.signIns.accessToken(provider, 'shop')).rejects.toMatchObject({ code: 'not_signed_in' });
    expect(await reached('signed_out')).toMatchObject({ why: expect.stringMatching(/^acme ended it: invalid_grant/) });
    expect(records.at(-1)).toMatch(/^signed_out acme acme:ada acme ended it/);
    expect([...secrets]).toEqual([]);
  });
});

test('a provider that does not answer ends no sign-in', async () => {
  const other = await startOidcProvider({ groups: { ada: ['engineers'] } });
  const { provider, signIns, reached, signInAs } = open({ provider: other.config({ client: client() }) });
  await signInAs('ada');
  await reached('signed_in');
  await other.stop();
  await expect(signIns.accessToken(provider, 'shop')).rejects.toMatchObject({ code: 'provider_unreachable' });
  expect(signIns.state(provider)).toMatchObject({ state: 'signed_in' });
});

test('a provider that cannot be told of a sign-out is named', async () => {
  const deaf = await startOidcProvider({ groups: { ada: ['engineers'] }, revocation: false });
  const { provider, signIns, reached, signInAs } = open({ provider: deaf.config({ client: client() }) });
  await signInAs('ada');
  await reached('signed_in');
  expect(await signIns.signOut(provider)).toBe('it has no revocation endpoint');
  await deaf.stop();
});

test.each([
  [undefined, 'acme has no client to sign in with.'],
  [client({ flow: 'client_credentials' }), 'The client of acme is a service account: it gets its tokens by itself.'],
])('nobody can sign in with the client %j', (given, why) => {
  const { provider, signIns } = open({ provider: oidc.config({ client: given }) as IdentityProvider });
  expect(signIns.state(provider)).toEqual({ state: 'impossible', why });
  expect(() => signIns.start(provider, { flow: 'device_code', remember: false })).toThrow(why);
});
