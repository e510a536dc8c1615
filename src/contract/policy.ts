import { z } from 'zod';
import { effectKind, environment, identifier, instant, verdict } from './common.ts';
import { effectsView, ruleAnswer } from './statement.ts';

/** The rule sets that a connection may start from. */
export const policyPreset = z.enum(['production', 'staging', 'read-only', 'observe']);
export type PolicyPreset = z.infer<typeof policyPreset>;

/** What the gate recognises in a statement beyond its effects; the same ids answer in the presets. */
export const conditionId = z.enum([
  'checkpoint',
  'copies-column',
  'copy-file',
  'copy-in',
  'copy-program',
  'credential-column',
  'dangerous-function',
  'ddl',
  'delete-without-key',
  'destroys-data',
  'large-insert',
  'large-object',
  'listen-notify',
  'lock',
  'maintenance',
  'merge',
  'not-understood',
  'privileges',
  'procedural-code',
  'read',
  'restricted-setting',
  'scoped-write',
  'secret-catalog',
  'server-object',
  'system-catalog-write',
  'truncate',
  'two-phase-commit',
  'unbounded-insert',
  'unknown-function',
  'unusual-setting',
  'update-without-key',
  'write',
  'write-from-query',
]);
export type ConditionId = z.infer<typeof conditionId>;

/** A name, or a pattern in which `*` stands for any characters and `?` for one. Upper and lower case differ, as in the catalog. */
const pattern = z.string().min(1).max(200);
export const patterns = z.array(pattern).min(1).max(100);
const clockTime = z.string().regex(/^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/, 'use HH:MM, 00:00 to 23:59');

export const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** A span of the day; `from` later than `until` goes over midnight. `until` itself is outside. */
export const timeWindow = z.strictObject({
  days: z.array(weekday).min(1).optional(),
  from: clockTime.default('00:00'),
  until: clockTime.default('00:00'),
  /** IANA name; the gate's own zone when absent. */
  timeZone: z
    .string()
    .refine((name) => isTimeZone(name), 'is not a time zone that this system knows')
    .optional(),
});
export type TimeWindow = z.infer<typeof timeWindow>;

/**
 * What a rule is about. Every field that is given has to hold. Lists of what a statement *does* (`effects`, `relations`,
 * `reads`, `writes`, `columns`, `functions`) read differently by verdict, so that a rule errs on the safe side: a rule that
 * asks, blocks or terminates holds when **any** of what the statement does is listed; one that allows holds only when
 * **all** of it is.
 */
export const ruleMatch = z.strictObject({
  agents: patterns.optional(),
  subjects: patterns.optional(),
  groups: patterns.optional(),
  databases: patterns.optional(),
  roles: patterns.optional(),
  environments: z.array(environment).min(1).optional(),
  /** State of the transaction in which the statement arrives. */
  transaction: z
    .array(z.enum(['idle', 'open', 'failed']))
    .min(1)
    .optional(),
  effects: z.array(effectKind).min(1).optional(),
  conditions: z.array(conditionId).min(1).optional(),
  /** `schema.relation`, read or written, through views as well. */
  relations: patterns.optional(),
  reads: patterns.optional(),
  writes: patterns.optional(),
  /** `schema.relation.column`. */
  columns: patterns.optional(),
  /** `schema.function`. */
  functions: patterns.optional(),
  /** How narrow the WHERE of UPDATE and DELETE is; only `key` is proved to reach few rows, and `unproven` covers `range` and `index`. */
  predicate: z
    .array(z.enum(['none', 'tautology', 'unproven', 'range', 'index', 'key']))
    .min(1)
    .optional(),
  /** Rows of the largest relation written, as the catalog estimates them. A relation never analysed counts as any number. */
  estimatedRows: z
    .strictObject({ atLeast: z.number().int().min(0).optional(), atMost: z.number().int().min(0).optional() })
    .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, 'give atLeast, atMost or both')
    .optional(),
  time: timeWindow.optional(),
});
export type RuleMatch = z.infer<typeof ruleMatch>;

