import type { ApprovalRequest, Retry } from '../../contract/index.ts';
import type { ApprovalQuestion, EarlierDecision, OperatorAnswer, RetryJournal, RetryStep } from './types.ts';

export const retryLimit = {
  /** How long a request that its agent gave up can still be decided, in milliseconds. */
  offerMs: 10 * 60_000,
  /** How long a ticket, or a denial that waits for the retry, is good for, in milliseconds. */
  answerMs: 10 * 60_000,
  /** Offers and tickets at once; the oldest offer makes room, a ticket never does. */
  open: 100,
} as const;

export interface RetryBookOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds that never jump; what a ticket is good for is measured with it. */
  readonly monotonic: () => number;
  readonly journal: RetryJournal;
  /** Hears of every new state of a request. */
  readonly changed: (request: ApprovalRequest) => void;
}

interface Entry {
  request: ApprovalRequest & { readonly retry: Retry };
  state: 'offered' | 'ticket' | 'denied';
  decision: EarlierDecision | null;
  ends: number;
  timer: NodeJS.Timeout;
}

/**
 * Requests whose agents gave up waiting, and what the operator decided for the retry. An approval becomes a ticket for
 * one run of the identical statement, a denial an answer to one retry. One entry for each agent and statement. In memory
 * only: the end of the gate ends them all.
 */
