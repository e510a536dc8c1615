/**
 * What a result column's type is, as far as masking cares. OIDs are fixed by PostgreSQL (src/include/catalog/pg_type.dat);
 * types made by users or extensions have OIDs from 16384 on and are `unknown` here: a mask for them is SQL NULL.
 */
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
  | { readonly family: 'array' }
  /** Every other built-in type: one neutral value, as the server writes it in each format. */
  | { readonly family: 'constant'; readonly text: string; readonly binary: Buffer }
  | { readonly family: 'unknown' };

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const constant = (text: string, binary: string): TypeFamily => ({ family: 'constant', text, binary: hex(binary) });
const integer = (size: 2 | 4 | 8, unsigned = false): TypeFamily => ({ family: 'integer', size, unsigned });
const text: TypeFamily = { family: 'text' };
const emptyRange = constant('empty', '01');
const emptyMultirange = constant('{}', '00000000');

const families = new Map<number, TypeFamily>([
  [16, constant('f', '00')], // bool
  [17, { family: 'bytea' }],
  [18, constant('*', '2a')], // "char"
  [19, text], // name
  [20, integer(8)],
  [21, integer(2)],
  [23, integer(4)],
  [25, text],
  [26, integer(4, true)], // oid
  [27, constant('(0,0)', '00000000 0000')], // tid
  [28, integer(4, true)], // xid
  [29, integer(4, true)], // cid
  [114, { family: 'json', versioned: false }],
  [142, text], // xml; `***` is well-formed content
  [600, constant('(0,0)', '00'.repeat(16))], // point
  [601, constant('[(0,0),(0,0)]', '00'.repeat(32))], // lseg
  [603, constant('(0,0),(0,0)', '00'.repeat(32))], // box
  [628, constant('{1,0,0}', `3ff0000000000000${'00'.repeat(16)}`)], // line
  [650, constant('0.0.0.0/32', '02200104 00000000')], // cidr
  [700, { family: 'float', size: 4 }],
  [701, { family: 'float', size: 8 }],
  [705, text], // unknown
  [718, constant('<(0,0),0>', '00'.repeat(24))], // circle
  [774, constant('00:00:00:00:00:00:00:00', '00'.repeat(8))], // macaddr8
  [790, constant('0', '00'.repeat(8))], // money
  [829, constant('00:00:00:00:00:00', '00'.repeat(6))], // macaddr
  [869, constant('0.0.0.0', '02200004 00000000')], // inet
  [1042, text], // bpchar
  [1043, text], // varchar
  [1082, { family: 'date' }],
  [1083, constant('00:00:00', '00'.repeat(8))], // time
  [1114, { family: 'timestamp', zone: false }],
  [1184, { family: 'timestamp', zone: true }],
  [1186, constant('00:00:00', '00'.repeat(16))], // interval
  [1266, constant('00:00:00+00', '00'.repeat(12))], // timetz
  [1560, { family: 'bit', varying: false }],
  [1562, { family: 'bit', varying: true }],
  [1700, { family: 'numeric' }],
  [2950, { family: 'uuid' }],
  [3220, constant('0/0', '00'.repeat(8))], // pg_lsn
  [3614, constant('', '00000000')], // tsvector
  [3615, constant("'x'", '00000001 010000 7800')], // tsquery; it has no empty binary form
  [3802, { family: 'json', versioned: true }],
  [4072, constant('$', '0124')], // jsonpath
  [5069, integer(8, true)], // xid8
]);
for (const oid of [3904, 3906, 3908, 3910, 3912, 3926]) families.set(oid, emptyRange);
for (const oid of [4451, 4532, 4533, 4534, 4535, 4536]) families.set(oid, emptyMultirange);
// reg* types: `-` is their name for OID 0.
for (const oid of [24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191]) {
  families.set(oid, constant('-', '00000000'));
}

/** pg_type.typarray of every type above, and of record. */
const arrayOids = new Set([
  143, 199, 629, 651, 719, 775, 791, 1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
  1015, 1016, 1017, 1018, 1019, 1020, 1021, 1022, 1027, 1028, 1034, 1040, 1041, 1115, 1182, 1183, 1185, 1187, 1231,
  1263, 1270, 1561, 1563, 2201, 2207, 2208, 2209, 2210, 2211, 2287, 2949, 2951, 3221, 3643, 3645, 3735, 3770, 3807,
  3905, 3907, 3909, 3911, 3913, 3927, 4073, 4090, 4097, 4192, 6150, 6151, 6152, 6153, 6155, 6157,
]);

/**
 * The family of a type. `typeName` (format_type's text, when the catalog knows it) adds the one extension type that is
 * text in both formats: citext.
 */
export function familyOf(typeOid: number, typeName: string | null): TypeFamily {
  const known = families.get(typeOid);
  if (known !== undefined) return known;
  if (arrayOids.has(typeOid)) return { family: 'array' };
  if (typeOid >= 16384 && typeName !== null) {
    if (/^(?:.*\.)?citext$/.test(typeName)) return text;
    if (typeName.endsWith('[]')) return { family: 'array' };
  }
  return { family: 'unknown' };
}
