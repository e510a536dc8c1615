import type { MaskedColumn, ProbeLevel } from '../../contract/index.ts';
import type { Understanding } from '../sql/effects.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';
import type { RowMemory } from '../wire/row-memory.ts';
import type { CopyOut } from './copy-out/copy-out.ts';
import type { Refusal } from './refusal.ts';
import type { Temporaries, TemporaryEffects } from './temporary/types.ts';

/** Mask rules compiled against one catalog snapshot. */
export interface MaskingProfile {
  /** False when the connection has no mask rules: nothing is looked at, everything is forwarded as it came. */
  readonly active: boolean;
  /** Ids of rules that name no column of the catalog (all of them when there is no catalog): the operator is told. */
  readonly unmatchedRules: readonly string[];
  /**
   * What masking means for one statement text. Pure and cacheable by (text, profile). `text` is what the agent sent; it
   * lets a syntax error keep its message where the text was not understood, and may be left out. `doubt`: what the catalog
   * says of the relations in it cannot be relied on.
   */
  forStatement(understanding: Understanding, text?: string, doubt?: boolean): StatementMasking;
  /** The same masks for a session of which these temporary tables are known. */
  beside(temporaries: Temporaries): MaskingProfile;
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
  /** Set when no result of the statement could be masked safely (EXPLAIN ANALYZE of …): the statement must not run. */
  readonly refusal: Refusal | null;
  /** Ids of the rules whose columns it uses in any way. */
  readonly rules: readonly string[];
  /** Masked columns that steer the result: predicates, joins, orderings. */
  readonly probes: readonly MaskedProbe[];
  /** Columns without a mask that it would give values of masked ones: from then on they are masked, too. */
  readonly copies: readonly CopiedColumn[];
  /** What it does to temporary tables of its session. */
  readonly temporary: TemporaryEffects;
  /** How its rows leave when it is a COPY TO STDOUT that has to be masked: it runs once the server told the columns of its `look`. */
  readonly copyOut: CopyOut | null;
  /** It is a cursor WITH HOLD over masked columns: the server keeps their values beyond the transaction. */
  readonly holdsResult: boolean;
  /** The columns of its result as its text makes them, for whoever explains them; null when that is not known. */
  describeColumns(): readonly DescribedColumn[] | null;
  /** Why these bound values must not be sent with it: a mask made one of them. Null when they may be. */
  refuseValues(values: readonly string[]): Refusal | null;
  /** The plan for a result, or null when every row is to be forwarded untouched. `formats` are Bind's result formats. */
  plan(fields: readonly FieldDescription[]): MaskPlan | null;
  /** What of an error or notice may be shown: the same fields when nothing can leak, else generic ones. */
  scrub(fields: NoticeFields): NoticeFields;
}

/** A column of a result, and what it is made from. */
export interface DescribedColumn {
  /** Null where it cannot be told. */
  readonly name: string | null;
  /** It stands for any number of columns. */
  readonly many: boolean;
  /** The masked columns that go into it, by their label (`users.email`), each with its rule. */
  readonly sources: readonly { readonly label: string; readonly rule: string; readonly masker: string }[];
  /** Anything else may go into it, too. */
  readonly unknown: boolean;
  /** It is a value of one of the sources as it stands there. */
  readonly verbatim: boolean;
  /** How it is masked; null when it is shown. */
  readonly mask: { readonly rule: string; readonly masker: string } | null;
}

export interface MaskedProbe {
  /** `users.email` */
  readonly label: string;
  /** What its rule says of it. */
  readonly level: ProbeLevel;
  /** How many given values it is compared with, when that is all; else null. */
  readonly comparisons: number | null;
}

export interface CopiedColumn {
  /** Null when the statement does not say. */
  readonly schema: string | null;
  readonly relation: string;
  readonly column: string;
  /** `users.email` */
  readonly sources: readonly string[];
  /** It goes to a temporary table of the session, which is followed for as long as it lives and need not be remembered. */
  readonly temporary?: true;
}

/** How the rows of one result are masked. */
export interface MaskPlan {
  readonly columns: readonly (ColumnMask | null)[];
  readonly maskedColumns: readonly MaskedColumn[];
  /** Ids of the rules at work in it, those of what masked columns were computed from included, each once. */
  readonly rules: readonly string[];
  /**
   * Masks one DataRow. `frame` is the whole message from its type byte on. Returns the whole replacement message.
   * Throws MaskingError when the row has not the described shape (the session then ends: nothing unmasked leaves).
   */
  apply(frame: Buffer): Buffer;
  /**
   * As `apply`, for results of many rows: the row is written behind the last one. False when the row leaves as it is. Plans
   * without it are asked by `apply`.
   */
  write?(frame: Buffer, rows: RowMemory): boolean;
}

export interface ColumnMask {
  /** Masks one non-null value in the column's type and format; null makes it SQL NULL. */
  mask(value: Buffer): Buffer | null;
}

/** Statements on a connection without mask rules. */
export interface MaskingError extends Error {
  readonly code: string;
}
