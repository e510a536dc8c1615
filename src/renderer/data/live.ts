import type { QueryClient } from '@tanstack/react-query';
import {
  type ApprovalRequest,
  type CallOutput,
  openForRetry,
  openSequence,
  type SessionDetail,
  type SessionSummary,
  type StatementEntry,
} from '../../contract/index.ts';
import type { Desk } from '../desk.ts';
import { callKey } from './query.ts';

type Approvals = CallOutput<'approvals.list'>;

/** What follows from mask rules and the catalog. */
const ofCatalog = ['rules.catalog', 'rules.preview', 'rules.review', 'rules.matches'];

/** How many decided requests the desk keeps in view. */
const decidedKept = 100;

/**
 * The lists with one request in its new state: pending and open for a retry oldest first, decided newest first. A request
 * that was replaced stays where it is until the one that replaces it comes, so that who reads it can be led there.
 */
export function withApproval(lists: Approvals, request: ApprovalRequest): Approvals {
  const others = (list: Approvals['pending']) =>
    list.filter((other) => other.id !== request.id && other.id !== request.replaces);
  const pending = others(lists.pending);
  const retries = others(lists.retries);
  const sequences = others(lists.sequences);
  const decided = others(lists.decided);
  const inOrder = (list: Approvals['pending']) => [...list, request].sort((a, b) => a.createdAt - b.createdAt);
  if (request.state === 'pending') return { pending: inOrder(pending), retries, sequences, decided };
  if (openForRetry(request) || request.retry?.state === 'replaced')
    return { pending, retries: inOrder(retries), sequences, decided };
  if (openSequence(request)) return { pending, retries, sequences: inOrder(sequences), decided };
  return { pending, retries, sequences, decided: [request, ...decided].slice(0, decidedKept) };
}

/** The list with one session in its new state: at its place, or in front when it is new. */
export function withSession(list: SessionSummary[], summary: SessionSummary): SessionSummary[] {
  const known = list.some((other) => other.id === summary.id);
  return known ? list.map((other) => (other.id === summary.id ? summary : other)) : [summary, ...list];
}

/** The session with one statement in its new state, in order of `seq`. */
export function withStatement(detail: SessionDetail, statement: StatementEntry): SessionDetail {
  const last = detail.statements.at(-1);
  if (!last || statement.seq > last.seq) return { ...detail, statements: [...detail.statements, statement] };
  const known = detail.statements.some((other) => other.seq === statement.seq);
  const statements = known
    ? detail.statements.map((other) => (other.seq === statement.seq ? statement : other))
    : [...detail.statements, statement].sort((a, b) => a.seq - b.seq);
  return { ...detail, statements };
}

/**
 * Feeds the events of the desk into the query cache, and asks for everything again after a reconnect.
 * `onRequest` hears of every new request and of how it ended, not of what changes while it waits. Returns the function that stops.
 */
export function followEvents(
  desk: Desk,
  client: QueryClient,
  onRequest: (request: ApprovalRequest) => void,
): () => void {
  const invalidate = (...names: string[]) => {
    for (const name of names) void client.invalidateQueries({ queryKey: [name] });
  };
  let wasOpen = desk.status() === 'open';
  const waiting = new Set<string>();
  const stops = [
    desk.on('approval.changed', (request) => {
      const { id, state } = request;
      const key = callKey('approvals.list', {});
      const known = waiting.has(id) || client.getQueryData<Approvals>(key)?.pending.some((other) => other.id === id);
      client.setQueryData<Approvals>(key, (lists) => lists && withApproval(lists, request));
      if (state === 'pending') waiting.add(id);
      else waiting.delete(id);
      const counts = known !== true && (request.sequence?.answer ?? null) !== null;
      if (!counts && (state !== 'pending' || known !== true)) onRequest(request);
    }),
    desk.on('session.changed', (summary) => {
      for (const [key] of client.getQueriesData<SessionSummary[]>({ queryKey: ['sessions.list'] })) {
        const filtered = Boolean((key[1] as { text?: string } | undefined)?.text);
        if (filtered) void client.invalidateQueries({ queryKey: key });
        else client.setQueryData<SessionSummary[]>(key, (list) => list && withSession(list, summary));
      }
      client.setQueryData<SessionDetail>(
        callKey('sessions.get', { sessionId: summary.id }),
        (detail) => detail && { ...detail, summary },
      );
      if (!summary.live) invalidate('sessions.replay', 'sessions.verify');
    }),
    desk.on('statement.changed', ({ sessionId, statement }) => {
      client.setQueryData<SessionDetail>(
        callKey('sessions.get', { sessionId }),
        (detail) => detail && withStatement(detail, statement),
      );
    }),
    desk.on('connections.changed', () =>
      invalidate('connections.list', ...ofCatalog, 'suggestions.list', 'copies.list', 'renamed.list', 'desk.overview'),
    ),
    desk.on('agents.changed', () => invalidate('agents.list', 'connections.list', 'desk.overview')),
    desk.on('identity.changed', () => invalidate('identity.list')),
    desk.on('findings.changed', () => invalidate('findings.list', 'suggestions.list', ...ofCatalog)),
    desk.on('overview.changed', () => invalidate('desk.overview')),
    desk.on('seal.changed', () => invalidate('seal.state', 'desk.overview')),
    desk.on('gate.changed', () => invalidate('gate.events', 'copies.list')),
    desk.onStatus(() => {
      const open = desk.status() === 'open';
      if (open && !wasOpen) void client.invalidateQueries();
      wasOpen = open;
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
