import { listAt, stringAt, tagged, untag } from './tree.ts';

/** Columns that a node refers to, as their last name; `*` for a whole row. */
export function columnsIn(value: unknown): readonly { readonly qualifier: string | null; readonly name: string }[] {
  if (Array.isArray(value)) return value.flatMap(columnsIn);
  if (typeof value !== 'object' || value === null) return [];
  const reference = untag(value, 'ColumnRef');
  if (reference === null) return Object.values(value).flatMap(columnsIn);
  const parts = listAt(reference, 'fields').map((field) => {
    const part = tagged(field);
    return part?.tag === 'String' ? stringAt(part.node, 'sval') : '*';
  });
  return [{ qualifier: parts.at(-2) ?? null, name: parts.at(-1) ?? '*' }];
}

/** True when a sub-select stands anywhere in the value. */
export function hasSubquery(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasSubquery);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([key, child]) => key === 'SubLink' || key === 'RangeSubselect' || hasSubquery(child),
  );
}
