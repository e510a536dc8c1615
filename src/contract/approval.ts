import { z } from 'zod';
import { environment, instant, sequenceKind } from './common.ts';
import { deadlineCause, transactionLocks } from './pause.ts';
import { boundValue, effectsView, ruleAnswer } from './statement.ts';

/**
 * The life of an approval request. `pending` ends in exactly one of the others:
 * `approved`/`denied` by the operator, `expired` at the deadline (counts as denied), `withdrawn` when the client or the
 * upstream went away, `cancelled` by a CancelRequest, `skipped` when an earlier member of its segment failed.
 */
export const approvalState = z.enum(['pending', 'approved', 'denied', 'expired', 'withdrawn', 'cancelled', 'skipped']);
export type ApprovalState = z.infer<typeof approvalState>;

/**
 * What can still become of a request whose agent gave up waiting. `offered`: the operator may decide for the agent's retry.
 * `ticket`: approved; the identical statement runs at once when it comes. The others are final: `redeemed` by a statement,
 * `denied` (the retry is told so), `expired`, `withdrawn` by the operator or because a rule, a key or the gate changed,
 * `replaced` by the request of the agent's next try.
 */
export const retryState = z.enum(['offered', 'ticket', 'redeemed', 'denied', 'expired', 'withdrawn', 'replaced']);
export type RetryState = z.infer<typeof retryState>;

/** The second life of a request: a decision for the agent's retry, and the ticket that an approval becomes. */
export const retry = z.object({
  state: retryState,
  /** When the offer or the ticket ends, or would have ended. */
  until: instant,
  decidedAt: instant.nullable(),
  decidedBy: z.string().nullable(),
  /** The operator's reason, or why it ended. */
  reason: z.string().nullable(),
  endedAt: instant.nullable(),
  /** The one statement that ran on the ticket. */
  usedBy: z.object({ sessionId: z.string(), statementSeq: z.number().int().positive() }).nullable(),
});
export type Retry = z.infer<typeof retry>;

/** Tables that would lose or change rows, and how much is in them by the server's own statistics. */
export const impact = z.object({
  /** The largest first; `moreTables` are not listed. */
  tables: z.array(
    z.object({
      name: z.string(),
      /** Null where the server has no statistics. */
      rows: z.number().int().nonnegative().nullable(),
      /** With indexes and TOAST; null where it could not be read. */
      bytes: z.number().nonnegative().nullable(),
    }),
  ),
  moreTables: z.number().int().nonnegative(),
  /** Over all tables whose number is known; null when none is. */
  rows: z.number().int().nonnegative().nullable(),
  bytes: z.number().nonnegative().nullable(),
});
export type Impact = z.infer<typeof impact>;

/** What became of a sequence that was decided as a whole. */
export const sequenceAnswer = z.object({
  state: z.enum(['approved', 'denied', 'ended']),
  /** Statements that were answered by it, besides the one that was shown. */
  statements: z.number().int().nonnegative(),
  /** When it ends at the latest, and when it ends if no statement of it comes. */
  until: instant,
  idleUntil: instant,
  endedAt: instant.nullable(),
  /** Why it ended. */
  reason: z.string().nullable(),
});
export type SequenceAnswer = z.infer<typeof sequenceAnswer>;

/** What the statement of a request is part of, so that all of it can be decided at once. */
export const sequence = z.object({
  kind: sequenceKind,
  /** True when more of it was seen or is about to come; false when only its kind says that more may follow. */
  recognised: z.boolean(),
  /** By what it was recognised, in words. */
  evidence: z.string(),
  /** The tool that keeps its records in one of the schemas, told by the name of its table; null when none does. */
  tool: z.string().nullable(),
  /** A decision for the whole reaches these schemas and no others. */
  schemas: z.array(z.string()),
  /** Earlier statements of it, the latest last, and those that wait behind this one in the same pipeline; not all are listed. */
  before: z.array(z.string()),
  behind: z.array(z.string()),
  moreBehind: z.number().int().nonnegative(),
  /** Everything that it may remove when it is approved as a whole; null for a migration, and until it was read. */
  impact: impact.nullable(),
  /** Null until it is decided as a whole. */
  answer: sequenceAnswer.nullable(),
});
export type Sequence = z.infer<typeof sequence>;

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
  /** What is in the relations that it writes; null where it writes none, and until it was read. */
  impact: impact.nullable(),
  /** Null where the statement stands alone. */
  sequence: sequence.nullable(),
  rule: ruleAnswer,
  /**
   * SHA-256 (hex) over statement text, bound values with their formats and types, database, role, search_path and the
   * settings that change what a statement means: what was approved is what executes.
   */
  digest: z.string(),
  /** 1, or how often the agent has asked for the identical statement, having given up before. */
  attempt: z.number().int().positive(),
  /** The request of the try before, which this one took the place of. */
  replaces: z.string().nullable(),
  /** Null unless the agent gave up waiting. */
  retry: retry.nullable(),
});
export type ApprovalRequest = z.infer<typeof approvalRequest>;

export const decideInput = z.object({
  id: z.string(),
  /** Must equal the request's digest, so that a decision cannot land on another statement than the one that was shown. */
  digest: z.string(),
  action: z.enum(['approve', 'deny']),
  /** Must be true for a request whose agent gave up, so that nobody means to run a statement and issues a ticket. */
  forRetry: z.boolean().optional(),
  /** Decides for the whole sequence that the request shows, in place of this statement alone. */
  wholeSequence: z.boolean().optional(),
  reason: z.string().max(500).optional(),
});
export type DecideInput = z.infer<typeof decideInput>;

/** True while there is something to decide or to withdraw about a request whose agent gave up. */
export const openForRetry = ({ retry }: ApprovalRequest): boolean =>
  retry !== null && (retry.state === 'offered' || retry.state === 'ticket');

/** True while what was decided for a whole sequence still answers statements. */
export const openSequence = ({ sequence }: ApprovalRequest): boolean =>
  (sequence?.answer ?? null) !== null && sequence?.answer?.state !== 'ended';
