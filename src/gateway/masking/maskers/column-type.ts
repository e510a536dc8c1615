/** The type of a result column as a masker needs it: what RowDescription and Bind say, and the catalog's name for it. */
export interface ColumnType {
  readonly typeOid: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. */
  readonly format: 0 | 1;
  /** format_type() of the column when the catalog knows it, e.g. `citext`. */
  readonly typeName: string | null;
}

/**
 * One cell's masker. With `constant` set the value is not looked at: null is SQL NULL, a Buffer is the whole new value.
 * NULL cells are never handed in: they stay NULL.
 */
export type CellMask =
  | { readonly constant: Buffer | null }
  | { readonly constant?: undefined; readonly mask: (value: Buffer) => Buffer | null };

/** Characters that a varchar(n), char(n) or name column may hold; Infinity when it has no limit. */
export function characterLimit(type: ColumnType): number {
  if (type.typeOid === 19) return 63;
  return (type.typeOid === 1042 || type.typeOid === 1043) && type.typeModifier >= 4
    ? type.typeModifier - 4
    : Number.POSITIVE_INFINITY;
}

/** Text cut to what the column may hold. */
export function cut(text: string, type: ColumnType): Buffer {
  const limit = characterLimit(type);
  return Buffer.from(text.length > limit ? text.slice(0, limit) : text, 'utf8');
}
