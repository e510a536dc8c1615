import type { DetectorName } from '../../contract/index.ts';

/** What the gate knows of a database, read over a side connection; immutable. */
export interface CatalogSnapshot {
  /** Grows with every snapshot of the same database; caches are keyed by it. */
  readonly version: number;
  readonly serverVersionNumber: number;
  /** Schemas searched for unqualified names, pg_catalog included where it stands. */
  readonly searchPath: readonly string[];
  readonly relations: readonly CatalogRelation[];
  /** User-defined functions (not in pg_catalog or information_schema). */
  readonly functions: readonly CatalogFunction[];
  /** Names of operators that users made (outside pg_catalog, not an extension's): an expression with one runs their code. */
  readonly userOperators?: readonly string[];
  /** The functions behind them, as far as they are known. */
  readonly operatorCalls?: readonly { readonly operator: string; readonly called: QualifiedName }[];
  /** Foreign keys, for what a change of the referenced table does to the referencing one. */
  readonly foreignKeys?: readonly CatalogForeignKey[];
  /** Types whose use runs user code: domains with checks of theirs, types with casts, input or an operator class of theirs. */
  readonly typeCalls?: readonly {
    readonly oid: number;
    readonly name: string;
    readonly calls: readonly QualifiedName[];
  }[];
  /** Users' functions that take or give values of such types, with what these run. */
  readonly signatureCalls?: readonly { readonly name: string; readonly called: QualifiedName }[];
  /** Types that users and extensions made, row types of relations and array types included: what their values consist of. */
  readonly types?: readonly CatalogType[];
  /**
   * Temporary relations, of all sessions: `pg_temp_N` on a session's search path says which are its own. Apart from
   * `relations`, because mask rules know nothing of them and treat them as unknown.
   */
  readonly temporary?: readonly CatalogRelation[];
}

/** A type with an OID from 16384 on. */
export type CatalogType = { readonly oid: number; readonly name: string } & (
  | { readonly kind: 'base' | 'range' | 'multirange' }
  | { readonly kind: 'array'; readonly element: number }
  /** `typeModifier` is the base type's: that of varchar(10) in CREATE DOMAIN … AS varchar(10). */
  | { readonly kind: 'domain'; readonly base: number; readonly typeModifier: number }
  /** In their sort order. */
  | { readonly kind: 'enum'; readonly labels: readonly string[] }
  | {
      readonly kind: 'composite';
      readonly attributes: readonly { readonly typeOid: number; readonly typeModifier: number }[];
    }
);

export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** A function that a relation calls by itself. */
export interface CatalogCall extends QualifiedName {
  /** Only when rows are written, not when they are read. */
  readonly writing?: true;
}

export type WriteEvent = 'insert' | 'update' | 'delete' | 'truncate';

export interface CatalogTrigger {
  readonly function: QualifiedName;
  readonly events: readonly WriteEvent[];
  /** True for INSTEAD OF triggers of views: the view's tables are then not written by the statement itself. */
  readonly instead: boolean;
}

export interface CatalogForeignKey {
  /** OID of the table with the foreign key. */
  readonly referencing: number;
  readonly referencingColumns: readonly string[];
  readonly referenced: number;
  readonly referencedColumns: readonly string[];
  /** pg_constraint.confdeltype and confupdtype: a no action, r restrict, c cascade, n set null, d set default. */
  readonly onDelete: string;
  readonly onUpdate: string;
}

/** The policies of a table whose row-level security is on. */
export interface CatalogRowSecurity {
  /** USING and WITH CHECK of each, as pg_get_expr prints them. */
  readonly expressions: readonly string[];
  /** Relations that they depend on, and functions, operators' included; from pg_depend, so none of initdb's. */
  readonly reads: readonly QualifiedName[];
  readonly calls: readonly QualifiedName[];
}

export interface CatalogRelation {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** pg_class.relkind: r table, p partitioned, v view, m materialized view, f foreign, S sequence, i index … */
  readonly kind: string;
  readonly columns: readonly CatalogColumn[];
  /** Column names of each unique, valid, non-partial, non-expression index. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** First columns of valid, whole b-tree indexes. */
  readonly indexed?: readonly string[];
  /** OIDs of parents by inheritance or partitioning. */
  readonly parents: readonly number[];
  /** pg_get_viewdef for views and materialized views, else null; null for those of pg_catalog and information_schema. */
  readonly definition: string | null;
  /** For views: (relation OID, attribute number) pairs that the definition depends on, from pg_depend. */
  readonly dependsOn: readonly { readonly oid: number; readonly attributeNumber: number }[];
  /** True when the table has user triggers or rules (other than a view's SELECT rule). */
  readonly hasTriggers: boolean;
  /** User triggers that are not disabled. */
  readonly triggers?: readonly CatalogTrigger[];
  /** Events on which a rule other than a view's SELECT rule rewrites the statement. */
  readonly rules?: readonly WriteEvent[];
  /**
   * Functions that defaults, generated columns, checks, index and partition expressions, operator classes and trigger
   * conditions call: users', and the server's own where they are VOLATILE and not known to be harmless.
   */
  readonly calls?: readonly CatalogCall[];
  /** Absent where row-level security is off: policies then do nothing. */
  readonly rowSecurity?: CatalogRowSecurity;
  /** pg_class.reltuples, -1 when never analysed. */
  readonly estimatedRows: number;
}

export interface CatalogColumn {
  readonly attributeNumber: number;
  readonly name: string;
  readonly typeOid: number;
  readonly type: string;
  /** Text of a generated column's expression, else null. */
  readonly generated: string | null;
  /** COMMENT ON COLUMN, cut to 2,000 characters. */
  readonly comment?: string;
  /** Detectors that recognised values in it; only where a mask rule asks for them. */
  readonly detected?: readonly DetectorName[];
}

export interface CatalogFunction {
  readonly schema: string;
  readonly name: string;
  readonly volatility: 'i' | 's' | 'v';
  readonly securityDefiner: boolean;
  readonly language: string;
  /**
   * Of functions without SET clauses: the source text for LANGUAGE sql, the whole CREATE FUNCTION for LANGUAGE plpgsql.
   * Null for all others.
   */
  readonly body?: string | null;
  /** True when an extension owns it. */
  readonly fromExtension?: boolean;
  /** Name of that extension. */
  readonly extension?: string;
  /** True when one call returns any number of rows. */
  readonly returnsSet?: boolean;
}

/** Runs one query on the side connection; every value as text. */
export type CatalogQuery = (sql: string) => Promise<readonly (readonly (string | null)[])[]>;
