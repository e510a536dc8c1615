import type { CatalogForeignKey, CatalogRelation, WriteEvent } from './catalog.ts';
import { type Change, notePredicate, type Place } from './draft.ts';
import type { RelationReference } from './effects.ts';
import { noteTriggerFunction, noteUse } from './functions.ts';
import { noteReadThroughView } from './reads.ts';
import { noteRowSecurity } from './row-security.ts';
import { listAt, stringAt, tagged, untag } from './tree.ts';

/**
 * Notes what a change of a relation brings with it: partitions and inheritance children, the tables under a view, triggers,
 * rules, functions of defaults and checks, and foreign keys that cascade. Needs a catalog; without one nothing is noted,
 * and no predicate is a key.
 */
export function noteChange(place: Place, reference: RelationReference, change: Change): void {
  const relation = reference.oid === null ? null : (place.index?.relationByOid(reference.oid) ?? null);
  const key = `${reference.oid}:${change.event}:${change.columns?.join() ?? '*'}`;
  if (relation === null || place.draft.followed.has(key)) return;
  place.draft.followed.add(key);
  const { event } = change;
  noteUse(relation, 'write', place);
  noteRowSecurity(relation, place);
  const triggers = (relation.triggers ?? []).filter(({ events }) => events.includes(event));
  for (const trigger of triggers) noteTriggerFunction(trigger.function, place);
  if (relation.rules?.includes(event) === true) {
    const name = `rule on ${relation.name}`;
    place.draft.functions.set(`${relation.schema}.${name}`, { schema: relation.schema, name, harmless: false });
    notePredicate(place.draft, 'unproven');
  }
  if (relation.kind === 'v') noteReadThroughView(place, relation);
  if (relation.kind === 'v' && !triggers.some(({ instead }) => instead)) noteUnderView(place, relation, change);
  if (change.only !== true || relation.kind === 'p') noteChildren(place, relation, change);
  for (const foreignKey of place.index?.referencesTo(relation.oid) ?? []) noteCascade(place, foreignKey, change);
}

function follow(place: Place, oid: number, via: NonNullable<RelationReference['via']>, change: Change): void {
  const relation = place.index?.relationByOid(oid) ?? null;
  if (relation === null) return;
  const reference = { schema: relation.schema, name: relation.name, oid, via };
  const key = `${relation.schema}.${relation.name}`;
  if (!place.draft.writes.has(key)) place.draft.writes.set(key, reference);
  noteChange(place, reference, change);
}

/** Rows of a partitioned table lie in its partitions, and an update may move them; an INSERT into an inheritance parent stays there. */
function noteChildren(place: Place, relation: CatalogRelation, change: Change): void {
  if (change.event === 'insert' && relation.kind !== 'p') return;
  for (const child of place.index?.childrenOf(relation.oid) ?? []) {
    follow(place, child, 'inheritance', change);
    if (change.event !== 'update' || relation.kind !== 'p') continue;
    follow(place, child, 'inheritance', { event: 'delete', columns: null });
    follow(place, child, 'inheritance', { event: 'insert', columns: null });
  }
}

/** The one table that an automatically updatable view stands on; all that the view reads when that cannot be told. */
function noteUnderView(place: Place, view: CatalogRelation, change: Change): void {
  const { index } = place;
  if (index === null) return;
  const base = { ...change, columns: null, only: false };
  const from = place.fromOf(view.definition ?? '');
  const named = from === null ? null : index.relation(stringAt(from, 'schemaname') || null, stringAt(from, 'relname'));
  if (named !== null) follow(place, named.oid, 'view', base);
  else for (const oid of new Set(view.dependsOn.map((one) => one.oid))) follow(place, oid, 'view', base);
}

const CASCADES = new Set(['c', 'n', 'd']);

function noteCascade(place: Place, key: CatalogForeignKey, change: Change): void {
  const { event, columns } = change;
  const truncates = event === 'truncate' && change.cascades === true;
  const deletes = event === 'delete' && CASCADES.has(key.onDelete);
  const updates =
    event === 'update' &&
    CASCADES.has(key.onUpdate) &&
    (columns === null || columns.some((column) => key.referencedColumns.includes(column)));
  if (!truncates && !deletes && !updates) return;
  // Any number of rows may reference the ones that a key names.
  notePredicate(place.draft, 'unproven');
  const next: WriteEvent = truncates ? 'truncate' : deletes && key.onDelete === 'c' ? 'delete' : 'update';
  follow(place, key.referencing, 'cascade', {
    event: next,
    columns: next === 'update' ? key.referencingColumns : null,
    ...(truncates ? { cascades: true } : {}),
  });
}

/** The RangeVar of a SELECT with exactly one relation in FROM, else null. */
export function singleFrom(select: unknown): ReturnType<typeof untag> {
  const node = untag(select, 'SelectStmt');
  const from = node === null ? [] : listAt(node, 'fromClause');
  const only = from.length === 1 ? tagged(from[0]) : null;
  return only?.tag === 'RangeVar' ? only.node : null;
}
