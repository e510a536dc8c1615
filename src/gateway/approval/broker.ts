import type { ApprovalRequest, DecideInput, Impact, RecordedDecision, TransactionLocks } from '../../contract/index.ts';
import { deadlineOf, type ServerLimit } from './deadline.ts';
import { DecidedList } from './decided-list.ts';
import { requireSameDigest } from './digest-compare.ts';
import { ApprovalError } from './error.ts';
import { RetryBook } from './retry-book.ts';
import { SequenceBook } from './sequence-book.ts';
import type {
  ApprovalQuestion,
  Decision,
  EarlierDecision,
  OperatorAnswer,
  RetryJournal,
  SequenceJournal,
  SequenceStep,
} from './types.ts';
import { type Waiting, WaitingRoom } from './waiting.ts';

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
  /** Where it is written what becomes of requests whose agents gave up. */
  readonly journal: RetryJournal;
  /** Where decisions for whole sequences are written. */
  readonly sequenceJournal: SequenceJournal;
}

/** A statement that waits. `decision` settles exactly once and never rejects. */
export interface Hold {
  readonly request: ApprovalRequest;
  readonly decision: Promise<Decision>;
  /** Ends the hold from the asker's side; has no effect once it has ended. */
  end(state: 'withdrawn' | 'cancelled' | 'skipped', reason: string): void;
  /** Tells the operator what the statement's transaction keeps from others; has no effect once the hold has ended. */
  showLocks(locks: TransactionLocks): void;
  /** Tells what is in the tables that the statement, and the sequence it is part of, would change. */
  showImpact(impact: Impact | null, ofSequence: Impact | null): void;
  /** The agent stops waiting, by a cancel or by leaving: the operator may still decide for its retry. */
  giveUp(state: 'withdrawn' | 'cancelled', reason: string): void;
}

/**
 * Questions to the operator and their answers. A request is pending until exactly one thing ends it: the operator, the
 * deadline (denied), the asker leaving, or a cancel. Nothing else approves. A request whose agent gave up has a second
 * life (retry-book.ts): the operator's late answer is kept for one retry of the identical statement.
 */
