import pg from 'pg';
import type { CatalogQuery } from '../../src/gateway/sql/catalog.ts';

/** What a transaction has done so far, as the server tells. */
export interface Observation {
  /** Relation OID → the locks held on it, without those of this look-up. */
  readonly locks: ReadonlyMap<number, ReadonlySet<string>>;
  /** Relation OID → rows inserted, updated and deleted in this transaction. */
  readonly rows: ReadonlyMap<number, number>;
  /** OID of a user's function → its name and how often it was called in this transaction; needs track_functions = all. */
  readonly calls: ReadonlyMap<number, { readonly name: string; readonly count: number }>;
  readonly transactionId: string | null;
  readonly advisoryLocks: number;
  readonly settings: ReadonlyMap<string, string>;
  /** Relation OID → name and pg_class.relkind, of all that is named above. */
  readonly relations: ReadonlyMap<number, { readonly name: string; readonly kind: string; readonly system: boolean }>;
}

const OBSERVE = `
WITH locks AS MATERIALIZED (SELECT l.locktype, l.relation, l.mode FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.mode <> 'SIReadLock'),
  rows AS MATERIALIZED (SELECT c.oid, pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)
      + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS n
    FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 't', 'm'))
SELECT 'lock', l.relation::text, l.mode, c.relkind::text, n.nspname || '.' || c.relname
  FROM locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE l.locktype = 'relation'
UNION ALL SELECT 'rows', r.oid::text, r.n::text, c.relkind::text, n.nspname || '.' || c.relname
  FROM rows r JOIN pg_catalog.pg_class c ON c.oid = r.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE r.n > 0
UNION ALL SELECT 'calls', p.oid::text, pg_catalog.pg_stat_get_xact_function_calls(p.oid)::text, NULL, p.proname
  FROM pg_catalog.pg_proc p WHERE p.oid >= 16384 AND pg_catalog.pg_stat_get_xact_function_calls(p.oid) > 0
    AND p.prorettype <> 'pg_catalog.event_trigger'::pg_catalog.regtype
UNION ALL SELECT 'xid', pg_catalog.pg_current_xact_id_if_assigned()::text, NULL, NULL, NULL
UNION ALL SELECT 'advisory', pg_catalog.count(*)::text, NULL, NULL, NULL FROM locks l WHERE l.locktype = 'advisory'
UNION ALL SELECT 'flush', pg_catalog.pg_stat_force_next_flush()::text, NULL, NULL, NULL
UNION ALL SELECT 'setting', s.name, s.setting, NULL, NULL FROM pg_catalog.pg_show_all_settings() s`;

/**
 * Looks at the connection's own transaction. Event triggers are left out: they are no part of the effects (docs/policy.md). What the server counts as its rows and calls is what has not been flushed to
 * the statistics of all sessions: hence the flush at its end.
 * The look-up itself takes AccessShareLock on catalogs, which are not reported as read.
 */
export async function observe(client: pg.Client): Promise<Observation> {
  const { rows: found } = await client.query<(string | null)[]>({ text: OBSERVE, rowMode: 'array' });
  const locks = new Map<number, Set<string>>();
  const rows = new Map<number, number>();
  const calls = new Map<number, { name: string; count: number }>();
  const settings = new Map<string, string>();
  const relations = new Map<number, { name: string; kind: string; system: boolean }>();
  let transactionId: string | null = null;
  let advisoryLocks = 0;
  for (const [what, key, value, kind, name] of found) {
    const oid = Number(key);
    if (what === 'lock' || what === 'rows') {
      const system = /^(pg_catalog|information_schema)\./.test(name ?? '');
      relations.set(oid, { name: name ?? '', kind: kind ?? '', system });
    }
    if (what === 'lock') locks.set(oid, (locks.get(oid) ?? new Set()).add(value ?? ''));
    else if (what === 'rows') rows.set(oid, Number(value));
    else if (what === 'calls') calls.set(oid, { name: name ?? '', count: Number(value) });
    else if (what === 'xid') transactionId = key ?? null;
    else if (what === 'advisory') advisoryLocks = oid;
    else if (what === 'setting') settings.set(key ?? '', value ?? '');
  }
  return { locks, rows, calls, transactionId, advisoryLocks, settings, relations };
}

/** The beginning of a transaction, in a session with these settings and session-level locks. */
export const nothingDone = ({ advisoryLocks, settings }: Observation): Observation => ({
  ...{ locks: new Map(), rows: new Map(), calls: new Map(), relations: new Map() },
  ...{ transactionId: null, advisoryLocks, settings },
});

/** What one statement did: the difference of two observations of the same transaction. */
export interface Deeds {
  readonly writtenRows: readonly number[];
  /** Relations locked more strongly than a reader locks. */
  readonly lockedForWriting: readonly number[];
  /** Of these, the ones with no more than the lock of SELECT … FOR KEY SHARE, which foreign keys take to check rows. */
  readonly lockedForSharing: readonly number[];
  readonly read: readonly number[];
  /** Names of users' functions. */
  readonly called: readonly string[];
  readonly tookTransactionId: boolean;
  readonly tookAdvisoryLock: boolean;
  readonly settings: readonly string[];
}

const READ_LOCK = 'AccessShareLock';

export function deedsBetween(before: Observation, after: Observation): Deeds {
  const isNew = (oid: number, mode: string): boolean => before.locks.get(oid)?.has(mode) !== true;
  const newlyLocked = (wanted: (mode: string) => boolean): number[] =>
    [...after.locks].flatMap(([oid, modes]) =>
      [...modes].some((mode) => wanted(mode) && isNew(oid, mode)) ? [oid] : [],
    );
  return {
    writtenRows: [...after.rows].flatMap(([oid, count]) => (count > (before.rows.get(oid) ?? 0) ? [oid] : [])),
    lockedForWriting: newlyLocked((mode) => mode !== READ_LOCK),
    lockedForSharing: newlyLocked((mode) => mode === 'RowShareLock'),
    read: newlyLocked((mode) => mode === READ_LOCK).filter((oid) => after.relations.get(oid)?.system !== true),
    called: [...after.calls].flatMap(([oid, { name, count }]) =>
      count > (before.calls.get(oid)?.count ?? 0) ? [name] : [],
    ),
    tookTransactionId: before.transactionId === null && after.transactionId !== null,
    tookAdvisoryLock: after.advisoryLocks > before.advisoryLocks,
    settings: [...after.settings].flatMap(([name, value]) =>
      // SET ROLE hides and shows some settings without changing them.
      !before.settings.has(name) || before.settings.get(name) === value ? [] : [name],
    ),
  };
}

/** The catalog queries over the same connection, so that what its open transaction made is seen too. */
export const catalogOver =
  (client: pg.Client): CatalogQuery =>
  async (text) => {
    const types = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig;
    return (await client.query<(string | null)[]>({ text, rowMode: 'array', types })).rows;
  };

/** Runs one statement, feeding a COPY … FROM STDIN. */
export async function run(client: pg.Client, sql: string, copyData: string | null): Promise<void> {
  if (copyData === null) {
    await client.query(sql);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const query = new pg.Query(sql, undefined, (error: Error | undefined) => (error ? reject(error) : resolve()));
    Object.assign(query, {
      handleCopyInResponse: (connection: { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }) => {
        connection.sendCopyFromChunk(Buffer.from(copyData));
        connection.endCopyFrom();
      },
    });
    client.query(query as unknown as pg.Submittable);
  });
}
