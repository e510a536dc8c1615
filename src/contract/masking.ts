import { z } from 'zod';
import { environment, identifier } from './common.ts';
import { columnName, detectorName, personalKind } from './detectors.ts';
import { parseJsonPath } from './json-path.ts';
import { patterns } from './policy.ts';

/** Units that a date or time can be cut to, as date_trunc() names them; weeks begin on Monday. */
export const dateUnit = z.enum(['year', 'quarter', 'month', 'week', 'day', 'hour']);
export type DateUnit = z.infer<typeof dateUnit>;

/** What numbers are divided by: a width, buckets then beginning at its multiples, or ascending boundaries. */
const bucketBy = z.union([
  z.number().min(1e-6).max(1e15),
  z
    .array(z.number().min(-1e15).max(1e15))
    .min(1)
    .max(100)
    .refine((list) => list.every((bound, index) => index === 0 || bound > (list[index - 1] ?? bound)), {
      message: 'Boundaries must ascend',
    }),
]);

/** Maskers of a single value. */
const valueMaskers = [
  z.strictObject({ kind: z.literal('full') }),
  z.strictObject({
    kind: z.literal('partial'),
    /** Characters left readable at the start and at the end; values too short to hide anything are masked whole. */
    keepStart: z.number().int().min(0).max(32).default(0),
    keepEnd: z.number().int().min(0).max(32).default(4),
  }),
  z.strictObject({ kind: z.literal('email') }),
  z.strictObject({ kind: z.literal('phone') }),
  z.strictObject({ kind: z.literal('card') }),
  z.strictObject({ kind: z.literal('hash') }),
  /** The same as `date` to the year; kept because settings hold it. */
  z.strictObject({ kind: z.literal('year') }),
  z.strictObject({ kind: z.literal('date'), to: dateUnit }),
  /** Numbers become the lower bound of their bucket. What is below the first boundary has none and becomes NULL. */
  z.strictObject({ kind: z.literal('bucket'), by: bucketBy }),
  z.strictObject({ kind: z.literal('null') }),
  z.strictObject({ kind: z.literal('fixed'), value: z.string().max(200) }),
] as const;

const valueMasker = z.discriminatedUnion('kind', valueMaskers);
export type ValueMasker = z.infer<typeof valueMasker>;

/** The value that a path leads to, and how it is masked. Of several paths to one value the first counts. */
const jsonPathMask = z.strictObject({
  path: z
    .string()
    .max(200)
    .refine((path) => parseJsonPath(path) !== null, {
      message: 'Write a path such as $.items[*].email or {items,*,email}',
    }),
  masker: valueMasker,
});
export type JsonPathMask = z.infer<typeof jsonPathMask>;

/** How a value is made unreadable. Every masker keeps NULL as NULL and keeps the column's type. */
export const masker = z.discriminatedUnion('kind', [
  ...valueMaskers,
  /** json and jsonb: what the paths lead to is masked, everything else of the value passes. */
  z.strictObject({ kind: z.literal('json'), paths: z.array(jsonPathMask).min(1).max(50) }),
  /** The column does not exist for the agent: whatever names it or would show it is refused. */
  z.strictObject({ kind: z.literal('withhold') }),
]);
export type Masker = z.infer<typeof masker>;

/**
 * How far a masked column may steer what a statement returns (in WHERE, joins, ordering …), which can reveal its values bit by
 * bit: `open` always; `equality` by comparison with given values only, so many in a session; else the operator is asked, or
 * it is refused.
 */
export const probeLevel = z.enum(['open', 'equality', 'ask', 'refuse']);
export type ProbeLevel = z.infer<typeof probeLevel>;

/** Schema, table and column may hold `*` for any run of characters; names compare as PostgreSQL folds them. */
const namePattern = z.string().min(1).max(63);

/** A tag of a column: what `postern:mask=email` or `postern:tag=health` in its comment names, or the bare word `pii`. */
export const columnTag = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'use lower-case letters, digits, "_" and "-", 63 at most');

/** For whom a rule does not hold: any one of these is enough. Patterns as in policy rules. */
export const maskException = z.strictObject({
  subjects: patterns.optional(),
  groups: patterns.optional(),
  agents: patterns.optional(),
  environments: z.array(environment).min(1).optional(),
});
export type MaskException = z.infer<typeof maskException>;

/**
 * Which columns are masked, and how: by name, by tag (in the column's comment), by detector (columns in which it has
 * recognised values). Of a rule that says several, all must fit. By tag or detector alone it holds in every schema.
 */
export const maskRule = z
  .strictObject({
    id: identifier,
    schema: namePattern.optional(),
    table: namePattern.optional(),
    column: namePattern.optional(),
    tag: columnTag.optional(),
    detector: detectorName.optional(),
    masker,
    /** `ask` when absent. */
    probes: probeLevel.optional(),
    except: maskException.optional(),
    note: z.string().max(500).optional(),
  })
  .superRefine(({ table, column, tag, detector }, context) => {
    if (tag !== undefined || detector !== undefined) return;
    const message = 'name a table and a column, a tag, or a detector';
    if (table === undefined) context.addIssue({ code: 'custom', path: ['table'], message });
    if (column === undefined) context.addIssue({ code: 'custom', path: ['column'], message });
  })
  .transform(({ id, schema, table, column, ...rule }) => ({
    id,
    schema: schema ?? (rule.tag === undefined && rule.detector === undefined ? 'public' : '*'),
    table: table ?? '*',
    column: column ?? '*',
    ...rule,
  }));
export type MaskRule = z.infer<typeof maskRule>;

export const catalogTable = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.enum(['table', 'view', 'materialized_view', 'partitioned_table', 'foreign_table']),
  columns: z.array(z.object({ name: z.string(), type: z.string(), maskedBy: z.string().nullable() })),
});
export type CatalogTable = z.infer<typeof catalogTable>;

/** Rows of one table before and after a set of rules; `before` is shown to the operator only. */
export const maskPreview = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string(), maskedBy: z.string().nullable() })),
  before: z.array(z.array(z.string().nullable())),
  after: z.array(z.array(z.string().nullable())),
});
export type MaskPreview = z.infer<typeof maskPreview>;

/** Why a column looks personal. */
export const suggestionReason = z.object({
  from: z.enum(['name', 'type', 'comment', 'sample', 'finding']),
  text: z.string(),
});

/** A column that looks personal, and the rule that would mask it. */
export const maskSuggestion = columnName.extend({
  type: z.string(),
  kind: personalKind,
  masker,
  confidence: z.enum(['high', 'medium', 'low']),
  reasons: z.array(suggestionReason).min(1),
});
export type MaskSuggestion = z.infer<typeof maskSuggestion>;

/** What the catalog, sampled values and findings suggest for a connection; columns with a rule and dismissed ones are left out. */
export const maskSuggestions = z.object({
  suggestions: z.array(maskSuggestion),
  /** Tables that have columns of text, and those whose rows were looked at. */
  tables: z.number().int(),
  sampled: z.number().int(),
  dismissed: z.number().int(),
});
export type MaskSuggestions = z.infer<typeof maskSuggestions>;
