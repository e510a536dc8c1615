import { dateText, timestampText } from './date-text.ts';
import { doubleText, singleText } from './float-text.ts';

/** Type OIDs of PostgreSQL's catalog (pg_type.dat) whose binary form is shown as text to people. */
const oid = {
  bool: 16,
  bytea: 17,
  char: 18,
  name: 19,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  oid: 26,
  json: 114,
  xml: 142,
  float4: 700,
  float8: 701,
  bpchar: 1042,
  varchar: 1043,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  uuid: 2950,
  jsonb: 3802,
} as const;

/** A value as a person reads it. Binary values whose type we do not read become `\x…` hex, as PostgreSQL shows bytea. */
export function valueToText(value: Buffer, typeOid: number, format: number): string {
  if (format === 0) return value.toString('utf8');
  return binaryToText(value, typeOid) ?? `\\x${value.toString('hex')}`;
}

function binaryToText(value: Buffer, typeOid: number): string | null {
  switch (typeOid) {
    case oid.bool:
      return value.length === 1 ? (value[0] === 0 ? 'f' : 't') : null;
    case oid.int2:
      return value.length === 2 ? String(value.readInt16BE()) : null;
    case oid.int4:
      return value.length === 4 ? String(value.readInt32BE()) : null;
    case oid.oid:
      return value.length === 4 ? String(value.readUInt32BE()) : null;
    case oid.int8:
      return value.length === 8 ? String(value.readBigInt64BE()) : null;
    case oid.float4:
      return value.length === 4 ? singleText(value.readFloatBE()) : null;
    case oid.float8:
      return value.length === 8 ? doubleText(value.readDoubleBE()) : null;
    case oid.text:
    case oid.varchar:
    case oid.bpchar:
    case oid.name:
    case oid.char:
    case oid.json:
    case oid.xml:
      return value.toString('utf8');
    case oid.jsonb:
      return value[0] === 1 ? value.toString('utf8', 1) : null;
    case oid.uuid:
      return value.length === 16 ? uuidText(value) : null;
    case oid.date:
      return value.length === 4 ? dateText(value.readInt32BE()) : null;
    case oid.timestamp:
    case oid.timestamptz:
      return value.length === 8 ? timestampText(value.readBigInt64BE(), typeOid === oid.timestamptz) : null;
    default:
      return null;
  }
}

function uuidText(value: Buffer): string {
  const hex = value.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
