import type { Impact } from '../../contract/index.ts';
import type { CatalogQuery } from '../sql/catalog.ts';
import { COUNTED_ROWS } from '../sql/catalog-query.ts';

/** Tables that are listed by name. */
const listedTables = 20;

/**
 * Rows by the statistics system, which counts as they are written, else by the last ANALYZE. Takes no lock on any of the
 * tables: the statement that waits, or another session, may hold one for long. Of partitions each for itself, of the
 * partitioned table nothing.
 */
const ROWS = `
SELECT n.nspname, c.relname, c.oid,
       CASE WHEN pg_catalog.pg_stat_get_live_tuples(c.oid) > 0 THEN pg_catalog.pg_stat_get_live_tuples(c.oid)
            WHEN ${COUNTED_ROWS} >= 0 THEN c.reltuples::bigint END,
       c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid IN ($oids) AND c.relkind IN ('r', 'm', 'f')`;

/** The true sizes, with indexes and TOAST. Needs ACCESS SHARE on each table, hence the short patience. */
const SIZES = `
BEGIN READ ONLY;
SET LOCAL lock_timeout = '200ms';
SELECT oid, pg_catalog.pg_total_relation_size(oid) FROM pg_catalog.pg_class WHERE oid IN ($oids);
COMMIT`;

interface Row {
  readonly name: string;
  readonly oid: string;
  readonly rows: number | null;
  readonly bytes: number | null;
}

/** What is in tables at this moment, by OID. Rejects when the server does not answer. */
export async function readImpact(query: CatalogQuery, oids: readonly number[]): Promise<Impact | null> {
  if (oids.length === 0) return null;
  const found = await query(ROWS.replace('$oids', numbers(oids)));
  if (found.length === 0) return null;
  const sizes = await readSizes(query, oids);
  const tables = found.map(
    ([schema, name, oid, rows, bytes]): Row => ({
      name: `${schema}.${name}`,
      oid: oid ?? '',
      rows: rows == null ? null : Number(rows),
      bytes: sizes?.get(oid ?? '') ?? (bytes == null || bytes === '0' ? null : Number(bytes)),
    }),
  );
  tables.sort((a, b) => (b.rows ?? -1) - (a.rows ?? -1) || (a.name < b.name ? -1 : 1));
  return {
    tables: tables.slice(0, listedTables).map(({ name, rows, bytes }) => ({ name, rows, bytes })),
    moreTables: Math.max(0, tables.length - listedTables),
    rows: total(tables.map(({ rows }) => rows)),
    bytes: total(tables.map(({ bytes }) => bytes)),
  };
}

/** Null when a table is locked by somebody: its size cannot be read then. */
async function readSizes(query: CatalogQuery, oids: readonly number[]): Promise<ReadonlyMap<string, number> | null> {
  try {
    const rows = await query(SIZES.replace('$oids', numbers(oids)));
    return new Map(rows.flatMap(([oid, bytes]) => (oid == null || bytes == null ? [] : [[oid, Number(bytes)]])));
  } catch {
    await query('ROLLBACK');
    return null;
  }
}

const total = (numbers: readonly (number | null)[]): number | null => {
  const known = numbers.filter((one) => one !== null);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0);
};

function numbers(oids: readonly number[]): string {
  if (!oids.every(Number.isSafeInteger)) throw new RangeError('not an OID');
  return oids.join(',');
}
