import type { CatalogQuery } from './catalog.ts';

const FINGERPRINTED = [
  'pg_attrdef',
  'pg_attribute',
  'pg_cast',
  'pg_class',
  'pg_constraint',
  'pg_index',
  'pg_inherits',
  'pg_namespace',
  'pg_operator',
  'pg_policy',
  'pg_proc',
  'pg_rewrite',
  'pg_trigger',
  'pg_type',
] as const;

/** What tells the rows of these catalogs apart; the others have an OID. */
const IDENTITIES: Readonly<Record<string, string>> = {
  pg_attribute: 'attrelid, attnum',
  pg_index: 'indexrelid',
  pg_inherits: 'inhrelid, inhparent',
};

/** VACUUM and ANALYZE update pg_class in place; xmin changes only when DDL makes a new row version. */
const FINGERPRINT = FINGERPRINTED.map((catalog) => {
  const identity = IDENTITIES[catalog] ?? 'oid';
  return `SELECT '${catalog}' AS catalog, pg_catalog.count(*) AS n,
  pg_catalog.sum(pg_catalog.hashtext(ROW(${identity}, xmin)::pg_catalog.text)::pg_catalog.int8) AS h FROM pg_catalog.${catalog}`;
}).join('\nUNION ALL\n');

/**
 * A short text that differs when the catalog does, search path included: a hash over the row versions of the catalogs that
 * a snapshot is made from. One query of a few milliseconds. A collision is possible and would hide a change until the next.
 */
export async function catalogFingerprint(query: CatalogQuery): Promise<string> {
  const rows = await query(`
SELECT pg_catalog.md5(pg_catalog.string_agg(catalog || ':' || n || ':' || h, ',' ORDER BY catalog)
  || pg_catalog.array_to_string(pg_catalog.current_schemas(true), ',')) FROM (${FINGERPRINT}) AS parts`);
  const fingerprint = rows[0]?.[0];
  if (typeof fingerprint !== 'string') throw new Error('The server gave no fingerprint of its catalog.');
  return fingerprint;
}
