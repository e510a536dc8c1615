import { timingSafeEqual } from 'node:crypto';
import type { ApprovalRequest, DecideInput, TransactionLocks } from '../../contract/index.ts';
import { type Deadline, deadlineOf, type ServerLimit } from './deadline.ts';
import { ApprovalError } from './error.ts';
import type { ApprovalQuestion, Decision } from './types.ts';

/** Decided requests kept for the inbox; the journals keep them all. */
const keptDecided = 200;

/** How often a waiting request is looked at: timers stand still while the machine sleeps, deadlines do not. In milliseconds. */
const lookMs = 5000;

export interface BrokerOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /**
   * Milliseconds that never jump, and go on while the machine sleeps. Deadlines are measured with it, so that a changed
   * clock neither ends nor prolongs a hold, and nothing overdue is approved after a suspend.
   */
  readonly monotonic: () => number;
  readonly newId: () => string;
  /** How long a request waits; 0 denies at once. */
  readonly deadlineMs: number;
}

/** A statement that waits. `decision` settles exactly once and never rejects. */
export interface Hold {
  readonly request: ApprovalRequest;
  readonly decision: Promise<Decision>;
  /** Ends the hold from the asker's side; has no effect once it has ended. */
  end(state: 'withdrawn' | 'cancelled' | 'skipped', reason: string): void;
  /** Tells the operator what the statement's transaction keeps from others; has no effect once the hold has ended. */
  showLocks(locks: TransactionLocks): void;
}

interface Waiting {
  request: ApprovalRequest;
  readonly since: number;
  readonly deadline: Deadline;
  timer: NodeJS.Timeout;
  readonly settle: (decision: Decision) => void;
}

/**
 * Questions to the operator and their answers. A request is pending until exactly one thing ends it: the operator, the
 * deadline (denied), the asker leaving, or a cancel. Nothing else approves.
 */
export class ApprovalBroker {
  readonly #options: BrokerOptions;
  readonly #pending = new Map<string, Waiting>();
  readonly #decided: ApprovalRequest[] = [];
  readonly #listeners = new Set<(request: ApprovalRequest) => void>();

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  get deadlineMs(): number {
    return this.#options.deadlineMs;
  }

  /**
   * Asks the operator, for no longer than `server` leaves. With a deadline of 0, or too little left to ask, the hold is
   * already expired when this returns, and nobody was asked.
   */
  ask(question: ApprovalQuestion, server: ServerLimit | null = null): Hold {
    const { clock, newId, monotonic } = this.#options;
    const deadline = deadlineOf(this.#options.deadlineMs, server);
    const createdAt = clock();
    const id = newId();
    const request: ApprovalRequest = {
      ...question,
      id,
      state: 'pending',
      createdAt,
      deadlineAt: createdAt + Math.round(deadline.waitMs),
      deadlineCause: deadline.cause,
      locks: null,
      decidedAt: null,
      decidedBy: null,
      reason: null,
    };
    const decision = new Promise<Decision>((settle) => {
      const timer = setTimeout(() => this.#look(id), Math.min(deadline.waitMs, lookMs));
      this.#pending.set(id, { request, since: monotonic(), deadline, timer, settle });
    });
    if (deadline.waitMs === 0) this.#look(id);
    else this.#emit(request);
    return {
      request,
      decision,
      end: (state, reason) => this.#end(id, state, null, null, reason),
      showLocks: (locks) => this.#change(id, { locks }),
    };
  }

  /**
   * The operator's answer. Throws ApprovalError: `approval_not_found`, `approval_already_ended`, or
   * `approval_digest_mismatch` when the statement is not the one that was shown.
   */
  decide(input: DecideInput & { readonly by: string; readonly via: string }): ApprovalRequest {
    this.#expireIfOverdue(input.id);
    const waiting = this.#pending.get(input.id);
    if (waiting === undefined) throw this.#whyNotPending(input.id);
    const shown = Buffer.from(input.digest);
    const actual = Buffer.from(waiting.request.digest);
    if (shown.length !== actual.length || !timingSafeEqual(shown, actual)) {
      throw new ApprovalError(
        'approval_digest_mismatch',
        'This request is for another statement than the one shown. Nothing was decided.',
      );
    }
    const state = input.action === 'approve' ? 'approved' : 'denied';
    const reason = input.reason === undefined || input.reason === '' ? null : input.reason;
    return this.#end(input.id, state, input.by, input.via, reason) as ApprovalRequest;
  }

  /** Pending requests, oldest first, and the latest that ended, newest first. */
  list(): { pending: ApprovalRequest[]; decided: ApprovalRequest[] } {
    return { pending: [...this.#pending.values()].map((waiting) => waiting.request), decided: [...this.#decided] };
  }

  /** Hears of every new, every changed and every ended request. Returns a function that stops listening. */
  onChange(listener: (request: ApprovalRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Withdraws everything that waits. */
  stop(reason: string): void {
    // A copy: ending a hold changes the map that is being walked.
    for (const id of [...this.#pending.keys()]) this.#end(id, 'withdrawn', null, null, reason);
  }

  /** The timer's work. It may fire too early by a rounding, and comes too late after a suspend. */
  #look(id: string): void {
    this.#expireIfOverdue(id);
    const waiting = this.#pending.get(id);
    if (waiting === undefined) return;
    const left = waiting.since + waiting.deadline.waitMs - this.#options.monotonic();
    waiting.timer = setTimeout(() => this.#look(id), Math.min(Math.max(1, left), lookMs));
  }

  #expireIfOverdue(id: string): void {
    const waiting = this.#pending.get(id);
    if (waiting === undefined) return;
    const { waitMs, expiry } = waiting.deadline;
    if (this.#options.monotonic() - waiting.since >= waitMs) this.#end(id, 'expired', null, null, expiry);
  }

  #change(id: string, change: Pick<ApprovalRequest, 'locks'>): void {
    const waiting = this.#pending.get(id);
    if (waiting === undefined) return;
    waiting.request = { ...waiting.request, ...change };
    this.#emit(waiting.request);
  }

  #end(
    id: string,
    state: Decision['state'],
    by: string | null,
    via: string | null,
    reason: string | null,
  ): ApprovalRequest | null {
    const waiting = this.#pending.get(id);
    if (waiting === undefined) return null;
    this.#pending.delete(id);
    clearTimeout(waiting.timer);
    const at = this.#options.clock();
    const ended: ApprovalRequest = { ...waiting.request, state, decidedAt: at, decidedBy: by, reason };
    this.#decided.unshift(ended);
    this.#decided.length = Math.min(this.#decided.length, keptDecided);
    waiting.settle({ state, by, via, reason, at, waitedMs: this.#options.monotonic() - waiting.since });
    this.#emit(ended);
    return ended;
  }

  #whyNotPending(id: string): ApprovalError {
    const ended = this.#decided.find((request) => request.id === id);
    if (ended === undefined) return new ApprovalError('approval_not_found', 'There is no such request.');
    return new ApprovalError('approval_already_ended', `This request has already ended: it was ${ended.state}.`);
  }

  #emit(request: ApprovalRequest): void {
    for (const listener of [...this.#listeners]) listener(request);
  }
}
