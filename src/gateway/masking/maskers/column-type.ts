import type { CatalogType } from '../../sql/catalog.ts';

/** Types of users and extensions by OID, from the catalog. */
export type TypesByOid = ReadonlyMap<number, CatalogType>;

/** The type of a result column as a masker needs it: what RowDescription and Bind say, and what the catalog knows of it. */
export interface ColumnType {
  readonly typeOid: number;
  readonly typeModifier: number;
  /** 0 text, 1 binary. */
  readonly format: 0 | 1;
  /** format_type() of the column when the catalog knows it, e.g. `citext`. */
  readonly typeName: string | null;
  /** Without it, enums, composites, ranges and the like of users have no mask but NULL. */
  readonly types?: TypesByOid | undefined;
}

/**
 * One cell's masker. With `constant` set the value is not looked at: null is SQL NULL, a Buffer is the whole new value.
 * NULL cells are never handed in: they stay NULL, unless `hidesMissing` is set. What `mask` returns may be shared between cells: read it, never write it.
 */
export type CellMask =
  | {
      readonly constant: Buffer | null;
      /** That the value is missing is hidden as well. */
      readonly hidesMissing?: true;
    }
  | { readonly constant?: undefined; readonly mask: (value: Buffer) => Buffer | null };

/** The value that a mask gives for a value: for whoever masks one value rather than a column of them. */
export const maskValue = (cell: CellMask, value: Buffer): Buffer | null =>
  cell.constant === undefined ? cell.mask(value) : cell.constant;

/** A column of another type in the same place: same format, same catalog. */
export const otherType = (type: ColumnType, typeOid: number, typeModifier: number): ColumnType => ({
  typeOid,
  typeModifier,
  format: type.format,
  typeName: null,
  types: type.types,
});

/**
 * The type under a domain. RowDescription has the base type already (getBaseTypeAndTypmod in printtup.c); elements of
 * arrays and attributes of composites have the domain's OID.
 */
export function baseType(type: ColumnType): ColumnType {
  let base = type;
  // PostgreSQL allows domains over domains; 32 of them is nobody's schema.
  for (let depth = 0; depth < 32; depth++) {
    const found = base.types?.get(base.typeOid);
    if (found?.kind !== 'domain') return base;
    base = otherType(base, found.base, found.typeModifier >= 0 ? found.typeModifier : base.typeModifier);
  }
  return base;
}

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
