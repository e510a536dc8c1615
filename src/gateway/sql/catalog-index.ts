import type { CatalogFunction, CatalogRelation, CatalogSnapshot } from './catalog.ts';
import type { FunctionReference, RelationReference } from './effects.ts';

/** What is known of a user function's SQL body once it was read (see bodies.ts). */
export interface BodyReading {
  /** True when every overload is an SQL function that can only read through harmless functions. */
  readonly readsOnly: boolean;
  readonly reads: readonly RelationReference[];
}

/** Look-ups over one snapshot, built once for it. */
export interface CatalogIndex {
  readonly snapshot: CatalogSnapshot;
  /** Distinguishes snapshots of different databases, whose versions may be equal. */
  readonly id: number;
  /** Resolves a name as the server would: the schema given, or the first of the search path that has it. */
  relation(schema: string | null, name: string): CatalogRelation | null;
  relationByOid(oid: number): CatalogRelation | null;
  /** All user functions with this name, in whatever schema. */
  functionsNamed(name: string): readonly CatalogFunction[];
  /** True when the user made an operator with this name (extensions' own are trusted). */
  hasUserOperator(name: string): boolean;
  hasChildren(oid: number): boolean;
  /** Memory for readings of function bodies and view definitions. */
  readonly bodies: Map<string, BodyReading>;
  readonly viewFunctions: Map<number, readonly FunctionReference[]>;
}

const indexes = new WeakMap<CatalogSnapshot, CatalogIndex>();
let nextId = 1;

/** The index of a snapshot; the same snapshot gives the same index. */
export function indexOf(snapshot: CatalogSnapshot): CatalogIndex {
  const known = indexes.get(snapshot);
  if (known !== undefined) return known;
  const made = buildIndex(snapshot);
  indexes.set(snapshot, made);
  return made;
}

function buildIndex(snapshot: CatalogSnapshot): CatalogIndex {
  const byName = new Map<string, CatalogRelation>();
  const byOid = new Map<number, CatalogRelation>();
  const parents = new Set<number>();
  for (const relation of snapshot.relations) {
    byName.set(`${relation.schema}\0${relation.name}`, relation);
    byOid.set(relation.oid, relation);
    for (const parent of relation.parents) parents.add(parent);
  }
  const functions = new Map<string, CatalogFunction[]>();
  for (const one of snapshot.functions) {
    const named = functions.get(one.name);
    if (named === undefined) functions.set(one.name, [one]);
    else named.push(one);
  }
  const operators = new Set(snapshot.userOperators ?? []);
  // The server searches pg_catalog first when the path does not name it (manual, 5.10.5).
  const path = snapshot.searchPath.includes('pg_catalog')
    ? snapshot.searchPath
    : ['pg_catalog', ...snapshot.searchPath];
  return {
    snapshot,
    id: nextId++,
    relation(schema, name) {
      for (const candidate of schema === null ? path : [schema]) {
        const found = byName.get(`${candidate}\0${name}`);
        if (found !== undefined) return found;
      }
      return null;
    },
    relationByOid: (oid) => byOid.get(oid) ?? null,
    functionsNamed: (name) => functions.get(name) ?? [],
    hasUserOperator: (name) => operators.has(name),
    hasChildren: (oid) => parents.has(oid),
    bodies: new Map(),
    viewFunctions: new Map(),
  };
}
