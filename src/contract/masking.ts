import { z } from 'zod';
import { identifier } from './common.ts';

/** How a value is made unreadable. Every masker keeps NULL as NULL and keeps the column's type. */
export const masker = z.discriminatedUnion('kind', [
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
  z.strictObject({ kind: z.literal('year') }),
  z.strictObject({ kind: z.literal('null') }),
  z.strictObject({ kind: z.literal('fixed'), value: z.string().max(200) }),
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

export const maskRule = z.strictObject({
  id: identifier,
  schema: namePattern.default('public'),
  table: namePattern,
  column: namePattern,
  masker,
  /** `ask` when absent. */
  probes: probeLevel.optional(),
  note: z.string().max(500).optional(),
});
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
