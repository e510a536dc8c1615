import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectionConfig } from '../src/contract/index.ts';
import { createGateway } from '../src/gateway/gateway.ts';
import { createAgentKey, hashAgentKey } from '../src/gateway/identity/agent-keys.ts';
import { createPolicy, type PresetDefinition } from '../src/gateway/policy/judge.ts';
import type { Rule } from '../src/gateway/policy/rule.ts';
import { type Gate, openConnection } from './gate.ts';
import type { Server } from './servers.ts';

/** How long the operator of this gate thinks, in milliseconds: what the kit's drivers expect. */
const thinkingMs = 3000;

const says = (word: string): Rule => ({
  id: word.toLowerCase(),
  title: `Says ${word}`,
  description: 'What the drivers of the conformance kit use to be held or refused.',
  hint: null,
  applies: ({ text }) => (text.includes(word) ? `The statement says ${word}.` : null),
});

/** As `observe`, but for the two words by which the kit's drivers ask to be held and to be refused. */
const wordPolicy: PresetDefinition = {
  preset: 'observe',
  title: 'Conformance',
  description: 'Holds HOLDME, refuses BLOCKME, lets everything else through.',
  functionCall: 'allow',
  notUnderstood: 'allow',
  rules: [
    ['block', says('BLOCKME')],
    ['ask', says('HOLDME')],
  ],
  otherwise: 'allow',
};

/** The gateway itself, with another policy and an operator who approves everything after three seconds. */
export async function startHoldGate(server: Server): Promise<Gate> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-hold-'));
  const key = createAgentKey();
  const policy = createPolicy(wordPolicy);
  const agent = { name: 'agent', keyHash: hashAgentKey(key), connections: ['conformance'] };
  const gateway = await createGateway({
    version: 'conformance',
    listeners: [{ host: '127.0.0.1', port: server.gatePort + 1 }],
    settings: {
      connections: [connectionConfig.parse(openConnection(server))],
      agents: [{ ...agent, createdAt: Date.now(), revokedAt: null }],
      identityProviders: [],
    },
    policyOf: () => policy,
    approvalDeadlineMs: 30_000,
    journalFolder: join(folder, 'journal'),
    keyFolder: join(folder, 'keys'),
    log: () => undefined,
  });
  gateway.on('approval.changed', ({ id, digest, state }) => {
    if (state !== 'pending') return;
    setTimeout(() => {
      const pending = gateway.approvals.list().pending.some((request) => request.id === id);
      if (pending) gateway.approvals.decide({ id, digest, action: 'approve', by: 'conformance', via: 'conformance' });
    }, thinkingMs);
  });
  const [address] = await gateway.start();
  return {
    port: address?.port ?? 0,
    key,
    stop: async () => {
      await gateway.stop('the suites are over');
      await rm(folder, { recursive: true });
    },
  };
}
