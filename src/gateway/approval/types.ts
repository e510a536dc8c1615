import type { ApprovalRequest, ApprovalState, RecordedDecision, Retry } from '../../contract/index.ts';

/** How a hold ended. Exactly one of these, once. */
export interface Decision {
  readonly state: Exclude<ApprovalState, 'pending'>;
  readonly by: string | null;
  readonly via: string | null;
  readonly reason: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly waitedMs: number;
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
