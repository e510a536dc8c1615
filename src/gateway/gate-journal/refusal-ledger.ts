import type { RecordBody } from '../journal/records.ts';
import type { RefusedAttempt } from '../session/open-session.ts';

/** How much a flood of refusals may write to the gate's journal: at most some 50 MB a day, whatever knocks. */
export const refusalLimit = {
  /** Milliseconds after which counting begins anew. */
  windowMs: 60_000,
  /** Refusals of one address that are recorded one by one within a window; the others are counted. */
  eachPerAddress: 20,
  /** The same over all addresses. */
  each: 100,
  /** Addresses that are counted apart; what more of them do is counted together. */
  addresses: 20,
  /** Characters of what a client claims (user, database) and of a reason that are kept. */
  claim: 128,
  reason: 500,
} as const;

/** A CancelRequest with a key that is nobody's. */
export interface RefusedCancel {
  /** With its port. */
  readonly clientAddress: string;
  readonly processId: number;
  /** That many more were turned away before it, without a look at their key. */
  readonly unread: number;
}

export interface RefusalLedgerOptions {
  /** Writes to the gate's journal. */
  readonly record: (body: RecordBody) => void;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Runs something once, so many milliseconds from now. */
  readonly later: (delayMs: number, run: () => void) => void;
}

interface Tally {
  recorded: number;
  counted: { startUps: number; logIns: number; sessions: number; cancels: number };
  lastReason: string;
}

/** Who shares a tally when there are too many addresses. */
const others = null;

/**
 * Writes down who was not let in, and why: the first of each address in a minute one by one, then one record with their
 * number, so that whoever floods the door fills no disk. What is counted is written at the end of the minute and when the
 * gate stops.
 */
export class RefusalLedger {
  readonly #options: RefusalLedgerOptions;
  readonly #tallies = new Map<string | typeof others, Tally>();
  #since = 0;
  #recorded = 0;

  constructor(options: RefusalLedgerOptions) {
    this.#options = options;
  }

  /** True when it was recorded by itself: then it is worth a line in the operator's log as well. */
  refused({ identity, clientProcess, ...attempt }: RefusedAttempt): boolean {
    const kind = ({ start_up: 'startUps', log_in: 'logIns', session: 'sessions' } as const)[attempt.stage];
    const tally = this.#tally(attempt.clientAddress);
    if (!this.#mayRecord(tally)) return this.#count(tally, kind, attempt.reason);
    this.#options.record({
      type: 'login_refused',
      ...attempt,
      clientPid: clientProcess?.pid ?? null,
      clientProgram: clientProcess?.program ?? null,
      user: clipped(attempt.user, refusalLimit.claim),
      database: clipped(attempt.database, refusalLimit.claim),
      agent: identity?.agent ?? null,
      subject: identity?.subject ?? null,
      reason: clipped(attempt.reason, refusalLimit.reason),
    });
    return true;
  }

  /** The same for a cancel request. */
  cancelRefused(attempt: RefusedCancel): boolean {
    const tally = this.#tally(attempt.clientAddress);
    if (!this.#mayRecord(tally)) {
      tally.counted.cancels += attempt.unread;
      return this.#count(tally, 'cancels', 'a cancel key that is nobody’s');
    }
    this.#options.record({ type: 'cancel_refused', ...attempt });
    return true;
  }

  /** Writes down what was only counted, and begins anew. */
  flush(): void {
    for (const [clientAddress, { counted, lastReason }] of this.#tallies) {
      if (Object.values(counted).every((count) => count === 0)) continue;
      const until = this.#options.clock();
      this.#options.record({
        type: 'refusals_counted',
        clientAddress,
        since: this.#since,
        until,
        ...counted,
        lastReason,
      });
    }
    this.#tallies.clear();
    this.#recorded = 0;
  }

  #tally(clientAddress: string): Tally {
    if (this.#tallies.size === 0) {
      this.#since = this.#options.clock();
      this.#options.later(refusalLimit.windowMs, () => this.flush());
    }
    const host = clientAddress.replace(/:\d+$/, '');
    const key = this.#tallies.has(host) || this.#tallies.size < refusalLimit.addresses ? host : others;
    const known = this.#tallies.get(key);
    if (known !== undefined) return known;
    const fresh = { recorded: 0, counted: { startUps: 0, logIns: 0, sessions: 0, cancels: 0 }, lastReason: '' };
    this.#tallies.set(key, fresh);
    return fresh;
  }

  #mayRecord(tally: Tally): boolean {
    if (tally.recorded >= refusalLimit.eachPerAddress || this.#recorded >= refusalLimit.each) return false;
    tally.recorded += 1;
    this.#recorded += 1;
    return true;
  }

  #count(tally: Tally, kind: keyof Tally['counted'], reason: string): false {
    tally.counted[kind] += 1;
    tally.lastReason = clipped(reason, refusalLimit.reason);
    return false;
  }
}

const clipped = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text);
