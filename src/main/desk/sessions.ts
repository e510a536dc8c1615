import { DeskError, type Handlers, type SessionDetail, type SessionSummary } from '../../contract/index.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

type SessionCalls = Extract<keyof Handlers, `sessions.${string}`>;

/** Sessions: the live ones from the gate's memory, the past ones from their journals. */
export function sessionHandlers({ gateway, archive, operator }: DeskPorts): Pick<Handlers, SessionCalls> {
  const live = () => gateway.liveSessions();
  const shown = new Set<string>();
  /** Who looks into the record of a session is itself recorded (PCI DSS 10.2.1.3). */
  const read = (sessionId: string, how: 'shown' | 'verified' | 'replayed' | 'reported'): void =>
    gateway.note({ type: 'journal_read', how, sessionId, by: operator });
  const show = async (sessionId: string): Promise<SessionDetail> => {
    const detail = await archive.get(sessionId);
    // Once for each start of the gate: the desk asks again whenever something changes.
    if (!shown.has(sessionId)) read(sessionId, 'shown');
    shown.add(sessionId);
    return detail;
  };
  const recorded = <T>(sessionId: string, how: 'verified' | 'replayed' | 'reported', make: () => Promise<T>) =>
    withDeskErrors(async () => {
      const made = await make();
      read(sessionId, how);
      return made;
    });
  return {
    'sessions.list': ({ text, limit }) =>
      withDeskErrors(async () => {
        const archived = await archive.list({ text, limit });
        const open = live().map((session) => session.summary);
        return merge(open, archived, text).slice(0, limit);
      }),
    'sessions.get': ({ sessionId }) =>
      withDeskErrors(() => live().find((session) => session.summary.id === sessionId) ?? show(sessionId)),
    'sessions.terminate': async ({ sessionId }) => {
      if (!gateway.terminateSession(sessionId, `ended by ${operator} at the desk`)) {
        throw new DeskError(
          'session_not_live',
          'This session has already ended.',
          'Its journal is kept: see Sessions.',
        );
      }
      return {};
    },
    'sessions.verify': ({ sessionId }) => recorded(sessionId, 'verified', () => archive.verify(sessionId)),
    'sessions.replay': ({ sessionId }) => recorded(sessionId, 'replayed', () => archive.replay(sessionId)),
    'sessions.report': ({ sessionId }) => recorded(sessionId, 'reported', () => archive.report(sessionId)),
  };
}

/** Newest first. What memory knows of a live session is newer than its journal; the archive has already filtered its own. */
function merge(live: SessionSummary[], archived: SessionSummary[], text: string | undefined): SessionSummary[] {
  const liveIds = new Set(live.map((summary) => summary.id));
  const archivedIds = new Set(archived.map((summary) => summary.id));
  const shown = live.filter((summary) => archivedIds.has(summary.id) || mentions(summary, text));
  return [...shown, ...archived.filter((summary) => !liveIds.has(summary.id))].sort(
    (one, other) => other.startedAt - one.startedAt,
  );
}

function mentions(summary: SessionSummary, text: string | undefined): boolean {
  if (text === undefined || text.trim() === '') return true;
  const { id, agent, connection, database, role, applicationName, environment } = summary;
  const words = [id, agent, connection, database, role, applicationName ?? '', environment].join(' ').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => words.includes(word));
}
