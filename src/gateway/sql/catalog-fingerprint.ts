import type { CatalogQuery } from './catalog.ts';

/** OIDs below this one were given by initdb; a snapshot holds nothing of those that an ordinary change could alter. */
const firstOfUsers = 16384;

/**
 * Catalogs that a snapshot is made from, each with what tells its rows apart and where those of users begin: an index on
 * the latter makes the look-up cost what the users' own objects cost.
 */
const FINGERPRINTED: readonly (readonly [catalog: string, identity: string, from: string | null])[] = [
  ['pg_amop', 'oid', 'oid'],
  ['pg_amproc', 'oid', 'oid'],
  ['pg_attrdef', 'oid', null],
  ['pg_attribute', 'attrelid, attnum', 'attrelid'],
  ['pg_cast', 'oid', 'oid'],
  ['pg_class', 'oid', 'oid'],
  ['pg_constraint', 'oid', 'oid'],
  ['pg_description', 'objoid, classoid, objsubid', 'objoid'],
  ['pg_enum', 'oid', 'oid'],
  ['pg_index', 'indexrelid', 'indexrelid'],
  ['pg_inherits', 'inhrelid, inhparent', null],
  ['pg_namespace', 'oid', null],
  ['pg_opclass', 'oid', 'oid'],
  ['pg_operator', 'oid', 'oid'],
  ['pg_policy', 'oid', null],
  ['pg_proc', 'oid', 'oid'],
  ['pg_rewrite', 'oid', 'oid'],
  ['pg_trigger', 'oid', null],
  ['pg_type', 'oid', 'oid'],
];

/** VACUUM and ANALYZE update pg_class in place; xmin changes only when DDL makes a new row version. */
const FINGERPRINT = FINGERPRINTED.map(
  ([catalog, identity, from]) => `SELECT '${catalog}' AS catalog, pg_catalog.count(*) AS n,
  pg_catalog.sum(pg_catalog.hashtext(ROW(${identity}, xmin)::pg_catalog.text)::pg_catalog.int8) AS h
  FROM pg_catalog.${catalog}${from === null ? '' : ` WHERE ${from} >= ${firstOfUsers}`}`,
).join('\nUNION ALL\n');

/**
 * A short text that differs when the catalog does, search path included: a hash over the row versions of the catalogs that
 * a snapshot is made from. One query of about a millisecond for a small database. A collision is possible and would hide a
 * change until the next.
 */
export async function catalogFingerprint(query: CatalogQuery): Promise<string> {
  return only(
    await query(`
SELECT pg_catalog.md5(pg_catalog.string_agg(catalog || ':' || n || ':' || h, ',' ORDER BY catalog)
  || pg_catalog.array_to_string(pg_catalog.current_schemas(true), ',')) FROM (${FINGERPRINT}) AS parts`),
  );
}

/**
 * Which transactions of the server are over, as a text. While it stays, nothing has been committed that has changed
 * anything anywhere on the server. The cheapest query there is; from PostgreSQL 13.
 */
export const committedState = async (query: CatalogQuery): Promise<string> =>
  only(await query('SELECT pg_catalog.pg_current_snapshot()::pg_catalog.text'));

function only(rows: readonly (readonly (string | null)[])[]): string {
  const value = rows[0]?.[0];
  if (typeof value !== 'string') throw new Error('The server did not say in which state its catalog is.');
  return value;
}
