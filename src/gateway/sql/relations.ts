import type { Change, Place } from './draft.ts';
import type { RelationReference } from './effects.ts';
import { noteRead } from './reads.ts';
import { type SyntaxNode, stringAt } from './tree.ts';
import { noteChange } from './write-consequences.ts';

/** The relation that a RangeVar names: with schema and OID when the catalog knows it. */
export function referenceTo(rangeVar: SyntaxNode, place: Place): RelationReference {
  const schema = stringAt(rangeVar, 'schemaname') || null;
  const name = stringAt(rangeVar, 'relname');
  const known = place.index?.relation(schema, name) ?? null;
  return { schema: known?.schema ?? schema, name, oid: known?.oid ?? null };
}

/** Notes a relation as written; `change` says how its rows change, where they do. */
export function noteWrite(place: Place, reference: RelationReference, ...changes: readonly Change[]): void {
  place.draft.writes.set(`${reference.schema ?? ''}.${reference.name}`, reference);
  for (const change of changes) noteChange(place, reference, change);
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
