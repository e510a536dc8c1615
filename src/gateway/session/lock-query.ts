import type { TransactionLocks } from '../../contract/index.ts';

export type LockQuery = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;

/** How many locks and how many blocked sessions are listed; more are only counted. */
const listed = { locks: 12, sessions: 8 } as const;
/** Characters of a blocked session's query that are shown. */
const shownQuery = 100;

/** Strongest first (manual, "Table-Level Locks"). */
const modes = [
  'AccessExclusiveLock',
  'ExclusiveLock',
  'ShareRowExclusiveLock',
  'ShareLock',
  'ShareUpdateExclusiveLock',
  'RowExclusiveLock',
  'RowShareLock',
  'AccessShareLock',
];

/** A process id that is not this account's in this database is a pooler's invention, or was given to somebody else since. */
const HELD = `
SELECT l.locktype, n.nspname, c.relname, l.mode, l.classid, l.objid, l.objsubid
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_class c ON c.oid = l.relation
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE l.pid = $pid AND l.granted
  AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
    WHERE a.pid = l.pid AND a.datname = pg_catalog.current_database() AND a.usename = session_user)
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  AND (l.locktype = 'advisory' OR (l.locktype = 'relation' AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S')
    AND (n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') OR l.mode <> 'AccessShareLock')))`;

/** `waitstart` is there from PostgreSQL 14 on, hence the way through JSON. */
const BLOCKED = `
SELECT w.pid, a.usename, a.application_name, w.since::text,
  EXTRACT(epoch FROM pg_catalog.clock_timestamp() - w.since) * 1000, $query
FROM (SELECT l.pid, pg_catalog.min((pg_catalog.to_jsonb(l) ->> 'waitstart')::pg_catalog.timestamptz) AS since
  FROM pg_catalog.pg_locks l WHERE NOT l.granted GROUP BY l.pid) w
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = w.pid
WHERE $pid = ANY (pg_catalog.pg_blocking_pids(w.pid))
ORDER BY w.since NULLS LAST, w.pid`;

/** The locks that a session has and that may matter to others, strongest first: not those of reading the catalog, nor of indexes. */
export async function readHeld(
  query: LockQuery,
  processId: number,
): Promise<Pick<TransactionLocks, 'held' | 'moreHeld'>> {
  const rows = await query(withProcess(HELD, processId));
  const locks = rows.map(([type, schema, relation, mode, high, low, form]) => ({
    on: type === 'advisory' ? ('advisory' as const) : ('relation' as const),
    name: type === 'advisory' ? advisoryKey(high ?? '0', low ?? '0', form ?? '1') : `${schema ?? ''}.${relation ?? ''}`,
    mode: mode ?? '',
  }));
  locks.sort((a, b) => modes.indexOf(a.mode) - modes.indexOf(b.mode) || (a.name < b.name ? -1 : 1));
  return { held: locks.slice(0, listed.locks), moreHeld: Math.max(0, locks.length - listed.locks) };
}

/**
 * The sessions that wait for this one, the longest wait first. `since` turns a wait (told apart by its text) that is so
 * many milliseconds old into the instant it began.
 */
export async function readBlocked(
  query: LockQuery,
  processId: number,
  showQueries: boolean,
  since: (wait: string, agoMs: number) => number,
): Promise<Pick<TransactionLocks, 'blocked' | 'moreBlocked'>> {
  const shown = showQueries ? `pg_catalog.left(a.query, ${shownQuery})` : 'NULL';
  const rows = await query(withProcess(BLOCKED, processId).replace('$query', shown));
  const blocked = rows.slice(0, listed.sessions).map(([pid, role, application, began, agoMs, text]) => ({
    processId: Number(pid),
    role: role ?? '',
    application: application ?? '',
    waitingSince: began == null || agoMs == null ? null : Math.round(since(`${pid} ${began}`, Number(agoMs))),
    // What the server says in its place to accounts that may not see it.
    query: text == null || text === '' || text === '<insufficient privilege>' ? null : text,
  }));
  return { blocked, moreBlocked: Math.max(0, rows.length - listed.sessions) };
}

function withProcess(sql: string, processId: number): string {
  if (!Number.isSafeInteger(processId)) throw new RangeError('not a process id');
  return sql.replaceAll('$pid', String(processId));
}

/** As it was given to pg_advisory_lock: one bigint, or two integers (manual, "pg_locks"). */
function advisoryKey(high: string, low: string, form: string): string {
  const [first, second] = [BigInt(high), BigInt(low)];
  if (form === '2') return `${BigInt.asIntN(32, first)}, ${BigInt.asIntN(32, second)}`;
  return String(BigInt.asIntN(64, (first << 32n) | second));
}
