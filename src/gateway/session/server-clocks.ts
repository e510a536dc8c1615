import type { WaitTimeout } from '../../contract/index.ts';
import type { ServerLimit } from '../approval/deadline.ts';
import type { Answers } from './answers.ts';
import { askHidden } from './hidden-exchange.ts';

/** What ends a session that waits, in milliseconds as it is set now; 0 or absent is never. */
export type ServerTimeouts = Readonly<Partial<Record<WaitTimeout, number>>>;

/** Where in its dialogue with the server a session waits. */
export interface WaitingPlace {
  readonly transaction: 'idle' | 'open' | 'failed';
  /** Messages of the extended protocol were sent and no Sync yet: the server is then busy, not idle. */
  readonly segmentOpen: boolean;
  /** The operator lets transactions be kept alive while they wait. */
  readonly keepsTransaction: boolean;
}

/** The first release that has each setting. */
const since: Readonly<Record<WaitTimeout, number>> = {
  idle_in_transaction_session_timeout: 10,
  idle_session_timeout: 14,
  transaction_timeout: 17,
};

/** A Sync of ours cannot be relied on to come in time more often than this, in milliseconds. */
const shortestKeptMs = 400;

/** The settings that a server of this version has, by its ParameterStatus `server_version`: `18.6 (Debian …)`, `17devel`. */
export function knownTimeouts(serverVersion: string): readonly WaitTimeout[] {
  const major = Number.parseInt(serverVersion, 10);
  return (Object.keys(since) as WaitTimeout[]).filter((name) => major >= since[name]);
}

/**
 * Asks the server for its timeouts as this session has them now, unseen by the client. SHOW, because it takes no snapshot:
 * in a transaction of REPEATABLE READ a SELECT of ours would fix what the client's own first statement should. Null when
 * the server gave no answer, or one that is not understood.
 */
export async function readTimeouts(
  answers: Answers,
  write: (frames: readonly Buffer[]) => void,
  names: readonly WaitTimeout[],
): Promise<ServerTimeouts | null> {
  if (names.length === 0) return {};
  const texts = names.map((name) => `SHOW ${name}`);
  const results = await askHidden(answers, write, texts);
  if (results === null) return null;
  const values = results.map((rows) => timeoutMs(rows[0]?.[0]?.toString('utf8') ?? ''));
  if (values.includes(null)) return null;
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? 0]));
}

/**
 * The timeouts that run in a transaction, given those from before it and those set now. The clock of transaction_timeout
 * starts with the transaction: set to another value in it, it goes on as it was; only 0 stops it (PostgreSQL,
 * `assign_transaction_timeout`).
 */
export function runningTimeouts(before: ServerTimeouts, now: ServerTimeouts): ServerTimeouts {
  const { transaction_timeout: started = 0 } = before;
  const { transaction_timeout: set = 0 } = now;
  return set > 0 && started > 0 ? { ...now, transaction_timeout: started } : now;
}

const units = new Map([
  ['', 1],
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Milliseconds of a time as SHOW prints it (`0`, `1500ms`, `30s`, `5min`); null when it is none. */
export function timeoutMs(text: string): number | null {
  const [, amount, unit] = /^(\d+)([a-z]*)$/.exec(text) ?? [];
  const factor = units.get(unit ?? '');
  return amount === undefined || factor === undefined ? null : Number(amount) * factor;
}

/**
 * When the server would end the session that waits there. `idleMs` is how long it has been idle, `transactionMs` how old
 * its transaction is; both may be too long, never too short. Null when it would not. What is left has a margin taken off,
 * for the way of the last message to the server.
 *
 * statement_timeout is not among them: outside a segment it does not run while nothing is sent (protocol.md, E2), and in
 * an open one our own look-up ends its turn. lock_timeout runs only while a statement waits for a lock.
 */
export function serverLimit(
  timeouts: ServerTimeouts,
  place: WaitingPlace,
  ages: { readonly idleMs: number; readonly transactionMs: number },
): ServerLimit | null {
  const idle = idleTimeout(place);
  const limits: ServerLimit[] = [];
  const add = (setting: WaitTimeout, ageMs: number): void => {
    const valueMs = timeouts[setting] ?? 0;
    if (valueMs > 0) limits.push({ setting, valueMs, leftMs: valueMs - ageMs - marginMs(valueMs) });
  };
  if (place.transaction !== 'idle' || place.segmentOpen) add('transaction_timeout', ages.transactionMs);
  if (idle !== null && keepAliveMs(timeouts, place) === null) add(idle, ages.idleMs);
  return limits.reduce<ServerLimit | null>(
    (least, limit) => (least && least.leftMs <= limit.leftMs ? least : limit),
    null,
  );
}

/** How often a Sync of ours has to reset the server's idle timer there, in milliseconds; null when none has to, or none may. */
export function keepAliveMs(timeouts: ServerTimeouts, place: WaitingPlace): number | null {
  const idle = idleTimeout(place);
  if (idle === null || (place.transaction !== 'idle' && !place.keepsTransaction)) return null;
  const valueMs = timeouts[idle] ?? 0;
  return valueMs < shortestKeptMs ? null : valueMs / 2;
}

/** The idle timer that runs there. In an open segment none does: the server is active (protocol.md, E3). */
function idleTimeout({ transaction, segmentOpen }: WaitingPlace): WaitTimeout | null {
  if (segmentOpen) return null;
  return transaction === 'idle' ? 'idle_session_timeout' : 'idle_in_transaction_session_timeout';
}

/** Taken off what the server leaves: a twentieth of it, from half a second to two seconds. */
const marginMs = (valueMs: number): number => Math.min(2000, Math.max(500, valueMs / 20));
