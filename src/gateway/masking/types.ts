import type { MaskedColumn } from '../../contract/index.ts';
import type { Understanding } from '../sql/effects.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';

/** Mask rules compiled against one catalog snapshot. */
export interface MaskingProfile {
  /** False when the connection has no mask rules: nothing is looked at, everything is forwarded as it came. */
  readonly active: boolean;
  /** Ids of rules that name no column of the catalog (all of them when there is no catalog): the operator is told. */
  readonly unmatchedRules: readonly string[];
  /**
   * What masking means for one statement text. Pure and cacheable by (text, profile). `text` is what the agent sent; it
   * lets a syntax error keep its message where the text was not understood, and may be left out.
   */
  forStatement(understanding: Understanding, text?: string): StatementMasking;
}

/** Masking of one statement (all statements of a Query text taken together). */
export interface StatementMasking {
  /** True when it may read a masked column, or that cannot be ruled out. */
  readonly tainted: boolean;
  /**
   * True when rows come from statements named elsewhere (EXECUTE, FETCH): combine with `mergeMasking` of the statement
   * that PREPARE or DECLARE named; alone it masks whatever has no origin.
   */
  readonly delegates: boolean;
  /** Set when no result of the statement could be masked safely (COPY out, EXPLAIN ANALYZE of …): the statement must not run. */
  readonly refusal: { readonly code: string; readonly reason: string; readonly hint: string } | null;
  /** Masked columns (`users.email`) that steer the result: predicates, joins, orderings. A person should agree to them. */
  readonly probes: readonly string[];
  /** The plan for a result, or null when every row is to be forwarded untouched. `formats` are Bind's result formats. */
  plan(fields: readonly FieldDescription[]): MaskPlan | null;
  /** What of an error or notice may be shown: the same fields when nothing can leak, else generic ones. */
  scrub(fields: NoticeFields): NoticeFields;
}

/** How the rows of one result are masked. */
export interface MaskPlan {
  readonly columns: readonly (ColumnMask | null)[];
  readonly maskedColumns: readonly MaskedColumn[];
  /**
   * Masks one DataRow. `frame` is the whole message from its type byte on. Returns the whole replacement message.
   * Throws MaskingError when the row has not the described shape (the session then ends: nothing unmasked leaves).
   */
  apply(frame: Buffer): Buffer;
}

export interface ColumnMask {
  /** Masks one non-null value in the column's type and format; null makes it SQL NULL. */
  mask(value: Buffer): Buffer | null;
}

/** Statements on a connection without mask rules. */
export interface MaskingError extends Error {
  readonly code: string;
}
