import { readView } from './bodies.ts';
import type { CatalogRelation } from './catalog.ts';
import { addRead, type Place } from './draft.ts';
import type { RelationReference } from './effects.ts';
import { noteUse } from './functions.ts';
import { noteRowSecurity } from './row-security.ts';

/** Views of these stand for themselves: pg_roles reads pg_authid, but shows none of its secrets. */
const SYSTEM_SCHEMAS = new Set(['pg_catalog', 'information_schema']);

/** Notes a relation as read, with what reading it brings along: partitions, what a view stands on, functions it calls. */
export function noteRead(place: Place, reference: RelationReference, only = false): void {
  if (!addRead(place.draft, reference)) return;
  const { index } = place;
  const known = reference.oid === null ? null : (index?.relationByOid(reference.oid) ?? null);
  if (index === null || known === null || SYSTEM_SCHEMAS.has(known.schema)) return;
  noteUse(known, 'read', place);
  noteRowSecurity(known, place);
  if (known.kind === 'v' || known.kind === 'm') noteReadThroughView(place, known);
  if (!only || known.kind === 'p') for (const oid of index.childrenOf(known.oid)) readAlso(place, oid, 'inheritance');
}

function readAlso(place: Place, oid: number, via: NonNullable<RelationReference['via']>): void {
  const relation = place.index?.relationByOid(oid) ?? null;
  if (relation !== null) noteRead(place, { schema: relation.schema, name: relation.name, oid, via });
}

/** A view reads what its definition depends on, and calls what its definition calls; a materialized one when it is refreshed. */
export function noteReadThroughView(place: Place, view: CatalogRelation, refreshes = false): void {
  for (const oid of new Set(view.dependsOn.map((dependency) => dependency.oid)))
    if (oid !== view.oid) readAlso(place, oid, 'view');
  if (view.kind === 'm' && !refreshes) return;
  const { functions, reads } = readView(view, place);
  for (const read of reads) {
    if (read.via === 'policy') addRead(place.draft, read);
    else noteRead(place, { ...read, via: 'view' });
  }
  for (const called of functions) place.draft.functions.set(`${called.schema ?? ''}.${called.name}`, called);
}
