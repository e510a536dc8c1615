import type {
  ApprovalRequest,
  RecordedDecision,
  RuleAnswer,
  Sequence,
  SequenceAnswer,
  SequenceKind,
} from '../../contract/index.ts';
import { reaches, type SequencePart } from './sequence-part.ts';
import type {
  ApprovalQuestion,
  OperatorAnswer,
  SequenceEvent,
  SequenceJournal,
  SequenceScope,
  SequenceStep,
} from './types.ts';

export const sequenceLimit = {
  /** How long an approved sequence lasts at most, and how long without a statement of it, in milliseconds. */
  approvedMs: 30 * 60_000,
  approvedIdleMs: 2 * 60_000,
  /** How long the statements of a denied one are refused without asking. */
  deniedMs: 5 * 60_000,
  deniedIdleMs: 60_000,
  /** Statements that one approval lets through. */
  statements: 5000,
  /** How long an earlier statement counts as evidence that there is a sequence. */
  rememberedMs: 2 * 60_000,
  /** Earlier statements that are kept, and texts that a request lists. */
  remembered: 200,
  listed: 5,
} as const;

/** Rules of the presets whose questions a decision for a whole sequence answers. All others go on asking. */
const ANSWERED: Readonly<Record<SequenceKind, ReadonlySet<string>>> = {
  migration: new Set(['ddl', 'scoped-write', 'not-understood']),
  sweep: new Set(['truncate', 'delete-without-key', 'scoped-write']),
  reset: new Set([
    'ddl',
    'delete-without-key',
    'destroys-data',
    'large-insert',
    'not-understood',
    'scoped-write',
    'truncate',
    'unbounded-insert',
    'update-without-key',
    'write-from-query',
  ]),
};

type Asker = Pick<ApprovalQuestion, 'agent' | 'subject' | 'connection' | 'database' | 'role' | 'environment'>;

interface Entry {
  request: ApprovalRequest & { readonly sequence: Sequence & { readonly answer: SequenceAnswer } };
  readonly scope: SequenceScope;
  readonly decision: RecordedDecision;
  readonly since: number;
  lastUse: number;
  timer: NodeJS.Timeout;
}

interface Remembered {
  readonly asker: string;
  readonly part: SequencePart;
  readonly text: string;
  readonly digest: string;
  readonly at: number;
}

export interface SequenceBookOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds that never jump; what a decision lasts is measured with it. */
  readonly monotonic: () => number;
  readonly journal: SequenceJournal;
  /** Hears of every new state of a request. */
  readonly changed: (request: ApprovalRequest) => void;
}

/**
 * Sequences: statements that belong together (a reset, a migration, tables emptied one by one), and what the operator
 * decided for all of one. A decision is bound to the agent, its subject, the connection, database and role, to schemas,
 * and to the tables that were shown; it lasts while statements keep coming. In memory only: the end of the gate ends all.
 */
export class SequenceBook {
  readonly #options: SequenceBookOptions;
  readonly #answers = new Map<string, Entry>();
  #seen: Remembered[] = [];

  constructor(options: SequenceBookOptions) {
    this.#options = options;
  }

