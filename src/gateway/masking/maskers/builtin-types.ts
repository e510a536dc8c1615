import type { TypeFamily } from './type-family.ts';

/**
 * initdb's types and what is neutral in each, by their OIDs (src/include/catalog/pg_type.dat: fixed for good). What is not
 * here has no neutral value (aclitem, pg_node_tree, pseudo-types): its mask is SQL NULL.
 */

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const constant = (text: string, binary: string): TypeFamily => ({ family: 'constant', text, binary: hex(binary) });
const integer = (size: 2 | 4 | 8, unsigned = false): TypeFamily => ({ family: 'integer', size, unsigned });
const text: TypeFamily = { family: 'text' };
const emptyRange = constant('empty', '01');
const emptyMultirange = constant('{}', '00000000');

/** Families by OID. */
const families = new Map<number, TypeFamily>([
  [16, constant('f', '00')], // bool
  [17, { family: 'bytea' }],
  [18, constant('*', '2a')], // "char"
  [19, text], // name
  [20, integer(8)],
  [21, integer(2)],
  [22, constant('0', '00000001 00000000 00000015 00000001 00000000 00000002 0000')], // int2vector
  [23, integer(4)],
  [25, text],
  [26, integer(4, true)], // oid
  [27, constant('(0,0)', '00000000 0000')], // tid
  [28, integer(4, true)], // xid
  [29, integer(4, true)], // cid
  [30, constant('0', '00000001 00000000 0000001a 00000001 00000000 00000004 00000000')], // oidvector
  [114, { family: 'json', versioned: false }],
  [142, text], // xml; `***` is well-formed content
  [600, constant('(0,0)', '00'.repeat(16))], // point
  [601, constant('[(0,0),(0,0)]', '00'.repeat(32))], // lseg
  [602, constant('((0,0))', `01 00000001${'00'.repeat(16)}`)], // path
  [603, constant('(0,0),(0,0)', '00'.repeat(32))], // box
  [604, constant('((0,0))', `00000001${'00'.repeat(16)}`)], // polygon
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
  [1790, text], // refcursor
  [2278, constant('', '')], // void
  [2950, { family: 'uuid' }],
  [2970, constant('1:1:', '00000000 0000000000000001 0000000000000001')], // txid_snapshot
  [3220, constant('0/0', '00'.repeat(8))], // pg_lsn
  [3614, constant('', '00000000')], // tsvector
  [3615, constant("'x'", '00000001 010000 7800')], // tsquery; it has no empty binary form
  [3802, { family: 'json', versioned: true }],
  [4072, constant('$', '0124')], // jsonpath
  [5038, constant('1:1:', '00000000 0000000000000001 0000000000000001')], // pg_snapshot
  [5069, integer(8, true)], // xid8
]);
for (const oid of [3904, 3906, 3908, 3910, 3912, 3926]) families.set(oid, emptyRange);
for (const oid of [4451, 4532, 4533, 4534, 4535, 4536]) families.set(oid, emptyMultirange);
// reg* types: `-` is their name for OID 0.
for (const oid of [24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191]) {
  families.set(oid, constant('-', '00000000'));
}

// pg_type.oid of each array type among them, and its typelem.
const arrays = [
  143, 142, 199, 114, 271, 5069, 629, 628, 651, 650, 719, 718, 775, 774, 791, 790, 1000, 16, 1001, 17, 1002, 18, 1003,
  19, 1005, 21, 1006, 22, 1007, 23, 1008, 24, 1009, 25, 1010, 27, 1011, 28, 1012, 29, 1013, 30, 1014, 1042, 1015, 1043,
  1016, 20, 1017, 600, 1018, 601, 1019, 602, 1020, 603, 1021, 700, 1022, 701, 1027, 604, 1028, 26, 1034, 1033, 1040,
  829, 1041, 869, 1115, 1114, 1182, 1082, 1183, 1083, 1185, 1184, 1187, 1186, 1231, 1700, 1263, 2275, 1270, 1266, 1561,
  1560, 1563, 1562, 2201, 1790, 2207, 2202, 2208, 2203, 2209, 2204, 2210, 2205, 2211, 2206, 2287, 2249, 2949, 2970,
  2951, 2950, 3221, 3220, 3643, 3614, 3644, 3642, 3645, 3615, 3735, 3734, 3770, 3769, 3807, 3802, 3905, 3904, 3907,
  3906, 3909, 3908, 3911, 3910, 3913, 3912, 3927, 3926, 4073, 4072, 4090, 4089, 4097, 4096, 4192, 4191, 5039, 5038,
  6150, 4451, 6151, 4532, 6152, 4533, 6153, 4534, 6155, 4535, 6157, 4536,
];
const elements = new Map<number, number>();
for (let index = 0; index + 1 < arrays.length; index += 2) elements.set(arrays[index] ?? 0, arrays[index + 1] ?? 0);

/** The family of a type of initdb; undefined for array types, for those without a neutral value and for all others. */
export const builtinFamily = (oid: number): TypeFamily | undefined => families.get(oid);

/** The element type's OID of an array type of initdb; undefined when it is none. */
export const builtinElement = (oid: number): number | undefined => elements.get(oid);
