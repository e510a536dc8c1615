import { z } from 'zod';
import { instant } from './common.ts';

/** Settings by which the server ends a session that waits (PostgreSQL manual, "Client Connection Defaults"). */
export const waitTimeout = z.enum([
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
  'idle_session_timeout',
]);
export type WaitTimeout = z.infer<typeof waitTimeout>;

/** Why a request waits less long than the gate's own deadline: the server would end the session soon after. */
export const deadlineCause = z.object({ setting: waitTimeout, valueMs: z.number().int().positive() });
export type DeadlineCause = z.infer<typeof deadlineCause>;

/** A timeout of the server for people and agents: `idle_in_transaction_session_timeout = 30 s`. */
export function timeoutText({ setting, valueMs }: DeadlineCause): string {
  return `${setting} = ${valueMs % 1000 === 0 ? `${valueMs / 1000} s` : `${valueMs} ms`}`;
}

/** A lock that the session of a held statement has: of a relation, or an advisory one by its key. */
export const heldLock = z.object({
  on: z.enum(['relation', 'advisory']),
  /** `schema.table`, or the key of an advisory lock. */
  name: z.string(),
  /** As in pg_locks: `RowExclusiveLock`. */
  mode: z.string(),
});
export type HeldLock = z.infer<typeof heldLock>;

/** Another session that waits for a lock of the held one. Everything in it comes from elsewhere and is shown as text only. */
export const blockedSession = z.object({
  processId: z.number().int(),
  role: z.string(),
  application: z.string(),
  /** By our clock; null where the server does not tell (before PostgreSQL 14). */
  waitingSince: instant.nullable(),
  /** How its query begins; null on a masked connection, and where the upstream account may not see it. */
  query: z.string().nullable(),
});
export type BlockedSession = z.infer<typeof blockedSession>;

/** What a held statement's open transaction keeps from others, as last read. */
export const transactionLocks = z.object({
  held: z.array(heldLock),
  /** Locks that there was no room for in `held`. */
  moreHeld: z.number().int().nonnegative(),
  blocked: z.array(blockedSession),
  moreBlocked: z.number().int().nonnegative(),
  /** False when the server could not be asked; the lists are then empty and say nothing. */
  known: z.boolean(),
});
export type TransactionLocks = z.infer<typeof transactionLocks>;
