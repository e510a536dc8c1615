import type { EffectKind } from '../../contract/index.ts';
import type { Workload } from './workload.ts';

/** A relation named in a statement. `schema` is null when the text does not say and the catalog could not resolve it. */
export interface RelationReference {
  readonly schema: string | null;
  readonly name: string;
  /** pg_class OID when the catalog snapshot knows it, else null. */
  readonly oid: number | null;
  /** How the statement comes to it when it does not name it itself; absent when it does. */
  readonly via?: 'inheritance' | 'view' | 'cascade' | 'trigger' | 'function' | 'policy';
}

/**
 * Relations whose rows a statement itself takes, however it comes to them: all but those that only policies of row-level
 * security look at, to decide which rows of another table are seen (decision 0030).
 */
export const takenFrom = (reads: readonly RelationReference[]): readonly RelationReference[] =>
  reads.filter(({ via }) => via !== 'policy');

/** `schema.name`, or the name alone where the schema is not known. */
export const qualifiedName = ({ schema, name }: Pick<RelationReference, 'schema' | 'name'>): string =>
  schema === null ? name : `${schema}.${name}`;

export interface FunctionReference {
  readonly schema: string | null;
  readonly name: string;
  /** True only for functions on our list of known harmless pg_catalog functions that no user function overloads. */
  readonly harmless: boolean;
  /**
   * Set when it is not harmless by that list, but every overload is an SQL or PL/pgSQL function, not SECURITY DEFINER,
   * whose body was parsed and only reads through harmless functions. What it reads is among the statement's `reads`.
   */
  readonly readsOnly?: true;
  /**
   * Set for a trigger's function that besides reading only inserts literal rows, without a loop: an audit trail. It adds
   * some rows for each row that the statement changes, so a narrow statement stays narrow.
   */
  readonly appendsOnly?: true;
  /**
   * Set when it is none of the above, but cannot change the session's role unseen: every overload is SECURITY DEFINER, in
   * which the server lets nobody, or was read whole, so that what it does is among the statement's effects.
   */
  readonly keepsRole?: true;
  /** Set when every overload is of an extension, and on our list of functions of extensions that change nothing. */
  readonly ofExtension?: true;
  /** Set when no user function could be meant, whatever the catalog holds: the name is qualified, or the call has no arguments. */
  readonly certain?: true;
}

/** True for a function that changes nothing, in the database or the session. */
export const isQuiet = ({ harmless, readsOnly, ofExtension }: FunctionReference): boolean =>
  harmless || readsOnly === true || ofExtension === true;

/** One change of a setting, as far as the text tells. */
export interface SettingChange {
  /** Lower case; `*` when it cannot be told which. */
  readonly name: string;
  /** Where the new value comes from; `default` for RESET and DEFAULT. */
  readonly source: 'constant' | 'parameter' | 'default' | 'expression';
  /** The value when it is a constant (several joined by ', '), else null. */
  readonly value: string | null;
}

/**
 * How narrow the WHERE of an UPDATE or DELETE is. Only `key` is a proof: all columns of a unique key equal constants or
 * parameters. `index` and `range` say that the first column of an index does, or lies between them: found fast, however
 * many rows that are.
 */
export type PredicateQuality = 'none' | 'tautology' | 'unproven' | 'range' | 'index' | 'key';

/** What one SQL statement would do. */
export interface Effects {
  readonly kinds: readonly EffectKind[];
  readonly reads: readonly RelationReference[];
  readonly writes: readonly RelationReference[];
  readonly functions: readonly FunctionReference[];
  /** The weakest predicate among the UPDATEs and DELETEs in the statement; null when there is none. */
  readonly predicate: PredicateQuality | null;
  /** Rows in the VALUES of an INSERT, null when it takes them from a query. 0 when the statement inserts nothing. */
  readonly insertedRows: number | null;
  /** What it makes the server do by its text alone; absent when that is nothing. */
  readonly work?: Readonly<Workload>;
  /** What kind of object DDL, DCL or maintenance works on, in the manual's words ("TABLE", "ROLE"); null otherwise. */
  readonly object: string | null;
  /** Settings changed by SET, RESET, set_config or DISCARD, lower case; `*` when it cannot be told which. */
  readonly settings: readonly string[];
  /** The same with the values; `settings` are their names. */
  readonly settingChanges?: readonly SettingChange[];
  /** Command in the manual's words for DDL, DCL, maintenance, COPY … ("DROP TABLE"); null otherwise. */
  readonly command?: string | null;
  /** Columns that UPDATE or ON CONFLICT DO UPDATE sets. */
  readonly updatedColumns?: readonly string[];
  /** True when what is written is made from a column of a table: another one than it goes to, or any for INSERT. */
  readonly copiesColumns?: boolean;
  /** False when any part of the tree is of a kind that we do not know. Then `kinds` holds `unknown`. */
  readonly understood: boolean;
}

/** What SQL-level names a statement makes or uses; the session keeps the registry. */
export type NameUse =
  | { readonly op: 'prepare'; readonly name: string; readonly statement: ParsedStatement }
  | { readonly op: 'execute'; readonly name: string }
  | { readonly op: 'deallocate'; readonly name: string | null }
  | { readonly op: 'declare_cursor'; readonly name: string }
  | { readonly op: 'fetch'; readonly name: string }
  | { readonly op: 'close_cursor'; readonly name: string | null }
  | { readonly op: 'discard_all' };

/** One statement of a Query text or of a Parse. */
export interface ParsedStatement {
  readonly effects: Effects;
  /** The part of the text that is this statement. */
  readonly text: string;
  readonly names: readonly NameUse[];
  /** libpg-query's tree, for rooms that look closer (masking). Its shape: the `stmt` node of a RawStmt. */
  readonly tree: unknown;
}

/** What the parser made of a text. `not_understood` is never let through as harmless. */
export type Understanding =
  | { readonly status: 'understood'; readonly statements: readonly ParsedStatement[] }
  | {
      readonly status: 'not_understood';
      readonly code: 'syntax' | 'too_long' | 'too_deep' | 'invalid_text';
      readonly reason: string;
    };
