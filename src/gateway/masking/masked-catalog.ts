import type { Masker } from '../../contract/index.ts';
import type { CatalogRelation, CatalogSnapshot } from '../sql/catalog.ts';

/** Why and how a column is masked. What derives from a masked column other than as itself is masked whole (`full`). */
export interface MaskedBy {
  /** Id of the rule, or `derived` where no single rule can be named. */
  readonly rule: string;
  readonly masker: Masker;
}

/** The mask of what was computed from masked columns. */
export const derived: MaskedBy = { rule: 'derived', masker: { kind: 'full' } };

/** A relation and its masked columns by attribute number. */
export interface MaskedRelation {
  readonly relation: CatalogRelation;
  readonly masked: Map<number, MaskedBy>;
}

/** The catalog as masking sees it: which columns are masked, found by OID and by name. */
export interface MaskedCatalog {
  readonly byOid: ReadonlyMap<number, MaskedRelation>;
  readonly byName: ReadonlyMap<string, readonly MaskedRelation[]>;
  readonly userFunctions: ReadonlySet<string>;
  /** User functions all of whose overloads are SQL that mentions no masked column, directly or through others. */
  readonly cleanFunctions: ReadonlySet<string>;
}

/** Names of a relation's masked columns. */
export function maskedNames(entry: MaskedRelation): string[] {
  return entry.relation.columns
    .filter((column) => entry.masked.has(column.attributeNumber))
    .map((column) => column.name);
}

export const hasColumn = (entry: MaskedRelation, name: string): boolean =>
  entry.relation.columns.some((column) => column.name === name);

/** The mask of columns of the system catalogs that hold values of user tables, or secrets. */
export const systemValue: MaskedBy = { rule: 'system', masker: { kind: 'full' } };

/** All relations of a snapshot, nothing masked yet. */
export function emptyMaskedCatalog(catalog: CatalogSnapshot): MaskedCatalog {
  const byOid = new Map<number, MaskedRelation>();
  const byName = new Map<string, MaskedRelation[]>();
  for (const relation of catalog.relations) {
    const entry: MaskedRelation = { relation, masked: new Map() };
    byOid.set(relation.oid, entry);
    const named = byName.get(relation.name);
    if (named === undefined) byName.set(relation.name, [entry]);
    else named.push(entry);
  }
  return { byOid, byName, userFunctions: new Set(catalog.functions.map((fn) => fn.name)), cleanFunctions: new Set() };
}