/** One rule of the operator. Rules are asked in order, before those of the preset; the first that holds answers. */
export const policyRule = z
  .strictObject({
    id: identifier,
    title: z.string().min(1).max(120).optional(),
    when: ruleMatch,
    verdict,
    /** Read by the agent and by the operator. */
    reason: z.string().min(1).max(500),
    /** What the agent can do instead. */
    hint: z.string().min(1).max(500).optional(),
    /** With `ask`: hold the statement itself, or let it run in its transaction and hold the COMMIT with all it did. */
    hold: z.enum(['statement', 'commit']).optional(),
    /** The rule is left out from this moment on (ISO 8601 with offset). */
    validUntil: z.iso.datetime({ offset: true }).optional(),
    disabled: z.boolean().optional(),
  })
  .refine((rule) => rule.hold !== 'commit' || rule.verdict === 'ask', {
    path: ['hold'],
    message: 'only a rule that asks can wait for COMMIT',
  });
export type PolicyRule = z.infer<typeof policyRule>;

/** The most that a session, or a connection in an hour, may take before the operator is asked or the session ends. */
export const budgetAmounts = z
  .strictObject({
    statements: z.number().int().min(1).optional(),
    rowsRead: z.number().int().min(1).optional(),
    rowsWritten: z.number().int().min(1).optional(),
    bytes: z.number().int().min(1).optional(),
    /** Different relations read or written. */
    relations: z.number().int().min(1).optional(),
  })
  .refine((amounts) => Object.keys(amounts).length > 0, 'give at least one amount');
export type BudgetAmounts = z.infer<typeof budgetAmounts>;

export const budgets = z.strictObject({
  perSession: budgetAmounts.optional(),
  /** Of one agent on this connection, over all its sessions, in any 60 minutes. */
  perHour: budgetAmounts.optional(),
  over: z.enum(['ask', 'terminate']).default('ask'),
});
export type Budgets = z.infer<typeof budgets>;

/** What an agent key may do at most, whatever the rules allow. */
export const scope = z.strictObject({
  readOnly: z.boolean().default(false),
  /** Only relations of these schemas (patterns); pg_catalog and information_schema stay readable. */
  schemas: patterns.optional(),
  /** The key is good until then (ISO 8601 with offset). */
  validUntil: z.iso.datetime({ offset: true }).optional(),
});
export type Scope = z.infer<typeof scope>;

/** One rule of a policy in the order in which they are asked. */
export const policyRuleView = z.object({
  id: z.string(),
  title: z.string(),
  verdict,
  description: z.string(),
  /** `own`: written by the operator for this connection. */
  origin: z.enum(['own', 'preset']),
  /** An earlier rule answers whatever this one would. */
  shadowedBy: z.string().nullable(),
});

export const policyView = z.object({
  preset: policyPreset,
  title: z.string(),
  description: z.string(),
  rules: z.array(policyRuleView),
});
export type PolicyView = z.infer<typeof policyView>;

/** How often a rule answered on a connection since the gate started. */
export const ruleHits = z.object({ id: z.string(), hits: z.number().int().nonnegative(), lastAt: instant });
export type RuleHits = z.infer<typeof ruleHits>;

/** What an agent would get for a text. `certain` is false when no catalog could be read: judged stricter than it would be. */
export const explanation = z.object({ verdict, rule: ruleAnswer, effects: effectsView, certain: z.boolean() });
export type Explanation = z.infer<typeof explanation>;

const answer = z.object({ verdict, rule: ruleAnswer });

/** A changed policy over recorded sessions: which statements would have been answered otherwise. */
export const backtest = z.object({
  sessions: z.number().int(),
  statements: z.number().int(),
  /** Statements whose record holds too little to judge them again. */
  notJudged: z.number().int(),
  /** Statements per verdict under the policy of now, and under the proposed one. */
  current: z.record(verdict, z.number().int()),
  proposed: z.record(verdict, z.number().int()),
  /** The most severe changes first; `omitted` more are not listed. */
  changes: z.array(
    z.object({
      sessionId: z.string(),
      statement: z.number().int(),
      at: instant,
      agent: z.string(),
      text: z.string(),
      /** What was answered when it ran, under the rules of that day. */
      recorded: answer,
      current: answer,
      proposed: answer,
    }),
  ),
  omitted: z.number().int(),
  certain: z.boolean(),
});
export type Backtest = z.infer<typeof backtest>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
