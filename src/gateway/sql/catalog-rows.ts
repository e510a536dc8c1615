/** A row of the catalog as the side connection gives it: every value as text. */
export type Row = readonly (string | null)[];

export const text = (value: string | null | undefined): string => value ?? '';

/** True for PostgreSQL's own spelling of true and for that of its cast to text. */
export const isTrue = (value: string | null | undefined): boolean => value === 't' || value === 'true';

/** Rows by their first column, in the order they came. */
export function groupBy<T>(rows: readonly Row[], make: (row: Row) => T): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(text(row[0]));
    if (group === undefined) groups.set(text(row[0]), [make(row)]);
    else group.push(make(row));
  }
  return groups;
}
