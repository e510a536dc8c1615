import { expect } from 'vitest';
import {
  type ApprovalRequest,
  type ConnectionConfig,
  connectionConfig,
  type EventName,
  type EventPayload,
  type SealView,
  type SessionDetail,
} from '../../../src/contract/index.ts';
import type { AgentRecord } from '../../../src/gateway/identity/agent-keys.ts';
import { Findings } from '../../../src/gateway/masking/net/findings.ts';
import type { DeskEvent, GatewaySettings, SignInRecord } from '../../../src/gateway/types.ts';
import type {
  DeskArchive,
  DeskGateArchive,
  DeskGateway,
  DeskJudges,
  DeskPorts,
  DeskSettings,
} from '../../../src/main/desk/ports.ts';
import type { DeskSeal } from '../../../src/main/desk/seal.ts';
import { TestedAccounts } from '../../../src/main/desk/tested-accounts.ts';
import { createClientSecrets } from '../../../src/main/sign-in/client-secret.ts';
import { noKeychain } from '../../../src/main/sign-in/keychain.ts';
import { SignIns } from '../../../src/main/sign-in/sign-ins.ts';
import { TokenRequests } from '../../../src/main/sign-in/token-requests.ts';

/** A connection with the defaults of the contract. */
export function aConnection(overrides: Partial<ConnectionConfig> & { name?: string } = {}): ConnectionConfig {
  const parsed = connectionConfig.parse({
    name: 'orders',
    upstream: { host: 'db.internal', database: 'orders', user: 'app' },
  });
  return { ...parsed, ...overrides };
}

export function anAgent(overrides: Partial<AgentRecord> = {}): AgentRecord {
  return {
    name: 'claude',
    keyHash: 'ab'.repeat(32),
    connections: ['orders'],
    createdAt: 1000,
    revokedAt: null,
    ...overrides,
  };
}

export function aRequest(overrides: Partial<ApprovalRequest> = {}): ApprovalRequest {
  return {
    id: 'request-1',
    state: 'pending',
    createdAt: 1000,
    deadlineCause: null,
    locks: null,
    impact: null,
    sequence: null,
    deadlineAt: 61_000,
    decidedAt: null,
    decidedBy: null,
    reason: null,
    sessionId: 'session-1',
    statementSeq: 3,
    agent: 'claude',
    subject: 'key:abababab',
    applicationName: 'psql',
    clientAddress: '127.0.0.1:50000',
    connection: 'orders',
    environment: 'production',
    database: 'orders',
    role: 'app',
    transaction: 'idle',
    text: 'UPDATE orders SET status = $1 WHERE id = $2',
    parameters: [{ text: 'paid', format: 'text', truncated: false }],
    effects: {
      kinds: ['update'],
      reads: ['public.orders'],
      writes: ['public.orders'],
      functions: [],
      understood: true,
    },
    rule: { id: 'write-by-key', title: 'Changes to single rows', reason: 'production', hint: null },
    digest: 'd1',
    attempt: 1,
    replaces: null,
    retry: null,
    ...overrides,
  };
}

export function aSession(overrides: Partial<SessionDetail['summary']> = {}): SessionDetail {
  return {
    summary: {
      id: 'session-1',
      live: true,
      startedAt: 1000,
      endedAt: null,
      endReason: null,
      agent: 'claude',
      subject: 'key:abababab',
      connection: 'orders',
      environment: 'production',
      database: 'orders',
      role: 'app',
      applicationName: 'psql',
      clientAddress: '127.0.0.1:50000',
      clientTls: null,
      groups: [],
      token: null,
      sessionRole: null,
      counts: { statements: 3, held: 1, refused: 0, errors: 0, rows: 12 },
      ...overrides,
    },
    statements: [],
  };
}

/** A gate without sockets: what it was told can be read back, what it reports can be set. */
export interface FakeGateway extends DeskGateway {
  readonly configured: GatewaySettings[];
  readonly terminated: { sessionId: string; reason: string }[];
  readonly supplied: Map<string, string>;
  readonly sessions: SessionDetail[];
  readonly requests: ApprovalRequest[];
  readonly decisions: unknown[];
  readonly signIns: SignInRecord[];
  /** What was to be written into the gate's journal. */
  readonly noted: DeskEvent[];
  emit<N extends EventName>(name: N, payload: EventPayload<N>): void;
}

