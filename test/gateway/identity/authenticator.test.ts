import { expect, test } from 'vitest';
import { type AgentRecord, createAgentKey, hashAgentKey } from '../../../src/gateway/identity/agent-keys.ts';
import { createAuthenticator } from '../../../src/gateway/identity/authenticator.ts';
import { type LoginResult, type PresentedProof, refused } from '../../../src/gateway/identity/types.ts';

const key = createAgentKey();
const agent = (changes: Partial<AgentRecord> = {}): AgentRecord => ({
  name: 'claude',
  keyHash: hashAgentKey(key),
  connections: ['shop'],
  createdAt: 0,
  revokedAt: null,
  ...changes,
});
const other = agent({ name: 'other', keyHash: hashAgentKey(createAgentKey()) });

interface World {
  readonly log: string[];
  readonly login: (password: string) => Promise<LoginResult>;
  readonly present: (proof: PresentedProof) => Promise<LoginResult>;
}

function world(agents: () => readonly AgentRecord[], delay = 0): World {
  const log: string[] = [];
  const authenticator = createAuthenticator({
    agents,
    tokens: { prove: async (token) => refused(`the token "${token}" was asked about`) },
    limiter: {
      failed: (address) => {
        log.push(`failed ${address}`);
        return delay;
      },
    },
    clock: () => Date.parse('2026-11-23T00:00:00Z'),
  });
  const login = (password: string): Promise<LoginResult> =>
    authenticator.authenticate({ proof: { kind: 'password', password }, source: '127.0.0.1' });
  const present = (proof: PresentedProof) => authenticator.authenticate({ proof, source: '127.0.0.1' });
  return { log, login, present };
}

test('the key says who it is, and costs no attempt', async () => {
  const { login, log } = world(() => [other, agent()], 500);
  const identity = {
    agent: 'claude',
    subject: `key:${hashAgentKey(key).slice(0, 8)}`,
    groups: [],
    connections: ['shop'],
    token: null,
  };
  expect(await login(key)).toEqual({ ok: true, identity });
  expect(log).toEqual([]);
});

test.each([
  ['an unknown key', createAgentKey(), 'no agent has this key'],
  ['a key with something behind it', `${key} `, 'no agent has this key'],
  ['the hash of a key', hashAgentKey(key), 'no agent has this key'],
  ['an empty key', '', 'no agent key was given'],
])('%s is refused and counted', async (_what, password, reason) => {
  const { login, log } = world(() => [agent(), other]);
  expect(await login(password)).toEqual({ ok: false, reason, told: null, delayMs: 0 });
  expect(log).toEqual(['failed 127.0.0.1']);
});

test('a key that is revoked is refused from the next log-in on', async () => {
  let agents = [agent()];
  const { login } = world(() => agents);
  expect((await login(key)).ok).toBe(true);
  agents = [agent({ revokedAt: 5 }), agent({ name: 'same key, not revoked' })];
  expect(await login(key)).toEqual({
    ok: false,
    reason: 'the key of agent claude has been revoked',
    told: 'This agent key has been revoked.',
    delayMs: 0,
  });
});

test('a record whose hash is no hash matches nothing', async () => {
  const { login } = world(() => [agent({ keyHash: '' }), agent({ keyHash: 'xyz' })]);
  expect((await login('')).ok).toBe(false);
  expect((await login(key)).ok).toBe(false);
});

test('a failure over the limit is to be answered late, a right key at once', async () => {
  const { login, log } = world(() => [agent()], 1_000);
  expect(await login('wrong')).toEqual({ ok: false, reason: 'no agent has this key', told: null, delayMs: 1_000 });
  expect((await login(key)).ok).toBe(true);
  expect(log).toEqual(['failed 127.0.0.1']);
});

test('a key that was valid for a time only is refused from then on', async () => {
  const until = (validUntil: string) => agent({ scope: { readOnly: false, validUntil } });
  expect((await world(() => [until('2026-11-23T00:00:01Z')]).login(key)).ok).toBe(true);
  expect(await world(() => [until('2026-11-23T01:00:00+01:00')]).login(key)).toEqual({
    ok: false,
    reason: 'the key of agent claude was valid until 2026-11-23T01:00:00+01:00',
    told: 'This agent key was valid until 2026-11-23T01:00:00+01:00.',
    delayMs: 0,
  });
});

test('where a token is asked for, an agent key is none', async () => {
  const { present, log } = world(() => [agent()]);
  expect(await present({ kind: 'token', token: key })).toEqual({
    ok: false,
    reason: `the token "${key}" was asked about`,
    told: null,
    delayMs: 0,
  });
  expect(await present({ kind: 'unusable', reason: 'gave an empty bearer token' })).toMatchObject({
    reason: 'the client gave an empty bearer token',
  });
  expect(log).toEqual(['failed 127.0.0.1', 'failed 127.0.0.1']);
});
