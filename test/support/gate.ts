import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import {
  type ConnectionConfig,
  connectionConfig,
  type IdentityProvider,
  type MaskRule,
  type PolicyPreset,
  type PolicyRule,
  type Scope,
} from '../../src/contract/index.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import { createAgentKey, hashAgentKey } from '../../src/gateway/identity/agent-keys.ts';
import { readJournal } from '../../src/gateway/journal/reader.ts';
import type { JournalRecord } from '../../src/gateway/journal/records.ts';
import type { Gateway, ListenerConfig } from '../../src/gateway/types.ts';

export interface TestGateOptions {
  readonly database: string;
  readonly policy?: PolicyPreset;
  readonly policyRules?: readonly PolicyRule[];
  readonly budgets?: ConnectionConfig['budgets'];
  readonly environment?: ConnectionConfig['environment'];
  readonly sessionRole?: ConnectionConfig['sessionRole'];
  readonly authentication?: ConnectionConfig['authentication'];
  readonly scope?: Scope;
  readonly identityProviders?: readonly IdentityProvider[];
  readonly maskRules?: readonly MaskRule[];
  readonly maskedComparisons?: number;
  /** Of a gate that was stopped with `keep`. */
  readonly keyFolder?: string;
  readonly detectors?: ConnectionConfig['detectors'];
  readonly deadlineMs?: number;
  readonly upstream?: Partial<ConnectionConfig['upstream']>;
  readonly anyDatabase?: boolean;
  readonly keepTransactionsWhileHeld?: boolean;
  readonly password?: string | null;
  /** Instead of one in a folder of the test's own. */
  readonly journalFolder?: string;
  /** Of the one listener, besides its address: 127.0.0.1 on a free port. */
  readonly listener?: Partial<ListenerConfig>;
}

export interface TestGate {
  readonly gateway: Gateway;
  readonly port: number;
  readonly key: string;
  readonly journalFolder: string;
  readonly keyFolder: string;
  /** What clients verify the gate with. */
  readonly certificateFile: string;
  readonly logged: string[];
  /** What a driver needs to come in. */
  readonly address: { host: string; port: number; user: string; password: string; database: string };
  connect(options?: pg.ClientConfig): Promise<pg.Client>;
  /** Records of the only session, or of the one that ended last. */
  journal(): Promise<JournalRecord[]>;
  /** `keep`: its folders stay, for another gate to begin with. */
  stop(options?: { readonly keep: boolean }): Promise<void>;
}

/** A real gate in front of the run's PostgreSQL, with one connection `shop` and one agent. */
export async function startGate(options: TestGateOptions): Promise<TestGate> {
  const server = inject('postgres');
  const folder = await mkdtemp(join(tmpdir(), 'postern-gate-'));
  const keyFolder = options.keyFolder ?? join(folder, 'keys');
  const journalFolder = options.journalFolder ?? join(folder, 'journal');
  const key = createAgentKey();
  const config = connectionConfig.parse({
    name: 'shop',
    upstream: {
      host: server.host,
      port: server.port,
      database: options.database,
      user: server.user,
      sslmode: 'disable',
      credential: { from: 'prompt' },
      ...options.upstream,
    },
    environment: options.environment ?? 'production',
    policy: options.policy ?? 'production',
    policyRules: options.policyRules ?? [],
    ...(options.budgets === undefined ? {} : { budgets: options.budgets }),
    maskRules: options.maskRules ?? [],
    ...(options.maskedComparisons !== undefined && { maskedComparisons: options.maskedComparisons }),
    ...(options.detectors && { detectors: options.detectors }),
    ...(options.sessionRole && { sessionRole: options.sessionRole }),
    ...(options.authentication && { authentication: options.authentication }),
    anyDatabase: options.anyDatabase ?? false,
    keepTransactionsWhileHeld: options.keepTransactionsWhileHeld ?? false,
  });
  const logged: string[] = [];
  const gateway = await createGateway({
    version: '0.0.0-test',
    listeners: [{ host: '127.0.0.1', port: 0, ...options.listener }],
    settings: {
      connections: [config],
      identityProviders: options.identityProviders ?? [],
      agents: [
        {
          name: 'claude',
          keyHash: hashAgentKey(key),
          connections: ['shop'],
          createdAt: Date.now(),
          revokedAt: null,
          ...(options.scope && { scope: options.scope }),
        },
      ],
    },
    approvalDeadlineMs: options.deadlineMs ?? 10_000,
    journalFolder,
    keyFolder,
    certificateFile: join(folder, 'postern-ca.crt'),
    log: (level, message) => logged.push(`${level}: ${message}`),
  });
  if (options.password !== null) gateway.credentials.supply('shop', options.password ?? server.password);
  const [address] = await gateway.start();
  if (address === undefined) throw new Error('the gate did not listen');
  const clients: pg.Client[] = [];
  const login = { host: address.host, port: address.port, user: 'claude', password: key, database: 'shop' };
  return {
    gateway,
    port: address.port,
    key,
    journalFolder,
    keyFolder,
    certificateFile: join(folder, 'postern-ca.crt'),
    logged,
    address: login,
    async connect(more = {}) {
      const client = new pg.Client({ ...login, ...more });
      client.on('error', () => undefined); // ends of connections are asserted on where they matter
      await client.connect();
      clients.push(client);
      return client;
    },
    async journal() {
      const files = (await readdir(journalFolder)).filter((name) => name.endsWith('.journal')).sort();
      return [...readJournal(join(journalFolder, files.at(-1) ?? 'none'))];
    },
    async stop({ keep } = { keep: false }) {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      await gateway.stop('the test is over');
      if (!keep) await rm(folder, { recursive: true });
    },
  };
}

/** Resolves with the first value of `probe` that is neither null nor undefined; rejects after `timeoutMs`. */
export async function until<T>(
  probe: () => T | null | undefined | Promise<T | null | undefined>,
  timeoutMs = 5000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined) return value;
    if (performance.now() > deadline) throw new Error(`nothing after ${timeoutMs} ms: ${probe.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
