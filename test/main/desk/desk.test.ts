import { describe, expect, test } from 'vitest';
import { type Client, connect, memoryPorts } from '../../../src/contract/index.ts';
import { hashAgentKey } from '../../../src/gateway/identity/agent-keys.ts';
import { createDesk } from '../../../src/main/desk/desk.ts';
import type { DeskPorts } from '../../../src/main/desk/ports.ts';
import {
  aConnection,
  anAgent,
  aRequest,
  aSession,
  deskPorts,
  fakeArchive,
  fakeGateway,
  fakeSettings,
} from '../support/fakes.ts';

function open(overrides: Partial<DeskPorts> = {}) {
  const gateway = fakeGateway();
  const settings = fakeSettings({ connections: [aConnection()], agents: [anAgent()], identityProviders: [] });
  const ports = deskPorts({ gateway, settings, ...overrides });
  const desk = createDesk(ports);
  const [near, far] = memoryPorts();
  desk.attach(near);
  const client: Client = connect(far);
  const events: string[] = [];
  for (const name of ['connections.changed', 'agents.changed', 'overview.changed'] as const)
    client.on(name, () => void events.push(name));
  return { client, gateway, settings, desk, events };
}

test('the overview says who runs, where, and how agents get in', async () => {
  const { client } = open();
  expect(await client.call('desk.overview', {})).toMatchObject({
    version: '1.2.3',
    host: 'headless',
    managedBy: 'settings',
    listeners: [{ host: '127.0.0.1', port: 6432, tls: 'allow' }],
    addresses: [
      { url: 'postgresql://claude:<key>@127.0.0.1:6432/orders?sslmode=verify-full&sslrootcert=/data/postern-ca.crt' },
    ],
    journalFolder: '/data/journal',
    approvalDeadlineMs: 60_000,
    problems: [],
  });
});

describe('approvals', () => {
  test('a decision is recorded with the operator’s name and the host it came through', async () => {
    const { client, gateway } = open();
    gateway.requests.push(aRequest());
    const answer = await client.call('approvals.decide', {
      id: 'request-1',
      digest: 'd1',
      action: 'deny',
      reason: 'no',
    });
    expect(answer).toMatchObject({ state: 'denied', decidedBy: 'ada' });
    expect(gateway.decisions).toEqual([
      { id: 'request-1', digest: 'd1', action: 'deny', reason: 'no', by: 'ada', via: 'headless' },
    ]);
  });

  test('the broker’s refusal reaches the desk with its code', async () => {
    const { client } = open();
    await expect(client.call('approvals.decide', { id: 'x', digest: 'd', action: 'approve' })).rejects.toMatchObject({
      code: 'approval_not_found',
    });
  });
});

describe('sessions', () => {
  test('what memory knows of a live session goes before its journal, newest first', async () => {
    const live = aSession({
      id: 'live',
      startedAt: 50,
      counts: { statements: 9, held: 0, refused: 0, errors: 0, rows: 0 },
    });
    const stale = aSession({ id: 'live', startedAt: 50, live: true });
    const past = aSession({ id: 'past', startedAt: 90, live: false });
    const { client, gateway } = open({ archive: fakeArchive([stale, past]) });
    gateway.sessions.push(live);
    expect(await client.call('sessions.list', {})).toEqual([past.summary, live.summary]);
    expect(await client.call('sessions.get', { sessionId: 'live' })).toEqual(live);
    expect(await client.call('sessions.get', { sessionId: 'past' })).toEqual(past);
  });

  test('a live session that the journals do not list yet is found by the same words', async () => {
    const { client, gateway } = open();
    gateway.sessions.push(aSession());
    expect(await client.call('sessions.list', { text: 'PROD orders' })).toHaveLength(1);
    expect(await client.call('sessions.list', { text: 'prod billing' })).toEqual([]);
  });

  test('ending a session says who did it; one that has ended already is said to', async () => {
    const { client, gateway } = open();
    gateway.sessions.push(aSession());
    expect(await client.call('sessions.terminate', { sessionId: 'session-1' })).toEqual({});
    expect(gateway.terminated).toEqual([{ sessionId: 'session-1', reason: 'ended by ada at the desk' }]);
    await expect(client.call('sessions.terminate', { sessionId: 'session-2' })).rejects.toMatchObject({
      code: 'session_not_live',
    });
  });
});

