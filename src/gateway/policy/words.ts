import { type Effects, type FunctionReference, type RelationReference, takenFrom } from '../sql/effects.ts';

const SHOWN = 5;

function listed(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const rest = distinct.length - SHOWN;
  return distinct.slice(0, SHOWN).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

const qualified = (one: { readonly schema: string | null; readonly name: string }): string =>
  one.schema === null || one.schema === 'public' ? one.name : `${one.schema}.${one.name}`;

/** Relations for a reason: `orders, private.kv_secrets and 2 more`; "a relation" when there is none to name. */
export const relationNames = (relations: readonly RelationReference[]): string =>
  relations.length === 0 ? 'a relation' : listed(relations.map(qualified));

export const functionNames = (functions: readonly FunctionReference[]): string =>
  listed(functions.map((one) => `${qualified(one)}()`));

/** What the statement works on: the relations it writes, else those it reads, else nothing. */
export function subjectOf(effects: Effects): string {
  const relations = effects.writes.length > 0 ? effects.writes : takenFrom(effects.reads);
  return relations.length === 0 ? '' : ` on ${relationNames(relations)}`;
}