export class ApprovalBroker {
  readonly #options: BrokerOptions;
  readonly #pending: WaitingRoom;
  readonly #decided = new DecidedList();
  readonly #listeners = new Set<(request: ApprovalRequest) => void>();
  readonly #retries: RetryBook;
  readonly #sequences: SequenceBook;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { clock, monotonic, journal, sequenceJournal } = options;
    this.#pending = new WaitingRoom({
      monotonic,
      expired: (id, reason) => this.#end(id, 'expired', null, null, reason),
    });
    this.#retries = new RetryBook({ clock, monotonic, journal, changed: (request) => this.#retryChanged(request) });
    this.#sequences = new SequenceBook({
      clock,
      monotonic,
      journal: sequenceJournal,
      changed: (request) => this.#sequenceChanged(request),
    });
  }

  get deadlineMs(): number {
    return this.#options.deadlineMs;
  }

  /**
   * What the operator decided for the retry of a statement that was given up, if this is that retry; the answer is used up.
   * Null: ask.
   */
  redeem(question: ApprovalQuestion, repeatable: boolean): EarlierDecision | null {
    return repeatable && this.#options.deadlineMs > 0 ? this.#retries.redeem(question) : null;
  }

  /** What the operator decided for the whole sequence that the statement is a step of; null: ask. */
  answerOfSequence(question: ApprovalQuestion, step: SequenceStep): RecordedDecision | null {
    return this.#options.deadlineMs > 0 ? this.#sequences.answerTo(question, step) : null;
  }

  /** Texts of earlier steps of the same agent that this statement may go on with, the latest last. */
  sequenceBefore(asker: Parameters<SequenceBook['before']>[0], step: SequenceStep, digest: string): readonly string[] {
    return this.#sequences.before(asker, step.part, digest);
  }

  /**
   * Asks the operator, for no longer than `server` leaves. With a deadline of 0, or too little left to ask, the hold is
   * already expired when this returns, and nobody was asked. Only a `repeatable` question can be answered for its retry.
   */
  ask(
    question: ApprovalQuestion,
    repeatable: boolean,
    server: ServerLimit | null = null,
    step: SequenceStep | null = null,
  ): Hold {
    const { clock, newId } = this.#options;
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
      impact: null,
      decidedAt: null,
      decidedBy: null,
      reason: null,
      ...(repeatable && deadline.waitMs > 0 ? this.#retries.replaceBy(question) : { attempt: 1, replaces: null }),
      retry: null,
    };
    if (step !== null) this.#sequences.remember(question, step, question.text, question.digest);
    const decision = new Promise<Decision>((settle) => {
      this.#pending.add(id, { request, deadline, settle, repeatable, step });
    });
    if (deadline.waitMs > 0) this.#emit(request);
    return {
      request,
      decision,
      end: (state, reason) => this.#end(id, state, null, null, reason),
      showLocks: (locks) => this.#change(id, { locks }),
      showImpact: (impact, ofSequence) => {
        const sequence = this.#pending.get(id)?.request.sequence ?? null;
        this.#change(id, { impact, sequence: sequence === null ? null : { ...sequence, impact: ofSequence } });
      },
      giveUp: (state, reason) => this.#end(id, state, null, null, reason, true),
    };
  }

  /**
   * The operator's answer, to a statement that waits or, `forRetry`, to one that was given up. Throws ApprovalError:
   * `approval_not_found`, `approval_already_ended`, `approval_given_up`, or `approval_digest_mismatch` when the statement
   * is not the one that was shown; and JournalError when a ticket cannot be written down, with nothing decided.
   */
  decide(input: DecideInput & { readonly by: string; readonly via: string }): ApprovalRequest {
    const { id, action, by, via } = input;
    this.#pending.expireIfOverdue(id);
    const reason = input.reason === undefined || input.reason === '' ? null : input.reason;
    const offered = this.#retries.offered(id);
    if (offered !== null) return this.#decideForRetry(offered, input, { action, by, via, reason });
    const waiting = this.#pending.get(id);
    if (waiting === undefined) throw this.#whyNotPending(id);
    requireSameDigest(input.digest, waiting.request.digest);
    if (input.wholeSequence === true) return this.#decideSequence(id, waiting, { action, by, via, reason });
    return this.#end(id, action === 'approve' ? 'approved' : 'denied', by, via, reason) as ApprovalRequest;
  }

  /** Takes back an unused ticket. Throws ApprovalError `approval_not_found`, `approval_already_ended`. */
  withdrawTicket({ id, by, via }: { readonly id: string; readonly by: string; readonly via: string }): ApprovalRequest {
    const withdrawn = this.#retries.withdraw(id, by, via);
    if (withdrawn === null) throw this.#whyNotPending(id);
    return withdrawn;
  }

  /** Ends what was decided for a whole sequence. Throws ApprovalError `approval_not_found`, `approval_already_ended`. */
  endSequence({ id, by, via }: { readonly id: string; readonly by: string; readonly via: string }): ApprovalRequest {
    const ended = this.#sequences.end(id, by, via);
    if (ended === null) throw this.#whyNotPending(id);
    return ended;
  }

  /** Takes back what was offered or decided for retries and for whole sequences, wherever `why` gives a reason. */
  withdrawEarlier(why: (request: ApprovalRequest) => string | null): void {
    this.#retries.withdrawWhere(why);
    this.#sequences.endWhere(why);
  }

  /** Ends what was decided for whole sequences, wherever `why` gives a reason. */
  endSequences(why: (request: ApprovalRequest) => string | null): void {
    this.#sequences.endWhere(why);
  }

  /**
   * Pending requests, and those that are open for a retry, oldest first; the latest that ended, newest first, with those
   * that are open for a retry among them. `sequences` are those that were decided as a whole and still answer statements.
   */
  list(): Record<'pending' | 'retries' | 'sequences' | 'decided', ApprovalRequest[]> {
    return {
      sequences: this.#sequences.open(),
      pending: this.#pending.list().map(({ request }) => request),
      retries: this.#retries.open(),
      decided: this.#decided.list(),
    };
  }

  /** Hears of every new, every changed and every ended request. Returns a function that stops listening. */
  onChange(listener: (request: ApprovalRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Withdraws everything that waits, and every ticket. */
  stop(reason: string): void {
    this.withdrawEarlier(() => reason);
    for (const { request } of this.#pending.list()) this.#end(request.id, 'withdrawn', null, null, reason);
  }

  #change(id: string, change: Partial<Pick<ApprovalRequest, 'locks' | 'impact' | 'sequence'>>): void {
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
    gaveUp = false,
    sequence: RecordedDecision | null = null,
  ): ApprovalRequest | null {
    const taken = this.#pending.take(id);
    if (taken === undefined) return null;
    const { one: waiting, waitedMs } = taken;
    const at = this.#options.clock();
    const ended: ApprovalRequest = { ...waiting.request, state, decidedAt: at, decidedBy: by, reason };
    const offered = gaveUp && waiting.repeatable ? this.#retries.offer(ended) : null;
    this.#decided.add(offered ?? ended);
    waiting.settle({ state, by, via, reason, at, waitedMs, sequence });
    this.#emit(offered ?? ended);
    return offered ?? ended;
  }

  /** Decides for every step of a sequence: for this one, for those that wait by now, and for those to come. */
  #decideSequence(id: string, waiting: Waiting, answer: OperatorAnswer): ApprovalRequest {
    const scope = waiting.step?.scope ?? null;
    if (scope === null) {
      throw new ApprovalError('approval_no_sequence', 'This request is not part of a sequence. Nothing was decided.');
    }
    waiting.request = this.#sequences.answer(waiting.request, scope, answer);
    const decision = this.#sequences.decisionOf(id);
    const { action, by, via, reason } = answer;
    const state = action === 'approve' ? 'approved' : 'denied';
    const ended = this.#end(id, state, by, via, reason, false, decision) as ApprovalRequest;
    for (const { request, step } of this.#pending.list()) {
      if (step === null || !this.#sequences.isAnsweredBy(id, request, step)) continue;
      this.#end(request.id, state, by, via, reason, false, decision);
    }
    return ended;
  }

  #decideForRetry(offered: ApprovalRequest, input: DecideInput, answer: OperatorAnswer): ApprovalRequest {
    requireSameDigest(input.digest, offered.digest);
    if (input.wholeSequence === true) {
      throw new ApprovalError(
        'approval_given_up',
        'The agent gave up waiting, so only this statement can be decided, for its retry. Nothing was decided.',
      );
    }
    if (input.forRetry === true) return this.#retries.answer(offered.id, answer);
    throw new ApprovalError(
      'approval_given_up',
      'The agent gave up waiting before you decided. Nothing was decided; you can still decide for its retry.',
    );
  }

  #retryChanged(request: ApprovalRequest): void {
    this.#decided.retryChanged(request);
    this.#emit(request);
  }

  #sequenceChanged(request: ApprovalRequest): void {
    const changed = this.#decided.sequenceChanged(request);
    if (changed !== null) this.#emit(changed);
  }

  #whyNotPending(id: string): ApprovalError {
    const ended = [...this.#retries.open(), ...this.#decided.list()].find((request) => request.id === id);
    if (ended === undefined) return new ApprovalError('approval_not_found', 'There is no such request.');
    const state = ended.retry?.state ?? ended.state;
    return new ApprovalError('approval_already_ended', `This request has already ended: it was ${state}.`);
  }

  #emit(request: ApprovalRequest): void {
    for (const listener of [...this.#listeners]) listener(request);
  }
}