describe('connections', () => {
  test('saving puts the connection on disk and into the gate, and tells every desk', async () => {
    const { client, gateway, settings, events } = open();
    const billing = aConnection({ name: 'billing' });
    expect(await client.call('connections.save', billing)).toMatchObject({
      config: billing,
      credential: 'needed',
      liveSessions: 0,
    });
    expect(settings.saved).toEqual([
      { connections: [aConnection(), billing], agents: [anAgent()], identityProviders: [] },
    ]);
    expect(gateway.configured).toEqual(settings.saved);
    expect(events).toEqual(['connections.changed', 'overview.changed']);
  });

  test('what cannot be saved does not reach the gate', async () => {
    const broken = {
      ...fakeSettings({ connections: [], agents: [], identityProviders: [] }),
      save: () => Promise.reject(new Error('disk full')),
    };
    const { client, gateway } = open({ settings: broken });
    await expect(client.call('connections.save', aConnection())).rejects.toMatchObject({ message: 'disk full' });
    expect(gateway.configured).toEqual([]);
  });

  test('changes made at once are made one after another: none is lost', async () => {
    const { client, settings } = open();
    const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
    await Promise.all(names.map((name) => client.call('connections.save', aConnection({ name }))));
    expect(settings.current().connections.map(({ name }) => name)).toEqual(['orders', ...names]);
  });

  test('a typed password is forgotten when the connection is pointed at another server', async () => {
    const { client, gateway } = open();
    await client.call('connections.supplyCredential', { connection: 'orders', password: 'typed' });
    await client.call('connections.save', aConnection({ environment: 'staging' }));
    expect(gateway.supplied.get('orders')).toBe('typed');
    const elsewhere = aConnection();
    await client.call('connections.save', { ...elsewhere, upstream: { ...elsewhere.upstream, host: 'evil.example' } });
    expect(gateway.supplied.has('orders')).toBe(false);
  });

  test('a supplied password makes the connection ready and is in no answer', async () => {
    const { client } = open();
    const view = await client.call('connections.supplyCredential', { connection: 'orders', password: 'canary-7431' });
    expect(view.credential).toBe('ready');
    const everything = [view, await client.call('connections.list', {}), await client.call('desk.overview', {})];
    expect(JSON.stringify(everything)).not.toContain('canary-7431');
  });

  test('one that agents are at work on is not removed', async () => {
    const { client, gateway } = open();
    gateway.sessions.push(aSession());
    await expect(client.call('connections.remove', { connection: 'orders' })).rejects.toMatchObject({
      code: 'connection_in_use',
    });
    gateway.sessions.pop();
    expect(await client.call('connections.remove', { connection: 'orders' })).toEqual({});
    expect(await client.call('connections.list', {})).toEqual([]);
    expect(await client.call('agents.list', {})).toMatchObject([{ name: 'claude', connections: [] }]);
  });

  test('two mask rules with one id are refused before anything is saved', async () => {
    const { client, settings } = open();
    const rule = { id: 'a', schema: 'public', table: 't', column: 'c', masker: { kind: 'full' as const } };
    await expect(client.call('rules.save', { connection: 'orders', rules: [rule, rule] })).rejects.toMatchObject({
      code: 'duplicate_rule',
    });
    expect(settings.saved).toEqual([]);
  });
});

