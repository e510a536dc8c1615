import { noteBodyEffects, readBodies } from './bodies.ts';
import { noteCallWork } from './call-work.ts';
import type { CatalogRelation, QualifiedName } from './catalog.ts';
import type { Place } from './draft.ts';
import { type FunctionReference, qualifiedName } from './effects.ts';
import { isHarmlessOfExtension } from './harmless-extensions.ts';
import { HARMLESS_FUNCTIONS, HARMLESS_OF_INFORMATION_SCHEMA } from './harmless-functions.ts';
import { settingOf } from './set-config.ts';
import { listAt, nameParts, type SyntaxNode } from './tree.ts';

/** Notes a call by name, and what the call means where the name alone says it. */
export function noteCall(
  schema: string | null,
  name: string,
  place: Place,
  via: 'function' | 'trigger' = 'function',
  withoutArguments = false,
): void {
  const found = referenceFor(schema, name, place, via);
  const key = `${found.schema ?? ''}.${found.name}`;
  const before = place.draft.functions.get(key);
  // Among functions of equal arguments the one in pg_catalog is found first, and without arguments all are equal.
  const certain =
    found.harmless &&
    (schema === 'pg_catalog' || withoutArguments) &&
    (before === undefined || before.certain === true);
  place.draft.functions.set(key, certain ? { ...found, certain } : found);
  // A value is checked or cast on its way in and out, though the text does not name its type.
  const signature = place.index?.callsOfSignature(name) ?? [];
  noteStored(
    signature.filter((called) => !place.draft.functions.has(qualifiedName(called))),
    place,
  );
  if (name === 'pg_notify') place.draft.kinds.add('notify');
  if (/^(lo_|loread$|lowrite$)/.test(name)) place.draft.kinds.add('large_object');
}

function referenceFor(
  schema: string | null,
  name: string,
  place: Place,
  via: 'function' | 'trigger',
): FunctionReference {
  if (schema === 'information_schema') return { schema, name, harmless: HARMLESS_OF_INFORMATION_SCHEMA.has(name) };
  const builtIn = schema === null || schema === 'pg_catalog';
  const listed = builtIn && HARMLESS_FUNCTIONS.has(name);
  const index = place.index;
  if (index === null) return { schema, name, harmless: listed && schema === 'pg_catalog' };
  const overloads = index.functionsNamed(name);
  // An extension's own overloads of a harmless name (citext's max, pgvector's avg) are trusted with the extension.
  const foreign = overloads.filter(
    (one) => one.fromExtension !== true || one.volatility === 'v' || one.securityDefiner,
  );
  // Newer grammars write SQL/JSON functions with pg_catalog in front though an older server looks the name up.
  const certainlyBuiltIn = schema === 'pg_catalog' && !/^json/.test(name);
  if (listed && (certainlyBuiltIn || foreign.length === 0)) return { schema, name, harmless: true };
  if (schema === 'pg_catalog' || overloads.length === 0) return { schema, name, harmless: false };
  if (overloads.every(isHarmlessOfExtension))
    return { schema: overloads[0]?.schema ?? schema, name, harmless: false, ofExtension: true };
  const reading = readBodies(name, index, place);
  const inSchema = overloads.find((one) => schema === null || one.schema === schema)?.schema ?? schema;
  noteBodyEffects(reading, via, place);
  if (via === 'trigger' && reading.appendsOnly && !reading.readsOnly)
    return { schema: inSchema, name, harmless: false, appendsOnly: true };
  if (!reading.readsOnly) {
    const keepsRole = reading.whole || overloads.every(({ securityDefiner }) => securityDefiner);
    return { schema: inSchema, name, harmless: false, ...(keepsRole && { keepsRole }) };
  }
  place.draft.kinds.add('read');
  return { schema: inSchema, name, harmless: false, readsOnly: true };
}

/** Functions of the server that only work on the row of their trigger. */
const HARMLESS_TRIGGERS = new Set([
  'suppress_redundant_updates_trigger',
  'tsvector_update_trigger',
  'tsvector_update_trigger_column',
]);

/** Notes what a trigger calls. */
export function noteTriggerFunction({ schema, name }: QualifiedName, place: Place): void {
  if (schema === 'pg_catalog' && HARMLESS_TRIGGERS.has(name)) return;
  noteCall(schema, name, place, 'trigger');
}

/** Notes functions that the catalog holds in an expression. What its set_config sets cannot be told from the statement. */
function noteStored(calls: readonly QualifiedName[], place: Place): void {
  for (const { schema, name } of calls) {
    noteCall(schema, name, place);
    if (schema === 'pg_catalog' && name === 'set_config')
      place.draft.settings.push({ name: '*', source: 'expression', value: null });
  }
}

