import type { CatalogRelation } from './catalog.ts';
import type { BodyReading, CatalogIndex } from './catalog-index.ts';
import type { Place } from './draft.ts';
import type { FunctionReference, RelationReference } from './effects.ts';

const OPAQUE: BodyReading = { readsOnly: false, reads: [] };

/**
 * Reads the bodies of all user functions of a name. The server keeps a STABLE or IMMUTABLE SQL function from writing, but
 * not the functions that it calls, so the body itself is looked at. Anything else (another language, VOLATILE, SECURITY
 * DEFINER, SET clauses, a body that does not parse, recursion) is opaque.
 */
export function readBodies(name: string, index: CatalogIndex, place: Place): BodyReading {
  const known = index.bodies.get(name);
  if (known !== undefined) return known;
  index.bodies.set(name, OPAQUE); // the answer to a function that calls itself
  const reading = readUncached(name, index, place);
  index.bodies.set(name, reading);
  return reading;
}

function readUncached(name: string, index: CatalogIndex, place: Place): BodyReading {
  const overloads = index.functionsNamed(name);
  const reads = new Map<string, RelationReference>();
  for (const overload of overloads) {
    const body = overload.body ?? null;
    if (overload.language !== 'sql' || overload.volatility === 'v' || overload.securityDefiner || body === null)
      return OPAQUE;
    const draft = place.collectSql(body, index);
    if (draft === null || draft.unknown.size > 0 || ![...draft.kinds].every((kind) => kind === 'read')) return OPAQUE;
    if (![...draft.functions.values()].every((called) => called.harmless || called.readsOnly === true)) return OPAQUE;
    for (const [key, reference] of draft.reads) reads.set(key, reference);
  }
  return overloads.length === 0 ? OPAQUE : { readsOnly: true, reads: [...reads.values()] };
}

/** Functions that reading a view calls and that are not on the harmless list. Materialized views call nothing when read. */
export function functionsInView(view: CatalogRelation, place: Place): readonly FunctionReference[] {
  const index = place.index;
  if (index === null || view.kind !== 'v' || view.definition === null) return [];
  const known = index.viewFunctions.get(view.oid);
  if (known !== undefined) return known;
  index.viewFunctions.set(view.oid, []);
  const draft = place.collectSql(view.definition, index);
  const called = [...(draft?.functions.values() ?? [])].filter((one) => !one.harmless);
  // A definition that we cannot read may call anything: named after the view, and not harmless.
  if (draft === null || draft.unknown.size > 0)
    called.push({ schema: view.schema, name: `${view.name} (view)`, harmless: false });
  index.viewFunctions.set(view.oid, called);
  return called;
}
