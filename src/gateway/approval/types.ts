import type { ApprovalRequest, ApprovalState, RecordedDecision, Retry, SequenceKind } from '../../contract/index.ts';
import type { SequencePart } from './sequence-part.ts';

/** How a hold ended. Exactly one of these, once. */
export interface Decision {
  readonly state: Exclude<ApprovalState, 'pending'>;
  readonly by: string | null;
  readonly via: string | null;
  readonly reason: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly waitedMs: number;
  /** The decision for a whole sequence that ended it; null when it was decided for itself. */
  readonly sequence: RecordedDecision | null;
}

/** What the asker says; the rest of a request is the broker's. */
export type ApprovalQuestion = Omit<
  ApprovalRequest,
  | 'id'
  | 'state'
  | 'createdAt'
  | 'deadlineAt'
  | 'deadlineCause'
  | 'locks'
  | 'impact'
  | 'decidedAt'
  | 'decidedBy'
  | 'reason'
  | 'attempt'
  | 'replaces'
  | 'retry'
>;

/** The operator's answer, and who gave it by which host. */
export interface OperatorAnswer {
  readonly action: 'approve' | 'deny';
  readonly by: string;
  readonly via: string;
  readonly reason: string | null;
}

/** A decision that was made before the statement came, as the statement's own journal records it. */
export type EarlierDecision = RecordedDecision & Required<Pick<RecordedDecision, 'retryOf'>>;

/** One thing that happened to a request after its agent gave up, for the gate's own journal. */
export interface RetryStep {
  readonly event: 'offered' | 'issued' | 'denied' | 'redeemed' | 'refused' | 'expired' | 'withdrawn' | 'replaced';
  readonly request: ApprovalRequest;
  readonly by: string | null;
  readonly via: string | null;
  readonly reason: string | null;
  readonly usedBy: Retry['usedBy'];
}

/** Where the steps are written down. */
export interface RetryJournal {
  /** Throws when the step is not safely written; it must then not be taken. */
  require(step: RetryStep): void;
  /** For steps that take something away and happen in any case. Never throws. */
  note(step: RetryStep): void;
}

/** What a decision for a whole sequence would reach; it never leaves the gate. */
export interface SequenceScope {
  readonly kind: SequenceKind;
  readonly schemas: readonly string[];
  /** OIDs of what may be emptied and dropped: the tables that the operator was told of. */
  readonly removable: ReadonlySet<number>;
  /** The rule that asked, when it is one of the operator's own: a decision for the whole answers it, too. */
  readonly ownRule: string | null;
}

/** A statement as a step of a sequence. */
export interface SequenceStep {
  readonly part: SequencePart;
  /** The rule that asks is one of the operator's own. */
  readonly byOwnRule: boolean;
  /** What a decision for the whole would reach; null when the request offers none. */
  readonly scope: SequenceScope | null;
}

/** One thing that happened to a decision for a whole sequence, for the gate's own journal. */
export interface SequenceEvent {
  readonly event: 'approved' | 'denied' | 'ended';
  readonly request: ApprovalRequest;
  readonly by: string | null;
  readonly via: string | null;
  readonly reason: string | null;
}

/** Where it is written down. */
export interface SequenceJournal {
  /** Throws when it is not safely written; nothing is then decided. */
  require(event: SequenceEvent): void;
  /** For what ends in any case. Never throws. */
  note(event: SequenceEvent): void;
}
