import type { ApprovalRequest, ApprovalState } from '../../contract/index.ts';

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

export type ApprovalQuestion = Omit<
  ApprovalRequest,
  'id' | 'state' | 'createdAt' | 'deadlineAt' | 'deadlineCause' | 'locks' | 'decidedAt' | 'decidedBy' | 'reason'
>;
