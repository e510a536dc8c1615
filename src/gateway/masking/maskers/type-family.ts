/** What a result column's type is, as far as masking cares. */
export type TypeFamily =
  | { readonly family: 'text' }
  | { readonly family: 'json'; readonly versioned: boolean }
  | { readonly family: 'integer'; readonly size: 2 | 4 | 8; readonly unsigned: boolean }
  | { readonly family: 'float'; readonly size: 4 | 8 }
  | { readonly family: 'numeric' }
  | { readonly family: 'date' }
  | { readonly family: 'timestamp'; readonly zone: boolean }
  | { readonly family: 'uuid' }
  | { readonly family: 'bytea' }
  | { readonly family: 'bit'; readonly varying: boolean }
  /** `element` is the OID of its elements' type, null where only the name says that it is an array. */
  | { readonly family: 'array'; readonly element: number | null }
  | { readonly family: 'enum'; readonly labels: readonly string[] }
  | {
      readonly family: 'composite';
      readonly attributes: readonly { readonly typeOid: number; readonly typeModifier: number }[];
    }
  /** Every other known type: one neutral value, as the server writes it in each format. */
  | { readonly family: 'constant'; readonly text: string; readonly binary: Buffer }
  /** No neutral value is known: a mask is SQL NULL. */
  | { readonly family: 'unknown' };