  /** Decisions that still answer statements, oldest first. */
  open(): ApprovalRequest[] {
    return [...this.#answers.values()].filter((entry) => this.#over(entry) === null).map(({ request }) => request);
  }

  /** Earlier steps of the same agent in the same place that `part` may go on with, the latest last. */
  before(asker: Asker, part: SequencePart, digest: string): readonly string[] {
    const who = bound(asker);
    const since = this.#options.monotonic() - sequenceLimit.rememberedMs;
    return this.#seen
      .filter(
        (one) =>
          one.asker === who &&
          one.at >= since &&
          one.digest !== digest &&
          one.part.schemas.some((schema) => part.schemas.includes(schema)),
      )
      .map(({ text }) => text);
  }

  /** A step was asked about, or answered by a decision. */
  remember(asker: Asker, { part }: SequenceStep, text: string, digest: string): void {
    if (!part.typical) return;
    this.#seen = [...this.#seen.slice(1 - sequenceLimit.remembered)];
    this.#seen.push({ asker: bound(asker), part, text, digest, at: this.#options.monotonic() });
  }

  /**
   * What the operator decided for the sequence that this statement is a step of; null: ask. Whoever uses the answer has
   * recorded it.
   */
  answerTo(question: ApprovalQuestion, asked: SequenceStep): RecordedDecision | null {
    const who = bound(question);
    for (const entry of this.#answers.values()) {
      if (bound(entry.request) !== who || this.#endIfOver(entry)) continue;
      if (!covers(entry.scope, asked, question.rule)) continue;
      entry.lastUse = this.#options.monotonic();
      const { answer } = entry.request.sequence;
      this.#update(entry, { statements: answer.statements + 1, idleUntil: this.#idleUntil(entry) });
      return entry.decision;
    }
    return null;
  }

  /**
   * The operator decides for the whole sequence of a request. Throws what the journal throws, with nothing decided. The
   * result carries the answer.
   */
  answer(request: ApprovalRequest, scope: SequenceScope, { action, by, via, reason }: OperatorAnswer): ApprovalRequest {
    const { sequence } = request;
    if (sequence === null) throw new Error('the request shows no sequence');
    const approved = action === 'approve';
    const { clock, monotonic, journal } = this.#options;
    const [lastsMs, idleMs] = approved
      ? [sequenceLimit.approvedMs, sequenceLimit.approvedIdleMs]
      : [sequenceLimit.deniedMs, sequenceLimit.deniedIdleMs];
    const at = clock();
    const answer: SequenceAnswer = {
      state: approved ? 'approved' : 'denied',
      statements: 0,
      until: at + lastsMs,
      idleUntil: at + idleMs,
      endedAt: null,
      reason: null,
    };
    const answered = {
      ...request,
      state: approved ? ('approved' as const) : ('denied' as const),
      decidedAt: at,
      decidedBy: by,
      reason,
      sequence: { ...sequence, answer },
    };
    journal.require(eventOf(approved ? 'approved' : 'denied', answered, { by, via, reason }));
    const decision: RecordedDecision = {
      approvalId: request.id,
      state: approved ? 'approved' : 'denied',
      by,
      via,
      reason,
      at,
      sequence: { kind: scope.kind, sessionId: request.sessionId, statement: request.statementSeq },
    };
    const now = monotonic();
    const entry: Entry = {
      request: answered,
      scope,
      decision,
      since: now,
      lastUse: now,
      timer: this.#wake(request.id),
    };
    this.#answers.set(request.id, entry);
    return answered;
  }

  /** The decision that was given for a request's sequence, as records of its statements name it; null when none was. */
  decisionOf(id: string): RecordedDecision | null {
    return this.#answers.get(id)?.decision ?? null;
  }

  /** True when a decision, made on another request, answers this waiting one as well. */
  isAnsweredBy(id: string, question: ApprovalQuestion, asked: SequenceStep): boolean {
    const entry = this.#answers.get(id);
    if (entry === undefined || bound(entry.request) !== bound(question)) return false;
    if (!covers(entry.scope, asked, question.rule)) return false;
    this.#update(entry, { statements: entry.request.sequence.answer.statements + 1 });
    return true;
  }

  /** The operator ends what was decided. Null when there is none of that id. */
  end(id: string, by: string, via: string): ApprovalRequest | null {
    const entry = this.#answers.get(id);
    if (entry === undefined || this.#endIfOver(entry)) return null;
    return this.#end(entry, { reason: 'the operator ended it', by, via });
  }

  /** Ends every decision that `why` gives a reason for. */
  endWhere(why: (request: ApprovalRequest) => string | null): void {
    for (const entry of [...this.#answers.values()]) {
      const reason = why(entry.request);
      if (reason !== null) this.#end(entry, { reason });
    }
  }

  #idleMs({ decision }: Entry): number {
    return decision.state === 'approved' ? sequenceLimit.approvedIdleMs : sequenceLimit.deniedIdleMs;
  }

  #idleUntil(entry: Entry): number {
    return Math.min(this.#options.clock() + this.#idleMs(entry), entry.request.sequence.answer.until);
  }

  /** Why a decision no longer answers anything; null while it does. */
  #over(entry: Entry): string | null {
    const now = this.#options.monotonic();
    const lastsMs = entry.decision.state === 'approved' ? sequenceLimit.approvedMs : sequenceLimit.deniedMs;
    if (now - entry.since >= lastsMs) return `it lasted ${lastsMs / 60_000} min, the longest that is allowed`;
    if (now - entry.lastUse >= this.#idleMs(entry))
      return `no statement of it came for ${this.#idleMs(entry) / 60_000} min`;
    if (entry.request.sequence.answer.statements >= sequenceLimit.statements) {
      return `it had ${sequenceLimit.statements} statements, the most that are allowed`;
    }
    return null;
  }

  #endIfOver(entry: Entry): boolean {
    const reason = this.#over(entry);
    if (reason !== null) this.#end(entry, { reason });
    return reason !== null;
  }

  /** Looks now and then whether it is over: timers may be late, and every use moves the end. */
  #wake(id: string): NodeJS.Timeout {
    return setTimeout(() => {
      const entry = this.#answers.get(id);
      if (entry !== undefined && !this.#endIfOver(entry)) entry.timer = this.#wake(id);
    }, 5000).unref();
  }

  #update(entry: Entry, change: Partial<SequenceAnswer>): void {
    const { sequence } = entry.request;
    entry.request = { ...entry.request, sequence: { ...sequence, answer: { ...sequence.answer, ...change } } };
    this.#options.changed(entry.request);
  }

  #end(entry: Entry, more: { readonly reason: string; readonly by?: string; readonly via?: string }): ApprovalRequest {
    clearTimeout(entry.timer);
    this.#answers.delete(entry.request.id);
    const change = { state: 'ended', endedAt: this.#options.clock(), reason: more.reason } as const;
    this.#update(entry, change);
    this.#options.journal.note(eventOf('ended', entry.request, more));
    return entry.request;
  }
}

/** Whether a decision with this scope answers a statement that is such a step. */
function covers(scope: SequenceScope, { part, byOwnRule }: SequenceStep, rule: RuleAnswer): boolean {
  if (!reaches(scope.kind, part.needs)) return false;
  if (!part.schemas.every((schema) => scope.schemas.includes(schema))) return false;
  if (byOwnRule ? rule.id !== scope.ownRule : !ANSWERED[scope.kind].has(rule.id)) return false;
  return part.removes.every(({ oid }) => (oid === null ? scope.kind === 'reset' : scope.removable.has(oid)));
}

/** Whose statements a decision answers. */
const bound = ({ agent, subject, connection, database, role, environment }: Asker): string =>
  JSON.stringify([agent, subject, connection, database, role, environment]);

const eventOf = (
  event: SequenceEvent['event'],
  request: ApprovalRequest,
  more: Partial<Pick<SequenceEvent, 'by' | 'via' | 'reason'>> = {},
): SequenceEvent => ({ event, request, by: null, via: null, reason: null, ...more });
