import type { CatalogQuery, CatalogType } from './catalog.ts';
import { type Row, text } from './catalog-rows.ts';

/** From PostgreSQL 13 on. Nothing below OID 16384 is read: initdb's types are known (masking/maskers/builtin-types.ts). */
const TYPES = `
SELECT t.oid, t.typname, t.typtype, e.oid, t.typbasetype, t.typtypmod,
  CASE t.typtype
    WHEN 'e' THEN (SELECT pg_catalog.json_agg(l.enumlabel ORDER BY l.enumsortorder)
      FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid)
    WHEN 'c' THEN (SELECT pg_catalog.json_agg(
        pg_catalog.json_build_array(a.atttypid::pg_catalog.int8, a.atttypmod) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
  END::pg_catalog.text
FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.typarray = t.oid
WHERE t.oid >= 16384 AND t.typtype IN ('b', 'c', 'd', 'e', 'r', 'm') AND t.typisdefined`;

/** The types of users and extensions, by one query. Rejects with whatever `query` rejects with. */
export async function loadTypes(query: CatalogQuery): Promise<readonly CatalogType[]> {
  return (await query(TYPES)).flatMap((row) => typeOf(row) ?? []);
}

/** pg_type.typtype: b base (arrays too), c composite, d domain, e enum, r range, m multirange. */
function typeOf(row: Row): CatalogType | null {
  const named = { oid: Number(row[0]), name: text(row[1]) };
  const parts = partsOf(row[6]);
  switch (row[2]) {
    case 'b':
      return row[3] ? { ...named, kind: 'array', element: Number(row[3]) } : { ...named, kind: 'base' };
    case 'c':
      return { ...named, kind: 'composite', attributes: parts.flatMap((part) => attributeOf(part) ?? []) };
    case 'd':
      return { ...named, kind: 'domain', base: Number(row[4]), typeModifier: Number(row[5]) };
    case 'e':
      return { ...named, kind: 'enum', labels: parts.filter((label) => typeof label === 'string') };
    case 'r':
      return { ...named, kind: 'range' };
    case 'm':
      return { ...named, kind: 'multirange' };
    default:
      return null;
  }
}

function partsOf(json: string | null | undefined): readonly unknown[] {
  const value: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(value) ? value : [];
}

function attributeOf(part: unknown): { typeOid: number; typeModifier: number } | null {
  return Array.isArray(part) ? { typeOid: Number(part[0]), typeModifier: Number(part[1]) } : null;
}
