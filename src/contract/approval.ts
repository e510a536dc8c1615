import { z } from 'zod';
import { environment, instant } from './common.ts';
import { deadlineCause, transactionLocks } from './pause.ts';
import { boundValue, effectsView, ruleAnswer } from './statement.ts';

/**
 * The life of an approval request. `pending` ends in exactly one of the others:
 * `approved`/`denied` by the operator, `expired` at the deadline (counts as denied), `withdrawn` when the client or the
 * upstream went away, `cancelled` by a CancelRequest, `skipped` when an earlier member of its segment failed.
 */
export const approvalState = z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn', 'cancelled', 'skipped']);
export type ApprovalState = z.infer<typeof approvalState>;

/** A statement that waits for the operator, with all that is needed to decide. */
export const approvalRequest = z.object({
  id: z.string(),
  state: approvalState,
  createdAt: instant,
  deadlineAt: instant,
  /** Set when the server's own timeout, less a margin, made the deadline an earlier one. */
  deadlineCause: deadlineCause.nullable(),
  decidedAt: instant.nullable(),
  decidedBy: z.string().nullable(),
  reason: z.string().nullable(),
  sessionId: z.string(),
  statementSeq: z.number().int().positive(),
  agent: z.string(),
  subject: z.string(),
  applicationName: z.string().nullable(),
  clientAddress: z.string(),
  connection: z.string(),
  environment,
  database: z.string(),
  role: z.string(),
  transaction: z.enum(['idle', 'open', 'failed']),
  /** What the open transaction keeps from others, read every few seconds while the request waits; null where none is open. */
  locks: transactionLocks.nullable(),
  text: z.string(),
  parameters: z.array(boundValue),
  effects: effectsView,
  rule: ruleAnswer,
  /** SHA-256 (hex) over statement text, bound values, database, role and search_path: what was approved is what executes. */
  digest: z.string(),
});
export type ApprovalRequest = z.infer<typeof approvalRequest>;

export const decideInput = z.object({
  id: z.string(),
  /** Must equal the request's digest, so that a decision cannot land on another statement than the one that was shown. */
  digest: z.string(),
  action: z.enum(['approve', 'deny']),
  reason: z.string().max(500).optional(),
});
export type DecideInput = z.infer<typeof decideInput>;