function requestOf(requests: readonly ApprovalRequest[], wanted: string): ApprovalRequest {
  const request = requests.find(({ id }) => id === wanted);
  if (request === undefined)
    throw Object.assign(new Error('There is no such request.'), { code: 'approval_not_found' });
  return request;
}

export function fakeGateway(): FakeGateway {
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const configured: GatewaySettings[] = [];
  const terminated: { sessionId: string; reason: string }[] = [];
  const supplied = new Map<string, string>();
  const sessions: SessionDetail[] = [];
  const requests: ApprovalRequest[] = [];
  const decisions: unknown[] = [];
  const signIns: SignInRecord[] = [];
  const noted: DeskEvent[] = [];
  return {
    signIns,
    noted,
    configured,
    terminated,
    supplied,
    sessions,
    requests,
    decisions,
    findings: new Findings(() => 3000),
    emit(name, payload) {
      for (const listener of listeners.get(name) ?? []) listener(payload as never);
    },
    approvals: {
      list: () => ({
        pending: requests.filter(({ state }) => state === 'pending'),
        retries: [],
        sequences: [],
        decided: [],
      }),
      withdrawTicket: (input) => {
        decisions.push(input);
        return requestOf(requests, input.id);
      },
      endSequence: (input) => {
        decisions.push(input);
        return requestOf(requests, input.id);
      },
      decide(input) {
        decisions.push(input);
        return {
          ...requestOf(requests, input.id),
          state: input.action === 'approve' ? 'approved' : 'denied',
          decidedBy: input.by,
          decidedAt: 2000,
        };
      },
    },
    credentials: {
      supply: (connection, password) => void supplied.set(connection, password),
      forget: (connection) => void supplied.delete(connection),
      state: ({ name, upstream }) => {
        if (upstream.credential.from === 'none') return 'none';
        return supplied.has(name) ? 'ready' : 'needed';
      },
    },
    configure: (settings) => void configured.push(settings),
    liveSessions: () => sessions,
    terminateSession(sessionId, reason) {
      const known = sessions.some(({ summary }) => summary.id === sessionId);
      if (known) terminated.push({ sessionId, reason });
      return known;
    },
    lastSeen: () => new Map([['claude', 5000]]),
    testConnection: async (_config, password) => ({
      ok: password === 'right',
      steps: [{ name: 'log in', ok: password === 'right', detail: '' }],
      serverVersion: null,
      encrypted: null,
      account: null,
    }),
    catalog: () =>
      Promise.reject(Object.assign(new Error('no password'), { code: 'credential_missing', hint: 'Enter it.' })),
    renamedColumns: async () => [],
    knownRenamed: () => [],
    forgetRenamed: () => false,
    sampleRows: () => Promise.reject(new Error('not in this test')),
    note: (event) => void noted.push(event),
    gateJournal: () => null,
    dismissFindings: () => expect.fail('not in this test'),
    sampleColumns: async () => ({ samples: [], tables: 0, sampled: 0 }),
    problems: () => [],
    ruleHits: () => [],
    maskHits: () => [],
    copiedColumns: () => [],
    forgetCopy: () => false,
    targetDoubt: () => null,
    acceptTarget: () => false,
    recordSignIn: (record) => void signIns.push(record),
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener as (payload: never) => void);
      return () => set.delete(listener as (payload: never) => void);
    },
  };
}

export function fakeArchive(summaries: SessionDetail[] = []): DeskArchive {
  const missing = (): Promise<never> =>
    Promise.reject(
      Object.assign(new Error('There is no recorded session.'), { code: 'session_not_found', hint: 'Look it up.' }),
    );
  return {
    list: async () => summaries.map(({ summary }) => summary),
    get: (id) => {
      const found = summaries.find(({ summary }) => summary.id === id);
      return found === undefined ? missing() : Promise.resolve(found);
    },
    records: missing,
    verify: missing,
    replay: missing,
    report: missing,
  };
}