/** Notes the functions that values of a type run: checks of a domain, casts, an operator class. */
export const noteTypeUse = (name: string, place: Place): void =>
  noteStored(place.index?.callsOfType(name) ?? [], place);

/** Notes the functions that a relation runs by itself when it is read or written. */
export const noteUse = (relation: CatalogRelation, use: 'read' | 'write', place: Place): void =>
  noteStored(place.index?.callsOf(relation, use) ?? [], place);

/** Functions that make a value of a type whose name is handed to them as text: it may be any. */
const TAKES_TYPE_NAME = new Set(['pg_input_is_valid', 'pg_input_error_info']);

/** Notes a FuncCall node. `set_config` is a SET in disguise. */
export function noteFuncCall(node: SyntaxNode, place: Place): void {
  const parts = nameParts(listAt(node, 'funcname')).map((part) => part ?? '');
  const name = parts.at(-1) ?? '';
  noteCall(parts.at(-2) ?? null, name, place, 'function', listAt(node, 'args').length === 0);
  if (TAKES_TYPE_NAME.has(name))
    for (const { name: type } of place.index?.snapshot.typeCalls ?? []) noteTypeUse(type, place);
  noteCallWork(name, node, place);
  if (name === 'set_config') {
    place.draft.kinds.add('session');
    place.draft.settings.push(settingOf(node, place));
  }
}

/** Notes the `=` that IN (SELECT …), CASE x WHEN y, JOIN … USING and NATURAL JOIN look up by its name without writing it. */
export const noteEquality = (place: Place): void => noteOperatorNamed(null, '=', place);

/** Operators are functions too: one from another schema, or one that a user made under this name, is not harmless. */
export function noteOperator(name: readonly unknown[], place: Place): void {
  const parts = nameParts(name).map((part) => part ?? '');
  noteOperatorNamed(parts.at(-2) ?? null, parts.at(-1) ?? '', place);
}

function noteOperatorNamed(schema: string | null, symbol: string, place: Place): void {
  // BETWEEN is spelled as such in the tree and means >= and <=.
  const symbols = symbol.includes('BETWEEN') ? ['>=', '<='] : [symbol];
  if (schema === 'pg_catalog') return;
  const known = symbols.flatMap((one) => place.index?.callsOfOperator(one) ?? []);
  for (const called of known) noteCall(called.schema, called.name, place);
  const users = symbols.some((one) => place.index?.hasUserOperator(one) === true);
  if (known.length === 0 && (users || schema !== null))
    place.draft.functions.set(`${schema ?? ''}.operator ${symbol}`, {
      schema,
      name: `operator ${symbol}`,
      harmless: false,
    });
}

/**
 * `u.f` and `(u).f` call the function f(u) when u has no column f (manual, 4.2.4 and 36.5.3). Only user functions matter:
 * the built-in ones that take a row are harmless.
 */
export function noteFieldAccess(qualifier: string | null, field: string, place: Place): void {
  const index = place.index;
  if (index === null || index.functionsNamed(field).length === 0) return;
  const candidates = qualifier === null ? [] : relationsCalled(place.root, qualifier);
  const isColumn = candidates.map((rangeVar) => {
    const schema = rangeVar.schemaname;
    const known = index.relation(typeof schema === 'string' ? schema : null, String(rangeVar.relname ?? ''));
    return known?.columns.some((column) => column.name === field) === true;
  });
  if (isColumn.length === 0 || isColumn.includes(false)) noteCall(null, field, place);
}

/** Every FROM item of the statement that goes by this name; sub-queries under the name count as unknown (an empty node). */
function relationsCalled(value: unknown, name: string): SyntaxNode[] {
  if (Array.isArray(value)) return value.flatMap((member) => relationsCalled(member, name));
  if (typeof value !== 'object' || value === null) return [];
  const node = value as SyntaxNode;
  const alias = node.alias as SyntaxNode | undefined;
  const called = alias?.aliasname ?? node.relname;
  const here = called === name && ('relname' in node || alias !== undefined) ? [node] : [];
  return [...here, ...Object.values(node).flatMap((child) => relationsCalled(child, name))];
}

/** Notes the sampling method of TABLESAMPLE, which is a function. */
export function noteSamplingMethod(node: SyntaxNode, place: Place): void {
  const parts = nameParts(listAt(node, 'method')).map((part) => part ?? '');
  noteCall(parts.at(-2) ?? null, parts.at(-1) ?? '', place);
}
