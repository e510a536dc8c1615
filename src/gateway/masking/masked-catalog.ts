import type { Masker } from '../../contract/index.ts';
import type { CatalogRelation, CatalogSnapshot } from '../sql/catalog.ts';
import type { CatalogText } from './maskers/definition.ts';
import type { TypesByOid } from './maskers/index.ts';
import type { PlanMask } from './maskers/plan-line.ts';

/** Why and how a column is masked. What derives from a masked column other than as itself is masked whole (`full`). */
export interface MaskedBy {
  /** Id of the rule, or `derived` where no single rule can be named. */
  readonly rule: string;
  /** Besides the maskers of rules those of text in the catalogs (maskers/definition.ts), of small groups, and of plans. */
  readonly masker: Masker | CatalogText | { readonly kind: 'small_group' } | PlanMask;
  /** Ids of the rules of what a derived column is computed from, as far as they are known. */
  readonly from?: readonly string[];
}

/** The mask of what was computed from masked columns. */
export const derived: MaskedBy = { rule: 'derived', masker: { kind: 'full' } };

/** The mask of what was computed from columns with these masks. */
export function derivedFrom(sources: Iterable<MaskedBy>): MaskedBy {
  const from = new Set([...sources].flatMap(rulesBehind));
  from.delete(derived.rule);
  return from.size === 0 ? derived : { ...derived, from: [...from].sort() };
}

/** Ids of the rules that a mask is because of. */
export const rulesBehind = ({ rule, from }: MaskedBy): readonly string[] => from ?? [rule];

/** The mask of how many rows there are, where a masked column decided which. */
export const smallGroup: MaskedBy = { rule: 'small-group', masker: { kind: 'small_group' } };

/** The mask of the plan of a statement. */
export const planMask = (hides: Omit<PlanMask, 'kind'>): MaskedBy => ({
  rule: 'plan',
  masker: { kind: 'plan_line', ...hides },
});

/** A relation and its masked columns by attribute number. */
export interface MaskedRelation {
  readonly relation: CatalogRelation;
  readonly masked: Map<number, MaskedBy>;
}

/** The catalog as masking sees it: which columns are masked, found by OID and by name. */
export interface MaskedCatalog {
  /** server_version_num; 0 when it is not known. */
  readonly serverVersion: number;
  readonly byOid: ReadonlyMap<number, MaskedRelation>;
  readonly byName: ReadonlyMap<string, readonly MaskedRelation[]>;
  /** Relations that a name may mean, the likeliest first; in any schema when it names none. */
  relationsNamed(schema: string | null, name: string): readonly MaskedRelation[];
  /** Names of temporary relations, of any session: what they hold is not known, and they go before others of their name. */
  readonly temporary: ReadonlySet<string>;
  /** Types of users and extensions: what a mask for one of theirs is made from. */
  readonly types: TypesByOid;
  /** Their names. */
  readonly userTypes: ReadonlySet<string>;
  readonly userFunctions: ReadonlySet<string>;
  /** Names of operators that run code of users. */
  readonly userOperators: ReadonlySet<string>;
  /** User functions all of whose overloads are SQL that mentions no masked column, directly or through others. */
  readonly cleanFunctions: ReadonlySet<string>;
}

/** Types of a snapshot by their OIDs. */
export const typesByOid = (catalog: CatalogSnapshot): TypesByOid =>
  new Map((catalog.types ?? []).map((type) => [type.oid, type]));

/** All relations of a snapshot, nothing masked yet. */
export function emptyMaskedCatalog(catalog: CatalogSnapshot): MaskedCatalog {
  const byOid = new Map<number, MaskedRelation>();
  const byName = new Map<string, MaskedRelation[]>();
  const position = (schema: string): number => {
    const at = catalog.searchPath.indexOf(schema);
    return at < 0 ? catalog.searchPath.length : at;
  };
  for (const relation of catalog.relations) {
    const entry: MaskedRelation = { relation, masked: new Map() };
    byOid.set(relation.oid, entry);
    const named = byName.get(relation.name);
    if (named === undefined) byName.set(relation.name, [entry]);
    else named.push(entry);
  }
  for (const named of byName.values())
    named.sort((one, other) => position(one.relation.schema) - position(other.relation.schema));
  return {
    serverVersion: catalog.serverVersionNumber,
    byOid,
    byName,
    relationsNamed: (schema, name) => {
      const named = byName.get(name) ?? [];
      return schema === null ? named : named.filter(({ relation }) => relation.schema === schema);
    },
    temporary: new Set((catalog.temporary ?? []).map(({ name }) => name)),
    types: typesByOid(catalog),
    userTypes: new Set((catalog.types ?? []).map(({ name }) => name)),
    userFunctions: new Set(catalog.functions.map((fn) => fn.name)),
    userOperators: new Set(catalog.userOperators ?? []),
    cleanFunctions: new Set(),
  };
}