export class RetryBook {
  readonly #options: RetryBookOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: RetryBookOptions) {
    this.#options = options;
  }

  /** What can be decided or withdrawn, oldest first. */
  open(): ApprovalRequest[] {
    const open = [...this.#entries.values()].filter((entry) => entry.state !== 'denied' && !this.#over(entry));
    return open.map(({ request }) => request);
  }

  /** The request as it is now, when it can still be decided; null otherwise. */
  offered(id: string): ApprovalRequest | null {
    const entry = this.#entries.get(id);
    return entry?.state === 'offered' && !this.#over(entry) ? entry.request : null;
  }

  /** Takes a request whose agent gave up. Null when the operator has already answered for its retry: one answer is enough. */
  offer(request: ApprovalRequest): ApprovalRequest | null {
    const same = this.#answerFor(request);
    if (same !== null) {
      if (same.state !== 'offered') return null;
      this.#end(same, 'replaced', { reason: 'the agent gave up the identical statement once more' });
    }
    this.#makeRoom();
    const { clock } = this.#options;
    const { offerMs } = retryLimit;
    const retry: Retry = {
      state: 'offered',
      until: clock() + offerMs,
      decidedAt: null,
      decidedBy: null,
      reason: null,
      endedAt: null,
      usedBy: null,
    };
    const offered = {
      ...request,
      attempt: request.attempt + (same?.request.attempt ?? 0),
      replaces: same?.request.id ?? request.replaces,
      retry,
    };
    this.#keep({ request: offered, state: 'offered', decision: null }, offerMs);
    this.#options.journal.note(stepOf('offered', offered));
    return offered;
  }

  /** The agent asks again before the operator decided: its new request takes the place of the old one. */
  replaceBy(question: ApprovalQuestion): Pick<ApprovalRequest, 'attempt' | 'replaces'> {
    const same = this.#answerFor(question);
    if (same === null || same.state !== 'offered') return { attempt: 1, replaces: null };
    const { attempt, id } = same.request;
    this.#end(same, 'replaced', { reason: 'the agent asks again' });
    return { attempt: attempt + 1, replaces: id };
  }

  /**
   * The operator's answer to an offered request (see `offered`). Throws what the journal throws, with nothing decided:
   * there is no ticket that is not written down.
   */
  answer(id: string, { action, by, via, reason }: OperatorAnswer): ApprovalRequest {
    const entry = this.#entries.get(id) as Entry;
    const at = this.#options.clock();
    const { sessionId, statementSeq } = entry.request;
    const approved = action === 'approve';
    const retry: Retry = {
      ...entry.request.retry,
      state: approved ? 'ticket' : 'denied',
      until: at + retryLimit.answerMs,
      decidedAt: at,
      decidedBy: by,
      reason,
      endedAt: approved ? null : at,
    };
    const request = { ...entry.request, retry };
    this.#options.journal.require(stepOf(approved ? 'issued' : 'denied', request, { by, via, reason }));
    const decision: EarlierDecision = {
      approvalId: id,
      state: approved ? 'approved' : 'denied',
      by,
      via,
      reason,
      at,
      retryOf: { sessionId, statement: statementSeq },
    };
    this.#drop(entry);
    this.#keep({ request, state: approved ? 'ticket' : 'denied', decision }, retryLimit.answerMs);
    this.#options.changed(request);
    return request;
  }

  /**
   * Uses up the answer that was given for this very statement: agent, subject, connection and digest are the same, and so
   * is what the operator was told of it (rule, effects, environment, transaction). Null when there is none, or when its
   * use cannot be written down. Synchronous, so of two sessions that ask at once one gets it.
   */
  redeem(question: ApprovalQuestion): EarlierDecision | null {
    const entry = this.#answerFor(question);
    if (entry === null || entry.decision === null || seen(entry.request) !== seen(question)) return null;
    const { decision, state } = entry;
    const usedBy = { sessionId: question.sessionId, statementSeq: question.statementSeq };
    const event = state === 'ticket' ? 'redeemed' : 'refused';
    const retry: Retry = { ...entry.request.retry, state: 'redeemed', endedAt: this.#options.clock(), usedBy };
    const request = state === 'ticket' ? { ...entry.request, retry } : entry.request;
    try {
      this.#options.journal.require(stepOf(event, request, { by: decision.by, via: decision.via, usedBy }));
    } catch {
      return null; // the gate's problem list says why; the operator is asked instead
    }
    this.#drop(entry);
    if (state === 'ticket') this.#options.changed(request);
    return decision;
  }

  /** Takes back an unused ticket. Null when there is none of that id. */
  withdraw(id: string, by: string, via: string): ApprovalRequest | null {
    const entry = this.#entries.get(id);
    if (entry?.state !== 'ticket' || this.#over(entry)) return null;
    return this.#end(entry, 'withdrawn', { by, via, reason: 'the operator took the ticket back' });
  }

  /** Takes back every offer, ticket and waiting denial that `why` gives a reason for. */
  withdrawWhere(why: (request: ApprovalRequest) => string | null): void {
    for (const entry of [...this.#entries.values()]) {
      const reason = why(entry.request);
      if (reason !== null) this.#end(entry, 'withdrawn', { reason });
    }
  }

  #answerFor(asked: ApprovalQuestion): Entry | null {
    const wanted = bound(asked);
    for (const entry of this.#entries.values()) {
      if (bound(entry.request) === wanted && !this.#over(entry)) return entry;
    }
    return null;
  }

  /** Timers may be late; the clock is what counts. */
  #over(entry: Entry): boolean {
    return this.#options.monotonic() >= entry.ends;
  }

  #keep(entry: Pick<Entry, 'request' | 'state' | 'decision'>, forMs: number): void {
    const kept: Entry = {
      ...entry,
      ends: this.#options.monotonic() + forMs,
      timer: setTimeout(() => this.#expire(kept), forMs),
    };
    this.#entries.set(entry.request.id, kept);
  }

  #expire(entry: Entry): void {
    const minutes = (entry.state === 'offered' ? retryLimit.offerMs : retryLimit.answerMs) / 60_000;
    const what = entry.state === 'ticket' ? 'the agent did not come back' : 'nobody decided';
    this.#end(entry, 'expired', { reason: `${what} within ${minutes} min` });
  }

  #makeRoom(): void {
    const open = [...this.#entries.values()];
    const oldest = open.find(({ state }) => state !== 'ticket');
    if (open.length < retryLimit.open || oldest === undefined) return;
    this.#end(oldest, 'withdrawn', { reason: 'too many statements were given up' });
  }

  /** A denial has already ended as far as anybody sees; it only stops to wait for its retry. */
  #end(
    entry: Entry,
    state: 'expired' | 'withdrawn' | 'replaced',
    more: { readonly reason: string; readonly by?: string; readonly via?: string },
  ): ApprovalRequest {
    this.#drop(entry);
    if (entry.state === 'denied') return entry.request;
    const retry: Retry = { ...entry.request.retry, state, reason: more.reason, endedAt: this.#options.clock() };
    const request = { ...entry.request, retry };
    this.#options.journal.note(stepOf(state, request, more));
    this.#options.changed(request);
    return request;
  }

  #drop(entry: Entry): void {
    clearTimeout(entry.timer);
    this.#entries.delete(entry.request.id);
  }
}

/** What makes two requests ask for the identical statement. */
const bound = ({ agent, subject, connection, digest }: ApprovalQuestion): string =>
  JSON.stringify([agent, subject, connection, digest]);

/** What the operator was told about it besides; where it is another now, the answer was to another question. */
const seen = ({ rule, effects, environment, transaction, database, role }: ApprovalQuestion): string =>
  JSON.stringify([rule.id, effects, environment, transaction, database, role]);

const stepOf = (
  event: RetryStep['event'],
  request: ApprovalRequest,
  more: Partial<Pick<RetryStep, 'by' | 'via' | 'reason' | 'usedBy'>> = {},
): RetryStep => ({ event, request, by: null, via: null, reason: null, usedBy: null, ...more });
