import { z } from 'zod';
import { effectKind, instant, sequenceKind, verdict } from './common.ts';
import { statementFinding } from './detectors.ts';

/** One bound parameter as a person reads it. Binary values that have no text form here are shown as `\x…` hex. */
export const boundValue = z.object({
  text: z.string().nullable(),
  format: z.enum(['text', 'binary']),
  truncated: z.boolean(),
});
export type BoundValue = z.infer<typeof boundValue>;

/** The rule that answered, and why, in words both the agent and the operator read. */
export const ruleAnswer = z.object({
  id: z.string(),
  title: z.string(),
  reason: z.string(),
  hint: z.string().nullable(),
});
export type RuleAnswer = z.infer<typeof ruleAnswer>;

/** Effects as shown to people: relation and function names are qualified where the schema is known. */
export const effectsView = z.object({
  kinds: z.array(effectKind),
  reads: z.array(z.string()),
  writes: z.array(z.string()),
  functions: z.array(z.string()),
  understood: z.boolean(),
  /** What only policies of row-level security look at; absent when there is none. It counts for no rule, scope or budget. */
  readsOfPolicies: z.array(z.string()).optional(),
});
export type EffectsView = z.infer<typeof effectsView>;

/** How one result column was masked. */
export const maskedColumn = z.object({ name: z.string(), masker: z.string(), rule: z.string() });
export type MaskedColumn = z.infer<typeof maskedColumn>;

export const outcomeStatus = z.enum(['ok', 'error', 'refused', 'skipped', 'cancelled', 'lost']);
export type OutcomeStatus = z.infer<typeof outcomeStatus>;

/** What became of a statement. `rows` counts rows sent to the agent or reported by the command tag. */
export const outcome = z.object({
  status: outcomeStatus,
  tags: z.array(z.string()),
  sqlstate: z.string().nullable(),
  message: z.string().nullable(),
  rows: z.number().int().nonnegative(),
  durationMs: z.number().nonnegative(),
  waitedMs: z.number().nonnegative(),
  maskedColumns: z.array(maskedColumn),
  /** What the second net recognised in the answer; absent when it was nothing. */
  findings: z.array(statementFinding).optional(),
});
export type Outcome = z.infer<typeof outcome>;

/** How a hold ended, as recorded. */
export const recordedDecision = z.object({
  approvalId: z.string(),
  state: z.enum(['approved', 'denied', 'expired', 'withdrawn', 'cancelled', 'skipped']),
  by: z.string().nullable(),
  via: z.string().nullable(),
  reason: z.string().nullable(),
  at: instant,
  /**
   * Present when the statement did not wait: the decision was made before, for its retry, on this held statement that the
   * agent had given up. `approvalId`, `by`, `via` and `at` are those of that decision.
   */
  retryOf: z.object({ sessionId: z.string(), statement: z.number().int().positive() }).optional(),
  /**
   * Present when a whole sequence was decided with the statement that is named here: this one, or an earlier one that was
   * shown to the operator in its place. `approvalId`, `by`, `via` and `at` are then those of that decision.
   */
  sequence: z
    .object({
      kind: sequenceKind,
      sessionId: z.string(),
      statement: z.number().int().positive(),
    })
    .optional(),
});
export type RecordedDecision = z.infer<typeof recordedDecision>;

/** One statement of a session, from the moment it was judged; `outcome` is null while it waits or runs. */
export const statementEntry = z.object({
  seq: z.number().int().positive(),
  at: instant,
  protocol: z.enum(['simple', 'extended', 'function_call']),
  text: z.string(),
  parameters: z.array(boundValue),
  effects: effectsView,
  verdict,
  rule: ruleAnswer,
  decision: recordedDecision.nullable(),
  outcome: outcome.nullable(),
});
export type StatementEntry = z.infer<typeof statementEntry>;
