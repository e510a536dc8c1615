import { isSafeCall } from '../../src/gateway/policy/functions.ts';
import type { CatalogSnapshot } from '../../src/gateway/sql/catalog.ts';
import { type CatalogIndex, indexOf } from '../../src/gateway/sql/catalog-index.ts';
import type { Effects } from '../../src/gateway/sql/effects.ts';
import type { Deeds, Observation } from './observe.ts';

/** Kinds of statements that a policy lets pass as reading or housekeeping of the session. */
const QUIET = new Set(['read', 'explain', 'copy_out', 'session', 'transaction', 'cursor', 'prepare', 'execute']);
/** Kinds whose writes are not listed relation by relation: no policy takes them for narrow. */
const WIDE = new Set(['ddl', 'dcl', 'procedural', 'maintenance', 'unknown', 'truncate']);

/** Something that a statement did and its effects do not say. */
export interface Disagreement {
  readonly problem:
    | 'wrote but judged read-only'
    | 'wrote a relation that is not among the writes'
    | 'read a relation that is not among the reads'
    | 'called functions that are not among the functions'
    | 'changed settings that are not among the settings';
  /** Names of what it is about: relations, functions, settings. */
  readonly relations: readonly string[];
}

/** Whether a policy would take the statement for one that changes nothing outside its session. */
export const judgedQuiet = (effects: Effects): boolean =>
  effects.understood &&
  effects.writes.length === 0 &&
  effects.kinds.every((kind) => QUIET.has(kind)) &&
  effects.functions.every(isSafeCall);

/** Where the gate said less than the statement did. Empty when what it said covers what happened. */
export function disagreements(
  effects: Effects,
  deeds: Deeds,
  after: Observation,
  catalog: CatalogSnapshot,
): readonly Disagreement[] {
  const index = indexOf(catalog);
  const name = (oid: number): string => after.relations.get(oid)?.name ?? String(oid);
  const kind = (oid: number): string => after.relations.get(oid)?.kind ?? '';
  const found: Disagreement[] = [];
  // Planning a write locks its tables, and so does currval its sequence: no row changes, and no transaction id is taken.
  const plans = effects.kinds.includes('explain') || effects.kinds.includes('prepare');
  const lockedOnly = (oid: number): boolean =>
    !deeds.writtenRows.includes(oid) && !deeds.tookTransactionId && (plans || kind(oid) === 'S');
  const touched = [...new Set([...deeds.writtenRows, ...deeds.lockedForWriting])].filter((oid) => !lockedOnly(oid));
  if (judgedQuiet(effects) && (touched.length > 0 || deeds.tookTransactionId || deeds.tookAdvisoryLock)) {
    const what = touched.length > 0 ? touched.map(name) : deeds.tookTransactionId ? ['a transaction id'] : ['a lock'];
    found.push({ problem: 'wrote but judged read-only', relations: what });
  }
  const opaque = !effects.understood || !effects.functions.every(isSafeCall);
  const wide = effects.kinds.some((one) => WIDE.has(one));
  const known = (list: Effects['reads'], oid: number): boolean =>
    list.some((reference) => reference.oid === oid || `${reference.schema}.${reference.name}` === name(oid));
  if (!opaque && !wide && !effects.kinds.includes('lock')) {
    const checked = foreignKeyNeighbours(effects, catalog);
    const onlyChecked = (oid: number): boolean =>
      checked.has(oid) && deeds.lockedForSharing.includes(oid) && !deeds.writtenRows.includes(oid);
    // MERGE locks the children of its target for writing though it only inserts into the target.
    const mergesOnly = (oid: number): boolean => effects.kinds.includes('merge') && !deeds.writtenRows.includes(oid);
    // Indexes and TOAST tables belong to their table; a sequence that a default advances belongs to the INSERT.
    const missing = touched.filter(
      (oid) =>
        !['i', 'I', 't', 'S'].includes(kind(oid)) &&
        !known(effects.writes, oid) &&
        !onlyChecked(oid) &&
        !mergesOnly(oid),
    );
    if (missing.length > 0)
      found.push({ problem: 'wrote a relation that is not among the writes', relations: missing.map(name) });
  }
  // Functions that print definitions lock what they describe, and so does PREPARE; what is in it is not read.
  const describes =
    effects.kinds.includes('prepare') ||
    effects.functions.some(({ name }) => /^(pg_(get_\w*def|partition_tree)|satisfies_hash_partition)$/.test(name)) ||
    effects.reads.some(({ name }) => /^pg_(rules|views|indexes|matviews)$/.test(name));
  if (!opaque && !wide && !describes) {
    const checked = foreignKeyNeighbours(effects, catalog);
    // The parents of a partition say what rows it may hold; planning looks these bounds up.
    const parents = new Set(effects.reads.flatMap(({ oid }) => (oid === null ? [] : ancestorsOf(oid, index))));
    const missing = deeds.read.filter(
      (oid) =>
        ['r', 'p', 'v', 'm', 'f'].includes(kind(oid)) &&
        !known(effects.reads, oid) &&
        !known(effects.writes, oid) &&
        !checked.has(oid) &&
        !parents.has(oid) &&
        index.relationByOid(oid) !== null,
    );
    if (missing.length > 0)
      found.push({ problem: 'read a relation that is not among the reads', relations: missing.map(name) });
  }
  const uncalled = deeds.called.filter((called) => !effects.functions.some((one) => one.name === called));
  if (!opaque && !effects.kinds.includes('procedural') && uncalled.length > 0)
    found.push({ problem: 'called functions that are not among the functions', relations: uncalled });
  const changed = deeds.settings.filter((setting) => !effects.settings.includes(setting.toLowerCase()));
  const excused = opaque || wide || effects.settings.includes('*') || effects.kinds.includes('transaction');
  if (changed.length > 0 && !excused)
    found.push({ problem: 'changed settings that are not among the settings', relations: changed });
  return found;
}

const ancestorsOf = (oid: number, index: CatalogIndex): readonly number[] =>
  (index.relationByOid(oid)?.parents ?? []).flatMap((parent) => [parent, ...ancestorsOf(parent, index)]);

/** Tables that a write looks into to check foreign keys, from either side, and the parents of a partition written directly. */
function foreignKeyNeighbours(effects: Effects, catalog: CatalogSnapshot): ReadonlySet<number> {
  const written = new Set(effects.writes.map(({ oid }) => oid));
  const neighbours = new Set<number>();
  for (const { referencing, referenced } of catalog.foreignKeys ?? []) {
    if (written.has(referencing)) neighbours.add(referenced);
    if (written.has(referenced)) neighbours.add(referencing);
  }
  const index = indexOf(catalog);
  for (const oid of written)
    for (const parent of (oid === null ? null : index.relationByOid(oid))?.parents ?? []) {
      neighbours.add(parent);
      written.add(parent);
    }
  for (const oid of neighbours) for (const child of index.childrenOf(oid)) neighbours.add(child);
  return neighbours;
}
