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
    keyHash: hashAgentKey(key),
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
    reason: 'the key of agent claude was valid until 2026-11-23T00:00:00.000Z',
    told: 'This agent key was valid until 2026-11-23T00:00:00.000Z.',
    delayMs: 0,
  });
});

test('a key that was replaced is good until its grace is over, and is then told so for ever', async () => {
  const now = Date.parse('2026-11-23T00:00:00Z');
  const next = createAgentKey();
  const rotated = (until: number, more: Partial<AgentRecord> = {}) =>
    world(() => [
      other,
      agent({ keyHash: hashAgentKey(next), formerKeys: [{ keyHash: hashAgentKey(key), until }], ...more }),
    ]);
  const { login } = rotated(now + 1);
  const subject = (result: LoginResult) => (result.ok ? result.identity.subject : result.told);
  expect(subject(await login(key))).toBe(`key:${hashAgentKey(key).slice(0, 8)}`);
  expect(subject(await login(next))).toBe(`key:${hashAgentKey(next).slice(0, 8)}`);
  expect(await rotated(now).login(key)).toEqual({
    ok: false,
    reason: 'the key of agent claude was replaced by a new one and valid until 2026-11-23T00:00:00.000Z',
    told: 'This agent key was replaced by a new one and valid until 2026-11-23T00:00:00.000Z. Ask the operator for the new key.',
    delayMs: 0,
  });
  expect(subject(await rotated(now).login(next))).toBe(`key:${hashAgentKey(next).slice(0, 8)}`);
  expect(subject(await rotated(now + 1, { revokedAt: 5 }).login(key))).toBe('This agent key has been revoked.');
});

test('an agent with a key has the groups that it was given', async () => {
  const result = await world(() => [agent({ groups: ['night', 'reports'] })]).login(key);
  expect(result.ok && result.identity.groups).toEqual(['night', 'reports']);
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
