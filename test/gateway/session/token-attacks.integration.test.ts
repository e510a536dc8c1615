import { createHmac, createPublicKey } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { JWTPayload } from 'jose';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';
import { freePort } from '../../support/postgres.ts';
import * as tokens from '../identity/tokens.ts';
import { forged, providerOf, type SigningKey, signingKey, tokenOf } from '../identity/tokens.ts';

// The attack table of security.md, 3.5, over a real connection: one of each class. Every variant of them is in
// test/gateway/identity/token-prover.test.ts.

let database: TestDatabase;
let keys: Server;
let jwksUri: string;
let es: SigningKey;
let rsa: SigningKey;
let stranger: SigningKey;
const gates: TestGate[] = [];
beforeAll(async () => {
  [es, rsa, stranger] = await Promise.all([signingKey('es'), signingKey('rsa', 'RS256'), signingKey('es')]);
  database = await createDatabase();
  const port = await freePort();
  jwksUri = `http://127.0.0.1:${port}/keys`;
  keys = createServer((_, response) => response.end(JSON.stringify({ keys: [es.jwk, rsa.jwk] })));
  await new Promise<void>((resolve) => keys.listen(port, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.stop();
});
afterAll(async () => {
  await new Promise((resolve) => keys.close(resolve));
  await database.drop();
});

const open = async (): Promise<TestGate> => {
  const gate = await startGate({ database: database.name, identityProviders: [providerOf({ jwksUri })] });
  gates.push(gate);
  return gate;
};
/** Claims that hold now. */
const claims = (more: JWTPayload = {}): JWTPayload => {
  const now = Math.floor(Date.now() / 1000);
  return tokens.claims({ iat: now - 10, exp: now + 600, ...more });
};
const soon = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
const header = { alg: 'ES256', kid: 'es', typ: 'at+jwt' };
/** Everything that the client hears. */
const heard = (gate: TestGate, password: string): Promise<Record<string, unknown>> =>
  gate.connect({ password }).then(
    () => expect.fail('let in'),
    ({ severity, code, message, detail, hint, where }: pg.DatabaseError) => ({
      ...{ severity, code, message, detail, hint, where },
    }),
  );
const reasons = (gate: TestGate): string[] =>
  gateRecords(gate).flatMap((body) => (body.type === 'login_refused' ? [`${body.stage}: ${body.reason}`] : []));

function hmacWithPublicKey(): string {
  const pem = createPublicKey({ key: rsa.jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const unsigned = forged({ alg: 'HS256', kid: 'rsa', typ: 'at+jwt' }, claims()).replace(/\.$/, '');
  return `${unsigned}.${createHmac('sha256', pem).update(unsigned).digest('base64url')}`;
}

describe('nothing is said to the client, and the operator reads why:', () => {
  test.each<[string, () => string | Promise<string>, string | RegExp]>([
    [
      'no signature',
      () => forged({ ...header, alg: 'none' }, claims()),
      'the token is signed with an algorithm that is not allowed',
    ],
    ['HMAC with the public key', hmacWithPublicKey, 'the token is signed with an algorithm that is not allowed'],
    [
      'an algorithm of another key',
      () => tokenOf({ ...stranger, kid: 'rsa' }, claims()),
      'the token is signed with a key that its provider does not have',
    ],
    [
      'a key that it brings itself',
      () => tokenOf(stranger, claims(), { jwk: stranger.jwk as never }),
      'the token of acme: its header brings its own "jwk"',
    ],
    [
      'an address of keys that it brings itself',
      () => tokenOf(stranger, claims(), { jku: jwksUri }),
      'the token of acme: its header brings its own "jku"',
    ],
    [
      'a path for a key',
      () => tokenOf(es, claims(), { kid: '../../../etc/passwd' }),
      'the token is signed with a key that its provider does not have',
    ],
    [
      'a signature of zeros',
      () => forged(header, claims(), Buffer.alloc(64).toString('base64url')),
      'the signature of the token is wrong',
    ],
    ['somebody else’s signature', () => tokenOf(stranger, claims()), 'the signature of the token is wrong'],
    [
      'another audience',
      () => tokenOf(es, claims({ aud: 'https://elsewhere.example' })),
      'the token is for another audience: "https://elsewhere.example"',
    ],
    [
      'another issuer',
      () => tokenOf(es, claims({ iss: `${tokens.issuer}/` })),
      `the token is of an issuer that is not configured: "${tokens.issuer}/"`,
    ],
    ['an end in the past', () => tokenOf(es, claims({ exp: soon(-60) })), /^the token expired at \d{4}-/],
    [
      'an end far away',
      () => tokenOf(es, claims({ exp: 1e11 })),
      /^the token is valid for \d+ s, longer than 86400 s$/,
    ],
    [
      'a beginning in the future',
      () => tokenOf(es, claims({ nbf: soon(300) })),
      'the token has a wrong nbf: "nbf" claim timestamp check failed',
    ],
    [
      'a rule of its own',
      () => forged({ ...header, crit: ['b64'], b64: false }, claims(), 'AAAA'),
      /^the token of acme: its header brings its own "(crit|b64)"$/,
    ],
    [
      'encryption',
      () => `${forged(header, claims())}AAAA.AAAA.AAAA`,
      'the token cannot be read: it is encrypted (JWE); only signed tokens are taken',
    ],
    [
      'a claim twice',
      () => forged(header, '{"iss":"a","sub":"ada","sub":"root"}', 'AAAA'),
      'the token cannot be read: its payload names "sub" twice',
    ],
    [
      'groups that Entra leaves out',
      () => tokenOf(es, claims({ groups: undefined as never, _claim_names: { groups: 'src1' } })),
      'the token leaves its groups out because there are too many (claim groups); send fewer or app roles',
    ],
    [
      'no groups',
      () => tokenOf(es, claims({ groups: undefined as never })),
      'the token of acme: no grant fits it (subject ada, client claude-code, groups none)',
    ],
  ])('%s', async (_, token, reason) => {
    const gate = await open();
    const attack = await token();
    expect(await heard(gate, attack)).toEqual(await heard(gate, 'wrong'));
    const [first, second] = reasons(gate);
    expect(first).toMatch(typeof reason === 'string' ? new RegExp(`^log_in: ${escaped(reason)}$`) : reasonAt(reason));
    expect(second).toBe('log_in: no agent has this key');
    const written = JSON.stringify(gateRecords(gate)) + gate.logged.join();
    for (const part of attack.split('.').filter(({ length }) => length > 8)) expect(written).not.toContain(part);
  });

  test('more than 64 KiB do not even come in', async () => {
    const gate = await open();
    const token = forged(header, claims({ padding: 'x'.repeat(60_000) }), 'AAAA');
    expect(await heard(gate, token)).toMatchObject({ code: '08P01', detail: undefined });
    expect(reasons(gate)).toEqual([
      expect.stringMatching(/^start_up: invalid message length \d+ for message type "p"$/),
    ]);
  });
});

test('a token of the same provider that is as it should be is let in', async () => {
  const gate = await open();
  const client = await gate.connect({ password: await tokenOf(rsa, claims()) });
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  expect(reasons(gate)).toEqual([]);
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const reasonAt = (reason: RegExp): RegExp => new RegExp(reason.source.replace('^', '^log_in: '));