describe('agents', () => {
  test('a new key is in the answer once, and in the settings only as its hash', async () => {
    const { client, settings } = open();
    const made = await client.call('agents.create', { name: 'codex', connections: ['orders'] });
    expect(made.key).toBe('pstn_made-by-the-test');
    expect(made.addresses.map(({ url }) => url)).toEqual([
      'postgresql://codex:pstn_made-by-the-test@127.0.0.1:6432/orders?sslmode=verify-full&sslrootcert=/data/postern-ca.crt',
    ]);
    expect(settings.current().agents.at(-1)).toEqual({
      name: 'codex',
      keyHash: hashAgentKey(made.key),
      connections: ['orders'],
      createdAt: 7000,
      revokedAt: null,
    });
    const later = [await client.call('agents.list', {}), await client.call('connections.list', {}), settings.saved];
    expect(JSON.stringify(later)).not.toContain(made.key);
  });

  test('a name is never given twice, revoked or not, and connections must exist', async () => {
    const { client } = open();
    await client.call('agents.revoke', { name: 'claude' });
    await expect(client.call('agents.create', { name: 'claude', connections: ['orders'] })).rejects.toMatchObject({
      code: 'agent_exists',
    });
    await expect(client.call('agents.create', { name: 'new', connections: ['none'] })).rejects.toMatchObject({
      code: 'unknown_connection',
    });
  });

  test('revoking a key ends its sessions at once and is remembered', async () => {
    const { client, gateway } = open();
    gateway.sessions.push(aSession(), aSession({ id: 'other', agent: 'someone-else' }));
    expect(await client.call('agents.revoke', { name: 'claude' })).toEqual({
      name: 'claude',
      fingerprint: 'abababab',
      connections: ['orders'],
      createdAt: 1000,
      revokedAt: 7000,
      lastSeenAt: 5000,
      scope: null,
      groups: [],
      formerKeys: [],
    });
    expect(gateway.terminated).toEqual([{ sessionId: 'session-1', reason: 'the agent key was revoked' }]);
    await expect(client.call('agents.revoke', { name: 'nobody' })).rejects.toMatchObject({ code: 'unknown_agent' });
  });
});

describe('a key that is replaced', () => {
  const shortLived = { readOnly: false, validUntil: '1970-01-01T00:00:06Z' };

  test('is good for the time that was chosen, and no earlier one for longer', async () => {
    const { client, settings, gateway } = open();
    const first = await client.call('agents.rotate', { name: 'claude', graceSeconds: 3600 });
    expect(first).toMatchObject({
      key: 'pstn_made-by-the-test',
      agent: { name: 'claude', formerKeys: [{ fingerprint: 'abababab', until: 3_607_000 }] },
    });
    expect(first.addresses[0]?.url).toContain('pstn_made-by-the-test');
    await client.call('agents.rotate', { name: 'claude', graceSeconds: 0 });
    expect(settings.current().agents).toEqual([
      anAgent({
        keyHash: hashAgentKey(first.key),
        formerKeys: [
          { keyHash: hashAgentKey(first.key), until: 7000 },
          { keyHash: 'ab'.repeat(32), until: 7000 },
        ],
      }),
    ]);
    expect(gateway.configured).toHaveLength(2);
    expect(JSON.stringify([await client.call('agents.list', {}), settings.saved])).not.toContain(first.key);
  });

  test('cannot be that of an agent who is revoked, or whose time is over', async () => {
    const { client, settings } = open();
    await client.call('agents.change', { name: 'claude', connections: ['orders'], scope: shortLived, groups: [] });
    const rotate = () => client.call('agents.rotate', { name: 'claude', graceSeconds: 0 });
    await expect(rotate()).rejects.toMatchObject({ code: 'agent_expired' });
    await client.call('agents.revoke', { name: 'claude' });
    await expect(rotate()).rejects.toMatchObject({ code: 'agent_revoked' });
    expect(settings.current().agents[0]?.keyHash).toBe('ab'.repeat(32));
  });
});

test('what an agent is for can be changed and taken away again; its key stays', async () => {
  const { client, settings } = open();
  const scope = { readOnly: true, schemas: ['work'] };
  const change = { name: 'claude', connections: ['orders', 'orders'], scope, groups: ['night', 'night'] };
  expect(await client.call('agents.change', change)).toMatchObject({
    scope,
    groups: ['night'],
    connections: ['orders'],
  });
  expect(settings.current().agents).toEqual([anAgent({ scope, groups: ['night'] })]);
  await client.call('agents.change', { name: 'claude', connections: ['orders'], scope: null, groups: [] });
  expect(settings.current().agents).toEqual([anAgent()]);
  await expect(client.call('agents.change', { ...change, connections: ['none'] })).rejects.toMatchObject({
    code: 'unknown_connection',
  });
});

