import { functionsInView } from './bodies.ts';
import type { CatalogRelation } from './catalog.ts';
import type { Change, Place } from './draft.ts';
import type { RelationReference } from './effects.ts';
import { noteCall } from './functions.ts';
import { type SyntaxNode, stringAt } from './tree.ts';
import { noteChange } from './write-consequences.ts';

/** Views of these stand for themselves: pg_roles reads pg_authid, but shows none of its secrets. */
const SYSTEM_SCHEMAS = new Set(['pg_catalog', 'information_schema']);

/** The relation that a RangeVar names: with schema and OID when the catalog knows it. */
export function referenceTo(rangeVar: SyntaxNode, place: Place): RelationReference {
  const schema = stringAt(rangeVar, 'schemaname') || null;
  const name = stringAt(rangeVar, 'relname');
  const known = place.index?.relation(schema, name) ?? null;
  return { schema: known?.schema ?? schema, name, oid: known?.oid ?? null };
}

export function noteRead(place: Place, reference: RelationReference, only = false): void {
  const key = `${reference.schema ?? ''}.${reference.name}`;
  const before = place.draft.reads.get(key);
  if (before !== undefined) {
    if (before.via !== undefined && reference.via === undefined) place.draft.reads.set(key, reference);
    return;
  }
  place.draft.reads.set(key, reference);
  const { index } = place;
  const known = reference.oid === null ? null : (index?.relationByOid(reference.oid) ?? null);
  if (index === null || known === null || SYSTEM_SCHEMAS.has(known.schema)) return;
  for (const called of index.callsOf(known)) noteCall(called.schema, called.name, place);
  if (known.kind === 'v' || known.kind === 'm') noteReadThroughView(place, known);
  if (!only || known.kind === 'p') for (const oid of index.childrenOf(known.oid)) readAlso(place, oid, 'inheritance');
}

function readAlso(place: Place, oid: number, via: NonNullable<RelationReference['via']>): void {
  const relation = place.index?.relationByOid(oid) ?? null;
  if (relation !== null) noteRead(place, { schema: relation.schema, name: relation.name, oid, via });
}

/** Notes a relation as written; `change` says how its rows change, where they do. */
export function noteWrite(place: Place, reference: RelationReference, ...changes: readonly Change[]): void {
  place.draft.writes.set(`${reference.schema ?? ''}.${reference.name}`, reference);
  for (const change of changes) noteChange(place, reference, change);
}

/** A view reads what its definition depends on, and calls what its definition calls. */
function noteReadThroughView(place: Place, view: CatalogRelation): void {
  const index = place.index;
  if (index === null) return;
  for (const oid of new Set(view.dependsOn.map((dependency) => dependency.oid)))
    if (oid !== view.oid) readAlso(place, oid, 'view');
  for (const called of functionsInView(view, place))
    place.draft.functions.set(`${called.schema ?? ''}.${called.name}`, called);
}

/** Notes a RangeVar in FROM, or as the target of a command, by the mode of its place. */
export function noteRelation(rangeVar: SyntaxNode, place: Place): void {
  const name = stringAt(rangeVar, 'relname');
  if (name === '') return;
  if (place.mode === 'read' && stringAt(rangeVar, 'schemaname') === '' && place.ctes.has(name)) return;
  const reference = referenceTo(rangeVar, place);
  if (place.mode === 'read') noteRead(place, reference, rangeVar.inh !== true);
  else
    noteWrite(place, reference, ...(place.changes ?? []).map((change) => ({ ...change, only: rangeVar.inh !== true })));
}
