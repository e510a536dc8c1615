import type { CatalogFunction, CatalogRelation } from './catalog.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { type Draft, emptyDraft, mergeDraft, type Place } from './draft.ts';
import { type FunctionReference, isQuiet, type RelationReference } from './effects.ts';

/** What is known of the user functions of one name once their bodies were read. */
export interface BodyReading {
  /** True when every overload can only read, through harmless functions. */
  readonly readsOnly: boolean;
  /** True when every overload reads, and inserts literal rows at most; see FunctionReference.appendsOnly. */
  readonly appendsOnly: boolean;
  /** True when no overload does anything that could not be read; what they call is among their effects. */
  readonly whole: boolean;
  /** What the bodies would do, as far as they could be read. */
  readonly effects: readonly Draft[];
}

/** Readings of one catalog, made once. */
interface Memory {
  readonly bodies: Map<string, BodyReading>;
  readonly views: Map<number, ViewReading>;
}

const memories = new WeakMap<CatalogIndex, Memory>();

function memoryOf(index: CatalogIndex): Memory {
  const known = memories.get(index) ?? { bodies: new Map(), views: new Map() };
  memories.set(index, known);
  return known;
}

const OPAQUE: BodyReading = { readsOnly: false, appendsOnly: false, whole: false, effects: [] };

/**
 * Reads the bodies of all user functions of a name: LANGUAGE sql, and PL/pgSQL as far as its SQL is static. Anything else
 * (another language, SECURITY DEFINER, SET clauses, a body that does not parse, recursion) is opaque. Volatility is the
 * author's promise and not asked: what counts is what the body says.
 */
export function readBodies(name: string, index: CatalogIndex, place: Place): BodyReading {
  const { bodies } = memoryOf(index);
  const known = bodies.get(name);
  if (known !== undefined) return known;
  bodies.set(name, OPAQUE); // the answer to a function that calls itself
  const reading = readUncached(name, index, place);
  bodies.set(name, reading);
  return reading;
}

function readUncached(name: string, index: CatalogIndex, place: Place): BodyReading {
  const bodies = index.functionsNamed(name).map((overload) => readBody(overload, index, place));
  const effects = bodies.filter((draft) => draft !== null);
  const all = (test: (draft: Draft) => boolean): boolean =>
    bodies.length > 0 && bodies.every((draft) => draft !== null && test(draft));
  return { readsOnly: all(onlyReads), appendsOnly: all(onlyAppends), whole: all(isWhole), effects };
}

function readBody(overload: CatalogFunction, index: CatalogIndex, place: Place): Draft | null {
  const body = overload.body ?? null;
  if (body === null || overload.securityDefiner) return null;
  if (overload.language === 'sql') return place.collectSql(body, index);
  return overload.language === 'plpgsql' ? place.collectPlpgsql(body, index) : null;
}

const isWhole = ({ unknown }: Draft): boolean => unknown.size === 0;

const onlyReads = (draft: Draft): boolean =>
  draft.unknown.size === 0 &&
  draft.writes.size === 0 &&
  draft.settings.length === 0 &&
  [...draft.kinds].every((kind) => kind === 'read') &&
  [...draft.functions.values()].every(isQuiet);

const onlyAppends = (draft: Draft): boolean =>
  draft.unknown.size === 0 &&
  draft.insertedRows !== null &&
  draft.settings.length === 0 &&
  [...draft.kinds].every((kind) => kind === 'read' || kind === 'insert') &&
  [...draft.functions.values()].every((called) => isQuiet(called) || called.appendsOnly === true);

/** What reading a view does besides reading the relations that pg_depend names. */
export interface ViewReading {
  /** Functions that are not on the harmless list. */
  readonly functions: readonly FunctionReference[];
  /** Relations, those that functions in it read included. */
  readonly reads: readonly RelationReference[];
}

const NOTHING: ViewReading = { functions: [], reads: [] };

/** What a view's query calls and reads. That of a materialized view runs when it is refreshed, and not when it is read. */
export function readView(view: CatalogRelation, place: Place): ViewReading {
  const index = place.index;
  if (index === null || view.definition === null) return NOTHING;
  const { views } = memoryOf(index);
  const known = views.get(view.oid);
  if (known !== undefined) return known;
  views.set(view.oid, NOTHING);
  const draft = place.collectSql(view.definition, index);
  const functions = [...(draft?.functions.values() ?? [])].filter((one) => !one.harmless);
  // A definition that we cannot read may call anything: named after the view, and not harmless.
  if (draft === null || draft.unknown.size > 0)
    functions.push({ schema: view.schema, name: `${view.name} (view)`, harmless: false });
  const reading = { functions, reads: [...(draft?.reads.values() ?? [])] };
  views.set(view.oid, reading);
  return reading;
}

/** Adds what calling a function would do, as far as its bodies could be read. */
export function noteBodyEffects(reading: BodyReading, via: 'function' | 'trigger', place: Place): void {
  const merged = emptyDraft();
  for (const draft of reading.effects) mergeDraft(merged, draft, via);
  mergeDraft(place.draft, merged, via);
}
