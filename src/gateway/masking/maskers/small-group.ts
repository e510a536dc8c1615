import type { CellMask, ColumnType } from './column-type.ts';

/** Fewer rows than this tell of single people. */
export const smallestGroup = 5;

/** A number of rows (bigint) as it is, or NULL when they are few. */
export function smallGroupMask({ format, typeOid }: ColumnType): CellMask {
  if (typeOid !== 20) return { constant: null };
  return {
    mask: (value) => {
      const rows = format === 0 ? Number(value.toString('latin1')) : Number(value.readBigInt64BE(0));
      return rows >= smallestGroup ? value : null;
    },
  };
}
