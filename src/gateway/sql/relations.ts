import { functionsInView } from './bodies.ts';
import type { CatalogRelation } from './catalog.ts';
import type { Place } from './draft.ts';
import type { RelationReference } from './effects.ts';
import { type SyntaxNode, stringAt } from './tree.ts';

/** Views of these stand for themselves: pg_roles reads pg_authid, but shows none of its secrets. */
const SYSTEM_SCHEMAS = new Set(['pg_catalog', 'information_schema']);

/** The relation that a RangeVar names: with schema and OID when the catalog knows it. */
export function referenceTo(rangeVar: SyntaxNode, place: Place): RelationReference {
  const schema = stringAt(rangeVar, 'schemaname') || null;
  const name = stringAt(rangeVar, 'relname');
  const known = place.index?.relation(schema, name) ?? null;
  return { schema: known?.schema ?? schema, name, oid: known?.oid ?? null };
}

export function noteRead(place: Place, reference: RelationReference): void {
  const key = `${reference.schema ?? ''}.${reference.name}`;
  if (place.draft.reads.has(key)) return;
  place.draft.reads.set(key, reference);
  const known = reference.oid === null ? null : (place.index?.relationByOid(reference.oid) ?? null);
  if (known !== null && (known.kind === 'v' || known.kind === 'm') && !SYSTEM_SCHEMAS.has(known.schema))
    noteReadThroughView(place, known);
}

export function noteWrite(place: Place, reference: RelationReference): void {
  place.draft.writes.set(`${reference.schema ?? ''}.${reference.name}`, reference);
}

/** A view reads what its definition depends on, and calls what its definition calls. */
function noteReadThroughView(place: Place, view: CatalogRelation): void {
  const index = place.index;
  if (index === null) return;
  for (const oid of new Set(view.dependsOn.map((dependency) => dependency.oid))) {
    const base = index.relationByOid(oid);
    if (base !== null && oid !== view.oid) noteRead(place, { schema: base.schema, name: base.name, oid });
  }
  for (const called of functionsInView(view, place))
    place.draft.functions.set(`${called.schema ?? ''}.${called.name}`, called);
}

/** Notes a RangeVar in FROM, or as the target of a command, by the mode of its place. */
export function noteRelation(rangeVar: SyntaxNode, place: Place): void {
  const name = stringAt(rangeVar, 'relname');
  if (name === '') return;
  if (place.mode === 'read' && stringAt(rangeVar, 'schemaname') === '' && place.ctes.has(name)) return;
  const reference = referenceTo(rangeVar, place);
  if (place.mode === 'read') noteRead(place, reference);
  else noteWrite(place, reference);
}
