import type { CatalogColumn } from '../../sql/catalog.ts';
import type { MaskedBy } from '../masked-catalog.ts';

/** A temporary table of a session, whose content was followed since a statement made it. */
export interface TemporaryTable {
  readonly oid: number;
  /** `pg_temp_3` */
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly CatalogColumn[];
  /** How its columns are masked, by name; what is not in it holds nothing masked. */
  readonly masks: ReadonlyMap<string, MaskedBy>;
  /** The mask rules under which it was followed (MaskingOptions.basis). */
  readonly basis: string;
}

/** What is known of the temporary relations of one session; immutable. */
export interface Temporaries {
  readonly tables: readonly TemporaryTable[];
  /** Names that temporary relations of the session have, or had: of those that are not among `tables` nothing is known. */
  readonly names: ReadonlySet<string>;
}

/** What a statement does to temporary tables, as far as their content is followed. */
export interface TemporaryEffects {
  readonly basis: string;
  /** The table that it makes if it succeeds, when that and what is in it is certain. */
  readonly creates: TemporaryCreation | null;
  /** Columns that it gives something masked. */
  readonly gives: readonly { readonly relation: string; readonly column: string | null; readonly by: MaskedBy }[];
  /** Names of which nothing can be said behind it, should temporary tables have them: it defines something under them. */
  readonly redefines: ReadonlySet<string>;
  /** It runs code, which may write to any table, now or at the end of the transaction. */
  readonly runsCode: boolean;
}

export interface TemporaryCreation {
  readonly name: string;
  /** In their order. A name is null where it cannot be told. */
  readonly columns: readonly { readonly name: string | null; readonly by: MaskedBy | null }[];
}
