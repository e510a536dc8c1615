import type { ApprovalRequest } from '../../contract/index.ts';
import type { Deadline } from './deadline.ts';
import type { Decision, SequenceStep } from './types.ts';

/** How often a waiting request is looked at: timers stand still while the machine sleeps, deadlines do not. In milliseconds. */
const lookMs = 5000;

/** A request that waits for its end. */
export interface Waiting {
  request: ApprovalRequest;
  readonly deadline: Deadline;
  readonly settle: (decision: Decision) => void;
  /** Whether the identical statement can be told again in another session. */
  readonly repeatable: boolean;
  /** Null where it stands alone. */
  readonly step: SequenceStep | null;
}

export interface WaitingRoomOptions {
  /** Milliseconds that never jump, and go on while the machine sleeps. */
  readonly monotonic: () => number;
  /** The deadline of a request has passed; it is to be taken away. */
  readonly expired: (id: string, reason: string) => void;
}

/** Requests that wait, each until its deadline at the most. */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions;
  readonly #waiting = new Map<string, { readonly one: Waiting; readonly since: number; timer: NodeJS.Timeout }>();

  constructor(options: WaitingRoomOptions) {
    this.#options = options;
  }

  add(id: string, one: Waiting): void {
    const timer = setTimeout(() => this.#look(id), Math.min(one.deadline.waitMs, lookMs));
    this.#waiting.set(id, { one, since: this.#options.monotonic(), timer });
    if (one.deadline.waitMs === 0) this.#look(id);
  }

  get(id: string): Waiting | undefined {
    return this.#waiting.get(id)?.one;
  }

  /** A copy, oldest first: ending one changes the room that is being walked. */
  list(): readonly Waiting[] {
    return [...this.#waiting.values()].map(({ one }) => one);
  }

  /** Takes a request out, and tells how long it waited, in milliseconds. */
  take(id: string): { readonly one: Waiting; readonly waitedMs: number } | undefined {
    const found = this.#waiting.get(id);
    if (found === undefined) return undefined;
    this.#waiting.delete(id);
    clearTimeout(found.timer);
    return { one: found.one, waitedMs: this.#options.monotonic() - found.since };
  }

  expireIfOverdue(id: string): void {
    const found = this.#waiting.get(id);
    if (found === undefined) return;
    const { waitMs, expiry } = found.one.deadline;
    if (this.#options.monotonic() - found.since >= waitMs) this.#options.expired(id, expiry);
  }

  /** The timer's work. It may fire too early by a rounding, and comes too late after a suspend. */
  #look(id: string): void {
    this.expireIfOverdue(id);
    const found = this.#waiting.get(id);
    if (found === undefined) return;
    const left = found.since + found.one.deadline.waitMs - this.#options.monotonic();
    found.timer = setTimeout(() => this.#look(id), Math.min(Math.max(1, left), lookMs));
  }
}
