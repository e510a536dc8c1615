import { z } from 'zod';
import { instant } from './common.ts';
import { masker, maskRule, probeLevel } from './masking.ts';
import { explanation } from './policy.ts';

/** An earlier rule that has columns of a later one. */
export const ruleOverlap = z.object({
  rule: z.string(),
  masker,
  sameMasker: z.boolean(),
  /** For whom the earlier rule excepts, the later one holds. */
  exceptsSomebody: z.boolean(),
  /** Some of the columns, `public.users.email`. */
  columns: z.array(z.string()),
  total: z.number().int(),
});
export type RuleOverlap = z.infer<typeof ruleOverlap>;

/** How a mask rule stands among the others of its connection. */
export const ruleStanding = z.object({
  id: z.string(),
  /** `unmatched`: no column fits it. `shadowed`: all that fit it have an earlier rule, for everybody. */
  state: z.enum(['in_force', 'unmatched', 'shadowed']),
  /** Columns that fit it and no earlier rule. */
  masks: z.number().int(),
  overlaps: z.array(ruleOverlap),
});
export type RuleStanding = z.infer<typeof ruleStanding>;

/** Why a rule reaches a column: it fits, or it shows or holds values of one that does. */
export const matchedHow = z.enum(['rule', 'partition', 'child', 'parent', 'generated', 'view', 'copied']);
export type MatchedHow = z.infer<typeof matchedHow>;

export const matchedColumn = z.object({
  /** `public.users.email` */
  column: z.string(),
  /** Null when the catalog has no such column now. */
  type: z.string().nullable(),
  how: matchedHow,
  /** The rule that masks it instead, because it comes first; null when it is this one. */
  heldBy: z.string().nullable(),
});
export type MatchedColumn = z.infer<typeof matchedColumn>;

/** What a rule reaches in one connection's database; `problem` when that could not be asked. */
export const connectionMatches = z.object({
  connection: z.string(),
  columns: z.array(matchedColumn),
  total: z.number().int(),
  problem: z.string().nullable(),
});
export type ConnectionMatches = z.infer<typeof connectionMatches>;

/** A column without a rule that holds copies of masked values, and is masked since. */
export const copyPlace = z.object({
  connection: z.string(),
  database: z.string(),
  /** Null: in whichever schema a table of this name is. */
  schema: z.string().nullable(),
  relation: z.string(),
  column: z.string(),
});
export const copiedColumn = copyPlace.extend({ sources: z.array(z.string()), since: instant });
export type CopiedColumnView = z.infer<typeof copiedColumn>;

const columnPlace = z.object({ schema: z.string(), relation: z.string(), column: z.string() });

/** What tells a column that others renamed from the rest: names may change again. */
export const renamedKey = z.object({
  connection: z.string(),
  database: z.string(),
  oid: z.number().int(),
  attributeNumber: z.number().int(),
});
/** A column that left its mask rule by another name, and is masked all the same. */
export const renamedColumn = renamedKey.extend({
  /** Id of the rule, which may be no more. */
  rule: z.string(),
  was: columnPlace,
  now: columnPlace,
  since: instant.nullable(),
});
export type RenamedColumnView = z.infer<typeof renamedColumn>;

/** Mask rules in a file of their own, to be kept, reviewed and taken over by another connection. */
export const maskRulesFile = z.strictObject({
  format: z.literal('postern-mask-rules'),
  version: z.literal(1),
  maskRules: z.array(maskRule).max(2000),
});

/** What masks make of a statement, column by column. */
export const maskExplanation = z.object({
  /** Null when what the result is made from cannot be told: columns without an origin are then masked whole. */
  columns: z
    .array(
      z.object({
        /** Null where it cannot be told. */
        name: z.string().nullable(),
        /** It stands for any number of columns. */
        many: z.boolean(),
        sources: z.array(z.object({ label: z.string(), rule: z.string(), masker: z.string() })),
        unknown: z.boolean(),
        verbatim: z.boolean(),
        mask: z.object({ rule: z.string(), masker: z.string() }).nullable(),
      }),
    )
    .nullable(),
  /** It may read a masked column, or that cannot be ruled out. */
  tainted: z.boolean(),
  probes: z.array(z.object({ label: z.string(), level: probeLevel, comparisons: z.number().int().nullable() })),
  copies: z.array(z.object({ to: z.string(), sources: z.array(z.string()) })),
  /** Why masking refuses it, whatever the policy says. */
  refusal: z.object({ code: z.string(), reason: z.string(), hint: z.string().nullable() }).nullable(),
});
export type MaskExplanation = z.infer<typeof maskExplanation>;

/** What an agent would get for a text, and how it is masked; `masking` is null where nothing is. */
export const statementExplanation = explanation.extend({ masking: maskExplanation.nullable() });
export type StatementExplanation = z.infer<typeof statementExplanation>;
