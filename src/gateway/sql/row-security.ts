import type { CatalogRelation, CatalogRowSecurity } from './catalog.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { type Draft, emptyDraft, mergeDraft, type Place } from './draft.ts';
import { noteCall } from './functions.ts';

/** Readings of the policies of one catalog, made once. */
const memories = new WeakMap<CatalogIndex, Map<number, Draft>>();

/**
 * Notes what the policies of a table with row-level security read and call, for whatever command and role they are: a
 * session may not be the superuser or the owner that they do not bind. Relations that nothing else reads get `via: 'policy'`.
 */
export function noteRowSecurity(relation: CatalogRelation, place: Place): void {
  const { index } = place;
  if (index === null || relation.rowSecurity === undefined) return;
  const readings = memories.get(index) ?? new Map<number, Draft>();
  memories.set(index, readings);
  let reading = readings.get(relation.oid);
  if (reading === undefined) {
    reading = emptyDraft();
    readings.set(relation.oid, reading); // the answer to policies that look at each other's tables
    readPolicies(relation, relation.rowSecurity, { ...place, draft: reading, ctes: new Set(), mode: 'read' });
  }
  mergeDraft(place.draft, reading, 'policy');
}

/** What pg_depend says that the policies use, and what their text says: the text names the server's own functions too. */
function readPolicies(
  relation: CatalogRelation,
  { expressions, reads, calls }: CatalogRowSecurity,
  place: Place,
): void {
  const { draft, index } = place;
  if (index === null) return;
  for (const { schema, name } of reads)
    place.collect('RangeVar', { schemaname: schema, relname: name, inh: true }, place);
  for (const { schema, name } of calls) noteCall(schema, name, place);
  for (const expression of expressions) {
    const collected = place.collectSql(`SELECT ${expression}`, index);
    if (collected !== null) mergeDraft(draft, collected, 'policy');
    // What we cannot read may call anything: named after the table, and not harmless.
    if (collected === null || collected.unknown.size > 0) {
      const name = `policy on ${relation.name}`;
      draft.functions.set(`${relation.schema}.${name}`, { schema: relation.schema, name, harmless: false });
    }
  }
}
