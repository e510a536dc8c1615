import {
  type ApprovalRequest,
  type CallInput,
  DeskError,
  type Emit,
  type Handlers,
  type MaskRule,
  openForRetry,
  openSequence,
  type SessionDetail,
  sessionsRunAs,
} from '../../src/contract/index.ts';
import {
  decidedRequests,
  givenUpRequests,
  pendingRequests,
  request,
  sequenceAnswer,
  sequenceRequests,
} from './fake-desk/approvals.ts';
import { findings, suggestions } from './fake-desk/findings.ts';
import { gateEventList, gateVerified } from './fake-desk/gate.ts';
import { type FakeIdentity, fakeIdentity } from './fake-desk/identity.ts';
import { explained, fakeMaskHandlers } from './fake-desk/masks.ts';
import { fakeSealHandlers } from './fake-desk/seal.ts';
import { replayOf, sessionSummaries, statementsOf } from './fake-desk/sessions.ts';
import {
  address,
  agents,
  backtestResult,
  catalog,
  connections,
  customerRows,
  overview,
  presets,
  services,
} from './fake-desk/settings.ts';

/** A desk service without a gate, for looking at the page and for testing it. It keeps what it was told. */
export interface FakeDesk {
  readonly handlers: Handlers;
  /** Every decision that came in, in order. */
  readonly decisions: CallInput<'approvals.decide'>[];
  readonly identity: FakeIdentity;
  /** Changes one request and tells the page. */
  change(id: string, part: Partial<ApprovalRequest>): void;
  /** Adds a request that waits and tells the page. */
  ask(id: string, part?: Partial<ApprovalRequest>): void;
}

interface FakeDeskOptions {
  /** Nothing configured, nothing seen. */
  readonly empty?: boolean;
  readonly managedBy?: 'settings' | 'file';
  /** A reset that waits, and a migration that was approved as a whole. */
  readonly sequences?: boolean;
  readonly problems?: boolean;
  /** The gate is closed: what the seal screen shows, by name (fake-desk/seal.ts). */
  readonly seal?: string | null;
  /** Requests whose agents gave up, too. */
  readonly givenUp?: boolean;
  /** A program that waits for a token of the operator's sign-in. */
  readonly asking?: boolean;
  readonly keychain?: boolean;
}

const hide = (value: string | null, rule: MaskRule | undefined): string | null => {
  if (value === null || !rule) return value;
  switch (rule.masker.kind) {
    case 'email':
      return value.replace(/^(.).*@.*(\.[a-z]+)$/, '$1•••@•••$2');
    case 'phone':
      return value.replace(/\d(?=.*\d{2})/g, '•');
    case 'null':
      return null;
    default:
      return '•••';
  }
};

