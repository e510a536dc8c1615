import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { PolicyRule } from '../../../src/contract/index.ts';
import {
  type AgentRecord,
  createAgentKey,
  hashAgentKey,
  keyFingerprint,
} from '../../../src/gateway/identity/agent-keys.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';
import { RawClient, told } from '../../support/raw-client.ts';

let database: TestDatabase;
const gates: TestGate[] = [];
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item (id int PRIMARY KEY, name text)');
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.stop();
});
afterAll(() => database.drop());

async function open(policyRules: readonly PolicyRule[] = []): Promise<TestGate> {
  const gate = await startGate({ database: database.name, policyRules });
  gates.push(gate);
  return gate;
}

function change(gate: TestGate, agent: Partial<AgentRecord>): void {
  const settings = gate.gateway.settings();
  gate.gateway.configure({ ...settings, agents: settings.agents.map((old) => ({ ...old, ...agent })) }, 'ada');
}

const formerKeys = (gate: TestGate, goodUntil: number) => [{ keyHash: hashAgentKey(gate.key), until: goodUntil }];

/** Gives the agent a new key; the old one is good until then. Returns the new one. */
function rotate(gate: TestGate, goodUntil: number): string {
  const key = createAgentKey();
  change(gate, { keyHash: hashAgentKey(key), formerKeys: formerKeys(gate, goodUntil) });
  return key;
}

const endReason = async (gate: TestGate) => (await gate.journal()).at(-1)?.body;

test('a key that is replaced at once ends its sessions, and whoever still shows it is told so', async () => {
  const gate = await open();
  const session = await RawClient.logIn(gate.address);
  const now = Date.now();
  const next = rotate(gate, now);
  expect(told(await session.rest())).toEqual(['E 57P01']);
  expect(await until(() => endReason(gate))).toEqual({
    type: 'session_end',
    reason: 'its agent key was replaced by a new one',
  });
  const at = new Date(now).toISOString();
  await expect(gate.connect()).rejects.toMatchObject({
    code: '28P01',
    detail: `This agent key was replaced by a new one and valid until ${at}. Ask the operator for the new key.`,
  });
  const wrong = await gate.connect({ password: createAgentKey() }).catch((error: unknown) => error);
  expect(wrong).toMatchObject({ code: '28P01', detail: undefined });
  await (await gate.connect({ password: next })).end();
  expect(gateRecords(gate).slice(1)).toMatchObject([
    { type: 'settings_changed', what: `agent claude: new key; the one before is valid until ${at}`, by: 'ada' },
    { type: 'login_refused', reason: `the key of agent claude was replaced by a new one and valid until ${at}` },
    { type: 'login_refused', reason: 'no agent has this key' },
  ]);
});

test('with a grace period both keys come in, and the idle sessions of the old one end with it; the new one’s go on', async () => {
  const gate = await open();
  const old = await RawClient.logIn(gate.address);
  const next = rotate(gate, Date.now() + 3_600_000);
  const late = await RawClient.logIn(gate.address);
  const fresh = await gate.connect({ password: next });
  expect(gate.gateway.liveSessions().map(({ summary }) => summary.subject)).toEqual([
    `key:${keyFingerprint(hashAgentKey(gate.key))}`,
    `key:${keyFingerprint(hashAgentKey(gate.key))}`,
    `key:${keyFingerprint(hashAgentKey(next))}`,
  ]);
  change(gate, { formerKeys: formerKeys(gate, Date.now() + 300) });
  expect([told(await old.rest()), told(await late.rest())]).toEqual([['E 57P01'], ['E 57P01']]);
  expect((await fresh.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await expect(gate.connect()).rejects.toMatchObject({ code: '28P01' });
});

test('an idle session ends when the time of its key is over', async () => {
  const gate = await open();
  const session = await RawClient.logIn(gate.address);
  const validUntil = new Date(Date.now() + 500).toISOString();
  change(gate, { scope: { readOnly: false, validUntil } });
  expect(told(await session.rest())).toEqual(['E 57P01']);
  expect(await until(() => endReason(gate))).toEqual({
    type: 'session_end',
    reason: `its agent key was valid until ${validUntil}`,
  });
});

test('a session ends when its key is no longer for the connection', async () => {
  const gate = await open();
  const session = await RawClient.logIn(gate.address);
  change(gate, { connections: [] });
  expect(told(await session.rest())).toEqual(['E 57P01']);
  expect(await until(() => endReason(gate))).toEqual({
    type: 'session_end',
    reason: 'its agent key is no longer for this connection',
  });
});

test('rules match the groups that an agent has at the moment', async () => {
  const gate = await open([
    { id: 'night-only', when: { groups: ['night'] }, verdict: 'block', reason: 'Not at night.' },
  ]);
  const client = await gate.connect();
  await client.query('SELECT 1');
  change(gate, { groups: ['night', 'reports'] });
  await expect(client.query('SELECT 1')).rejects.toMatchObject({ detail: expect.stringContaining('night-only') });
  expect(gateRecords(gate).at(-1)).toMatchObject({ what: 'agent claude: groups now night, reports' });
});

test('the record of a session has the groups of its agent', async () => {
  const gate = await open();
  change(gate, { groups: ['night', 'reports'] });
  await gate.connect();
  expect((await gate.journal())[0]?.body).toMatchObject({ type: 'session_start', groups: ['night', 'reports'] });
});