test('what a file manages, the desk does not change: every edit is refused, and nothing is touched', async () => {
  const settings = fakeSettings({ connections: [aConnection()], agents: [anAgent()], identityProviders: [] }, 'file');
  const { client, gateway } = open({ settings });
  const edits = [
    client.call('connections.save', aConnection()),
    client.call('connections.remove', { connection: 'orders' }),
    client.call('agents.create', { name: 'x', connections: ['orders'] }),
    client.call('agents.revoke', { name: 'claude' }),
    client.call('agents.rotate', { name: 'claude', graceSeconds: 0 }),
    client.call('agents.change', { name: 'claude', connections: ['orders'], scope: null, groups: [] }),
    client.call('rules.save', { connection: 'orders', rules: [] }),
  ];
  const codes = await Promise.all(
    edits.map((edit) =>
      edit.then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    ),
  );
  expect(codes).toEqual(edits.map(() => 'managed_by_file'));
  expect([settings.saved, gateway.configured]).toEqual([[], []]);
});

test('an upstream’s fault reaches the desk with its code and hint', async () => {
  const { client } = open();
  await expect(client.call('rules.catalog', { connection: 'orders' })).rejects.toMatchObject({
    code: 'credential_missing',
    hint: 'Enter it.',
  });
  await expect(client.call('rules.catalog', { connection: 'none' })).rejects.toMatchObject({
    code: 'unknown_connection',
  });
});

test('a closed desk hears no more of the gate', async () => {
  const { client, gateway, desk } = open();
  let heard = 0;
  client.on('approval.changed', () => {
    heard += 1;
  });
  gateway.emit('approval.changed', aRequest());
  await client.call('desk.overview', {});
  desk.close();
  gateway.emit('approval.changed', aRequest());
  await client.call('desk.overview', {});
  expect(heard).toBe(1);
});

test('a connection that asks for tokens which nobody may give is not saved', async () => {
  const { client, settings } = open();
  await expect(client.call('connections.save', aConnection({ authentication: 'oauthbearer' }))).rejects.toMatchObject({
    code: 'settings_invalid',
  });
  expect(settings.saved).toEqual([]);
});

describe('the journal of the gate', () => {
  test('is shown, verified and reported, and says itself who did so', async () => {
    const { client, gateway } = open();
    expect(await client.call('gate.events', {})).toEqual({ events: [], more: false, damaged: [] });
    await client.call('gate.events', { limit: 500 });
    await client.call('gate.verify', {});
    expect((await client.call('gate.report', { since: 0, until: 1 })).fileName).toBe('postern-gate.pdf');
    const read = { type: 'journal_read', sessionId: null, by: 'ada' };
    expect(gateway.noted).toEqual([
      { ...read, how: 'shown' },
      { ...read, how: 'verified' },
      { ...read, how: 'reported' },
    ]);
  });

  test('has who looked into the record of a session, once for each look', async () => {
    const { client, gateway } = open({ archive: { ...fakeArchive([aSession()]), verify: async () => whole } });
    await client.call('sessions.get', { sessionId: 'session-1' });
    await client.call('sessions.get', { sessionId: 'session-1' });
    await client.call('sessions.verify', { sessionId: 'session-1' });
    await expect(client.call('sessions.replay', { sessionId: 'nobody' })).rejects.toThrow();
    const read = { type: 'journal_read', sessionId: 'session-1', by: 'ada' };
    expect(gateway.noted).toEqual([
      { ...read, how: 'shown' },
      { ...read, how: 'verified' },
    ]);
  });

  test('has passwords that were entered, without them', async () => {
    const { client, gateway } = open();
    await client.call('connections.supplyCredential', { connection: 'orders', password: 'a canary' });
    expect(gateway.noted).toEqual([{ type: 'credential', event: 'supplied', connection: 'orders', by: 'ada' }]);
  });
});

const whole = {
  ok: true,
  records: 3,
  checkpoints: 1,
  sealedToTheEnd: true,
  headHash: 'ab'.repeat(32),
  keyFingerprint: null,
  findings: [],
};
