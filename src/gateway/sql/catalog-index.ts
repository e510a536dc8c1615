import type { CatalogForeignKey, CatalogFunction, CatalogRelation, CatalogSnapshot, QualifiedName } from './catalog.ts';

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
  /** The functions that operators of users with this name run; empty when they are not known. */
  callsOfOperator(name: string): readonly QualifiedName[];
  /** OIDs of the direct children by inheritance or partitioning. */
  childrenOf(oid: number): readonly number[];
  /** Foreign keys that reference the relation. */
  referencesTo(oid: number): readonly CatalogForeignKey[];
  /** User functions that a type runs when values are made of it or cast. Types are told by name, whatever the schema. */
  callsOfType(name: string): readonly QualifiedName[];
  /** User functions that run when values are handed to or come from functions with this name, because of the values' types. */
  callsOfSignature(name: string): readonly QualifiedName[];
  /** Functions that using the relation may run: those of its checks, indexes … and of its columns' types; written, of its defaults too. */
  callsOf(relation: CatalogRelation, use: 'read' | 'write'): readonly QualifiedName[];
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
  const children = new Map<number, number[]>();
  for (const relation of [...snapshot.relations, ...(snapshot.temporary ?? [])]) {
    byName.set(`${relation.schema}\0${relation.name}`, relation);
    byOid.set(relation.oid, relation);
    for (const parent of relation.parents) append(children, parent, relation.oid);
  }
  const references = new Map<number, CatalogForeignKey[]>();
  for (const key of snapshot.foreignKeys ?? []) append(references, key.referenced, key);
  const typesByName = new Map<string, QualifiedName[]>();
  const typesByOid = new Map<number, readonly QualifiedName[]>();
  for (const type of snapshot.typeCalls ?? []) {
    typesByOid.set(type.oid, type.calls);
    for (const called of type.calls) append(typesByName, type.name, called);
  }
  const bySignature = new Map<string, QualifiedName[]>();
  for (const { name, called } of snapshot.signatureCalls ?? []) append(bySignature, name, called);
  const functions = new Map<string, CatalogFunction[]>();
  for (const one of snapshot.functions) append(functions, one.name, one);
  const operators = new Set(snapshot.userOperators ?? []);
  const byOperator = new Map<string, QualifiedName[]>();
  for (const { operator, called } of snapshot.operatorCalls ?? []) append(byOperator, operator, called);
  // The server searches pg_catalog first when the path does not name it (manual, 5.10.5).
  const path = snapshot.searchPath.includes('pg_catalog')
    ? snapshot.searchPath
    : ['pg_catalog', ...snapshot.searchPath];
  const ownTemporary = path.filter((schema) => schema.startsWith('pg_temp_'));
  return {
    snapshot,
    id: nextId++,
    relation(schema, name) {
      for (const candidate of schema === null ? path : schema === 'pg_temp' ? ownTemporary : [schema]) {
        const found = byName.get(`${candidate}\0${name}`);
        if (found !== undefined) return found;
      }
      return null;
    },
    relationByOid: (oid) => byOid.get(oid) ?? null,
    functionsNamed: (name) => functions.get(name) ?? [],
    hasUserOperator: (name) => operators.has(name),
    callsOfOperator: (name) => byOperator.get(name) ?? [],
    childrenOf: (oid) => children.get(oid) ?? [],
    referencesTo: (oid) => references.get(oid) ?? [],
    callsOfSignature: (name) => bySignature.get(name) ?? [],
    callsOfType: (name) => typesByName.get(name) ?? [],
    callsOf: (relation, use) => [
      ...(relation.calls ?? []).filter(({ writing }) => use === 'write' || writing !== true),
      ...(typesByOid.size === 0 ? [] : relation.columns.flatMap(({ typeOid }) => typesByOid.get(typeOid) ?? [])),
    ],
  };
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