export function fakeDesk(now: number, emit: () => Emit, options: FakeDeskOptions = {}): FakeDesk {
  const requests = new Map(
    (options.empty
      ? []
      : [
          ...pendingRequests(now),
          ...(options.givenUp ? givenUpRequests(now) : []),
          ...(options.sequences ? sequenceRequests(now) : []),
          ...decidedRequests(now),
        ]
    ).map((entry) => [entry.id, entry]),
  );
  const sessions = new Map(
    (options.empty ? [] : sessionSummaries(now)).map((summary): [string, SessionDetail] => [
      summary.id,
      { summary, statements: statementsOf(summary) },
    ]),
  );
  const views = new Map((options.empty ? [] : connections()).map((view) => [view.config.name, view]));
  const agentViews = new Map((options.empty ? [] : agents(now)).map((view) => [view.name, view]));
  const decisions: CallInput<'approvals.decide'>[] = [];
  const dismissed = new Set(['ops.jobs.payload secret']);

  const known = <T>(map: ReadonlyMap<string, T>, key: string): T => {
    const value = map.get(key);
    if (value === undefined) throw new DeskError('not_found', `There is no ${key}.`, 'Reload the list.');
    return value;
  };
  const change = (id: string, part: Partial<ApprovalRequest>): ApprovalRequest => {
    const next = { ...known(requests, id), ...part };
    requests.set(id, next);
    emit()('approval.changed', next);
    return next;
  };

  const identity = fakeIdentity(now, emit, {
    empty: options.empty ?? false,
    asking: options.asking ?? false,
    keychain: options.keychain ?? false,
  });
  const handlers: Handlers = {
    ...fakeSealHandlers(options.seal ?? null, now, () => emit()('seal.changed', {})),
    ...identity.handlers,
    ...fakeMaskHandlers({ now, empty: options.empty ?? false, views: () => [...views.values()] }),
    'desk.overview': async () => ({
      ...overview,
      managedBy: options.managedBy ?? 'settings',
      addresses: options.empty ? [] : overview.addresses,
      problems: options.problems
        ? [
            {
              code: 'credential_needed',
              message: 'shop-staging has no password yet.',
              hint: 'Give it under Connections; agents are refused until then.',
            },
          ]
        : [],
    }),
    'approvals.list': async () => {
      const all = [...requests.values()];
      return {
        pending: all.filter((entry) => entry.state === 'pending').sort((a, b) => a.createdAt - b.createdAt),
        sequences: all.filter(openSequence).sort((a, b) => a.createdAt - b.createdAt),
        retries: all.filter(openForRetry).sort((a, b) => a.createdAt - b.createdAt),
        decided: all
          .filter((entry) => entry.state !== 'pending' && !openForRetry(entry) && !openSequence(entry))
          .sort((a, b) => (b.decidedAt ?? 0) - (a.decidedAt ?? 0)),
      };
    },
    'approvals.decide': async (input) => {
      decisions.push(input);
      const asked = known(requests, input.id);
      if (asked.retry?.state === 'offered' && input.forRetry === true) {
        const decision = { decidedAt: Date.now(), decidedBy: 'operator', reason: input.reason ?? null };
        const state = input.action === 'approve' ? 'ticket' : 'denied';
        return change(input.id, { retry: { ...asked.retry, ...decision, state } });
      }
      if (asked.state !== 'pending')
        throw new DeskError('already_ended', 'This request has already ended.', 'Nothing was changed.');
      if (asked.digest !== input.digest)
        throw new DeskError('digest_mismatch', 'The decision was for another statement.', 'Nothing was decided.');
      return change(input.id, {
        state: input.action === 'approve' ? 'approved' : 'denied',
        decidedAt: Date.now(),
        decidedBy: 'operator',
        reason: input.reason ?? null,
        ...(input.wholeSequence === true && asked.sequence !== null
          ? { sequence: { ...asked.sequence, answer: sequenceAnswer(input.action, Date.now()) } }
          : {}),
      });
    },
    'approvals.endSequence': async ({ id }) => {
      const { sequence } = known(requests, id);
      if (sequence?.answer == null)
        throw new DeskError('already_ended', 'There is no sequence.', 'Nothing was changed.');
      const answer = {
        ...sequence.answer,
        state: 'ended',
        endedAt: Date.now(),
        reason: 'the operator ended it',
      } as const;
      return change(id, { sequence: { ...sequence, answer } });
    },
    'approvals.withdrawTicket': async ({ id }) => {
      const { retry } = known(requests, id);
      if (retry?.state !== 'ticket')
        throw new DeskError('already_ended', 'There is no ticket.', 'Nothing was changed.');
      return change(id, { retry: { ...retry, state: 'withdrawn', endedAt: Date.now() } });
    },
    'sessions.list': async ({ text, limit }) =>
      [...sessions.values()]
        .map((detail) => detail.summary)
        .filter((summary) => !text || JSON.stringify(summary).toLowerCase().includes(text.toLowerCase()))
        .slice(0, limit),
    'sessions.get': async ({ sessionId }) => known(sessions, sessionId),
    'sessions.terminate': async ({ sessionId }) => {
      const detail = known(sessions, sessionId);
      const summary = { ...detail.summary, live: false, endedAt: Date.now(), endReason: 'ended by the operator' };
      sessions.set(sessionId, { ...detail, summary });
      emit()('session.changed', summary);
      return {};
    },
    'sessions.verify': async ({ sessionId }) => ({
      ok: sessionId !== 's-past-4',
      records: 74,
      checkpoints: 3,
      sealedToTheEnd: !known(sessions, sessionId).summary.live,
      headHash: '5f0c8a41d3b97e26f1a0c4d85b6e9372a8d41f05c3e7b9120d64fa87be35c910',
      keyFingerprint: '7c:1e:09:aa',
      findings:
        sessionId === 's-past-4'
          ? [{ code: 'chain_broken', record: 31, message: 'The record does not follow from the one before it.' }]
          : [],
    }),
    'sessions.replay': async ({ sessionId }) => {
      const detail = known(sessions, sessionId);
      return replayOf(detail.summary, detail.statements);
    },
    'sessions.report': async ({ sessionId }) => ({
      fileName: `postern-${sessionId}.pdf`,
      pages: 4,
      sha256: 'ab'.repeat(32),
      pdf: btoa('%PDF-1.7 fake'),
    }),
    'gate.events': async () => ({ events: options.empty ? [] : gateEventList(now), more: false, damaged: [] }),
    'gate.verify': async () => gateVerified,
    'gate.report': async () => ({
      fileName: 'postern-gate.pdf',
      pages: 3,
      sha256: 'cd'.repeat(32),
      pdf: btoa('%PDF-1.7 fake'),
    }),
    'connections.list': async () => [...views.values()],
    'connections.services': async () => services,
    'connections.save': async (config) => {
      const view = {
        config,
        credential: 'needed' as const,
        liveSessions: 0,
        addresses: [address(config.name)],
        targetDoubt: null,
        tokenAddresses: [],
        account: null,
        runsAs: sessionsRunAs(config),
      };
      views.set(config.name, view);
      emit()('connections.changed', {});
      return view;
    },
    'connections.remove': async ({ connection }) => {
      views.delete(connection);
      emit()('connections.changed', {});
      return {};
    },
    'connections.test': async () => ({
      ok: false,
      steps: [
        { name: 'Reach the host', ok: true, detail: 'db.shop.internal:5432 answered in 3 ms' },
        { name: 'Encrypt', ok: true, detail: 'TLS 1.3, certificate of db.shop.internal' },
        { name: 'Log in', ok: false, detail: '28P01 password authentication failed for user "shop_app"' },
      ],
      serverVersion: null,
      encrypted: true,
      account: null,
    }),
    'connections.acceptTarget': async ({ connection }) => {
      const view = { ...known(views, connection), targetDoubt: null };
      views.set(connection, view);
      emit()('connections.changed', {});
      return view;
    },
    'connections.supplyCredential': async ({ connection }) => {
      const view = { ...known(views, connection), credential: 'ready' as const };
      views.set(connection, view);
      emit()('connections.changed', {});
      return view;
    },
    'agents.list': async () => [...agentViews.values()],
    'agents.create': async ({ name, connections: allowed, scope, groups }) => {
      if (agentViews.has(name))
        throw new DeskError('agent_exists', `There is an agent named ${name} already.`, 'Choose another name.');
      const agent = {
        name,
        fingerprint: '51aa0c9e',
        connections: allowed,
        createdAt: Date.now(),
        revokedAt: null,
        lastSeenAt: null,
        scope: scope ?? null,
        groups: groups ?? [],
        formerKeys: [],
      };
      agentViews.set(name, agent);
      emit()('agents.changed', {});
      return {
        agent,
        key: 'pk_Wm3nJq8ZtV2xLr6YbC1dFh5sKg9pT4aE',
        addresses: allowed.map((to) => address(to, 'pk_Wm3nJq8ZtV2xLr6YbC1dFh5sKg9pT4aE')),
      };
    },
    'agents.change': async ({ name, connections: allowed, scope, groups }) => {
      const agent = { ...known(agentViews, name), connections: allowed, scope, groups };
      agentViews.set(name, agent);
      emit()('agents.changed', {});
      return agent;
    },
    'agents.rotate': async ({ name, graceSeconds }) => {
      const old = known(agentViews, name);
      const former = { fingerprint: old.fingerprint, until: Date.now() + graceSeconds * 1000 };
      const agent = { ...old, fingerprint: '77e0d1c4', formerKeys: [former, ...old.formerKeys] };
      agentViews.set(name, agent);
      emit()('agents.changed', {});
      return { agent, key: 'pk_rotated', addresses: agent.connections.map((to) => address(to, 'pk_rotated')) };
    },
    'agents.revoke': async ({ name }) => {
      const agent = { ...known(agentViews, name), revokedAt: Date.now() };
      agentViews.set(name, agent);
      emit()('agents.changed', {});
      return agent;
    },
    'rules.catalog': async () => catalog,
    'rules.save': async ({ connection, rules }) => {
      const view = known(views, connection);
      const next = { ...view, config: { ...view.config, maskRules: rules } };
      views.set(connection, next);
      emit()('connections.changed', {});
      return next;
    },
    'rules.preview': async ({ schema, table, rules }) => {
      const found = catalog.find((entry) => entry.schema === schema && entry.name === table);
      const columns = (found?.columns ?? []).map((entry) => {
        const rule = rules.find(
          (candidate) =>
            candidate.table === table && new RegExp(`^${candidate.column.replace('*', '.*')}$`).test(entry.name),
        );
        return { name: entry.name, type: entry.type, maskedBy: rule?.id ?? null };
      });
      const before = table === 'customers' ? customerRows : [];
      return {
        columns,
        before,
        after: before.map((row) =>
          row.map((value, index) =>
            hide(
              value,
              rules.find((rule) => rule.id === columns[index]?.maskedBy),
            ),
          ),
        ),
      };
    },
    'findings.list': async () =>
      (options.empty ? [] : findings(now)).map((finding) => ({
        ...finding,
        dismissed: dismissed.has(`${finding.place} ${finding.kind}`),
      })),
    'findings.dismiss': async ({ connection, places, dismissed: state }) => {
      for (const { place, kind } of places) {
        if (state) dismissed.add(`${place} ${kind}`);
        else dismissed.delete(`${place} ${kind}`);
      }
      emit()('findings.changed', { connection });
      return {};
    },
    'suggestions.list': async ({ connection }) => {
      const { maskRules } = known(views, connection).config;
      return {
        suggestions: suggestions.filter(
          ({ schema, table, column, kind }) =>
            !dismissed.has(`${schema}.${table}.${column} ${kind}`) &&
            !maskRules.some((rule) => rule.table === table && rule.column === column),
        ),
        tables: 14,
        sampled: 12,
        dismissed: dismissed.size,
      };
    },
    'policy.presets': async () => presets,
    'policy.explain': async ({ text }) => ({
      verdict: /^\s*select/i.test(text) ? 'allow' : 'ask',
      rule: { id: 'production-write-asks', title: 'Writing asks', reason: 'The statement changes rows.', hint: null },
      effects: { kinds: ['update'], reads: [], writes: ['public.customers'], functions: [], understood: true },
      certain: true,
      masking: /^\s*select/i.test(text) ? explained : null,
    }),
    'policy.rules': async ({ connection }) => {
      const { policy, policyRules } = known(views, connection).config;
      const view = presets.find(({ preset }) => preset === policy);
      if (view === undefined) throw new Error(`the fake desk has no preset ${policy}`);
      const own = policyRules.map(({ id, title, verdict, reason }) => ({
        id,
        title: title ?? reason,
        verdict,
        description: reason,
        origin: 'own' as const,
        shadowedBy: id === 'emails-once-more' ? 'no-customer-emails' : null,
      }));
      return {
        view: { ...view, rules: [...own, ...view.rules] },
        hits: [
          { id: 'no-customer-emails', hits: 3, lastAt: now - 3_600_000 },
          { id: view.rules.at(-1)?.id ?? '', hits: 12, lastAt: now - 60_000 },
        ],
      };
    },
    'policy.save': async ({ connection, policy, rules, budgets }) => {
      const view = known(views, connection);
      const { budgets: _, ...config } = view.config;
      const next = {
        ...view,
        config: { ...config, policy, policyRules: rules, ...(budgets === null ? {} : { budgets }) },
      };
      views.set(connection, next);
      emit()('connections.changed', {});
      return next;
    },
    'policy.backtest': async () => backtestResult(now),
  };

  return {
    handlers,
    identity,
    decisions,
    change,
    ask: (id, part) => {
      requests.set(id, request(id, Date.now(), { createdAt: Date.now(), deadlineAt: Date.now() + 300_000, ...part }));
      change(id, {});
    },
  };
}