export function fakeGateArchive(): DeskGateArchive {
  return {
    events: async () => ({ events: [], more: false, damaged: [] }),
    verify: async () => ({ ok: true, journals: [] }),
    report: async () => ({ fileName: 'postern-gate.pdf', pages: 1, sha256: 'ab'.repeat(32), pdf: '' }),
  };
}

/** Settings in memory; `saved` holds every state in order. */
export function fakeSettings(
  initial: GatewaySettings,
  managedBy: 'settings' | 'file' = 'settings',
): DeskSettings & { saved: GatewaySettings[] } {
  const saved: GatewaySettings[] = [];
  return {
    managedBy,
    saved,
    current: () => saved.at(-1) ?? initial,
    save: async (next) => void saved.push(next),
  };
}

const noJudges: DeskJudges = {
  policies: {} as DeskJudges['policies'],
  explain: () => ({
    verdict: 'block',
    rule: { id: 'unknown', title: 'Not understood', reason: 'a fake', hint: null },
    effects: { kinds: ['unknown'], reads: [], writes: [], functions: [], understood: false },
    masking: null,
  }),
  policyOf: () => ({
    preset: 'observe',
    title: '',
    description: '',
    rules: [],
    judge: () => {
      throw new Error('a fake judges nothing');
    },
  }),
  rejudge: () => [],
  catalogTables: () => [],
  previewRows: () => ({ columns: [], before: [], after: [] }),
};

/** A seal that holds; `overrides` say otherwise. */
export function aSealView(overrides: Partial<SealView> = {}): SealView {
  return {
    phase: 'open',
    doubt: null,
    subject: '/data/settings.json',
    sealedWith: 'passphrase',
    managed: true,
    noKeychain: 'only the desktop app uses it',
    counter: 3,
    sealedAt: 1000,
    sealedBy: 'ada',
    changes: [],
    omitted: 0,
    found: 'f0'.repeat(32),
    restorable: false,
    edited: [],
    ...overrides,
  };
}

export function fakeSeal(view: SealView = aSealView()): DeskSeal {
  const same = async (): Promise<SealView> => view;
  return { view: () => view, unlock: same, accept: same, restore: () => view, change: same, problems: () => [] };
}

/** Sign-ins of an operator who never signed in. */
function noSignIns(): Pick<DeskPorts, 'signIns' | 'tokenRequests' | 'keychain'> {
  const keychain = noKeychain('not in this test');
  const signIns = new SignIns({
    keychain,
    secrets: createClientSecrets({ environment: {} }),
    openBrowser: () => false,
    now: () => 7000,
    record: () => undefined,
    log: () => undefined,
  });
  const tokenRequests = new TokenRequests({
    now: () => 7000,
    newId: () => 'request',
    random: (size) => Buffer.alloc(size),
  });
  return { keychain, signIns, tokenRequests };
}

/** Ports of a desk over fakes. */
export function deskPorts(overrides: Partial<DeskPorts> = {}): DeskPorts {
  return {
    host: 'headless',
    version: '1.2.3',
    demo: false,
    gateway: fakeGateway(),
    archive: fakeArchive(),
    gateArchive: fakeGateArchive(),
    settings: fakeSettings({ connections: [aConnection()], agents: [anAgent()], identityProviders: [] }),
    seal: fakeSeal(),
    judges: noJudges,
    listeners: [{ host: '127.0.0.1', port: 6432 }],
    journalFolder: '/data/journal',
    certificateFile: '/data/postern-ca.crt',
    approvalDeadlineMs: 60_000,
    operator: 'ada',
    knownKeys: new Map(),
    now: () => 7000,
    createKey: () => 'pstn_made-by-the-test',
    ...noSignIns(),
    fetchJson: (url) => Promise.reject(new Error(`${url} is not asked in this test`)),
    monotonic: () => 0,
    tokenCommand: ['postern', 'token'],
    accounts: new TestedAccounts(),
    services: () => [],
    ...overrides,
  };
}
