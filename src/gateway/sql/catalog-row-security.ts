import type { CatalogQuery, CatalogRowSecurity, QualifiedName } from './catalog.ts';
import { CALLED } from './catalog-behaviour.ts';
import { groupBy, text } from './catalog-rows.ts';

/** Written so that PostgreSQL 13 to 18 take them. Only tables whose row-level security is on have policies that do something. */
const POLICIES = `SELECT p.oid, p.polrelid, p.polqual, p.polwithcheck FROM pg_catalog.pg_policy p
  JOIN pg_catalog.pg_class c ON c.oid = p.polrelid AND c.relrowsecurity`;

const EXPRESSIONS = `
WITH policies AS (${POLICIES})
SELECT p.polrelid, e.expression FROM policies p CROSS JOIN LATERAL (VALUES
  (pg_catalog.pg_get_expr(p.polqual, p.polrelid)), (pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))) AS e(expression)
WHERE e.expression IS NOT NULL`;

const READS = `
WITH policies AS (${POLICIES})
SELECT DISTINCT p.polrelid, n.nspname, c.relname FROM policies p
JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND d.objid = p.oid
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> p.polrelid
JOIN pg_catalog.pg_class c ON c.oid = d.refobjid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;

const CALLS = `
WITH policies AS (${POLICIES})
SELECT DISTINCT p.polrelid, n.nspname, f.proname FROM policies p
JOIN (${CALLED}) AS u ON u.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND u.objid = p.oid
JOIN pg_catalog.pg_proc f ON f.oid = u.function AND f.oid >= 16384
JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace`;

/** The policies in force, by the OID of their table as text. Three queries. */
export async function loadRowSecurity(query: CatalogQuery): Promise<ReadonlyMap<string, CatalogRowSecurity>> {
  const named = (row: readonly (string | null)[]): QualifiedName => ({ schema: text(row[1]), name: text(row[2]) });
  const expressions = groupBy(await query(EXPRESSIONS), (row) => text(row[1]));
  if (expressions.size === 0) return new Map();
  const reads = groupBy(await query(READS), named);
  const calls = groupBy(await query(CALLS), named);
  return new Map(
    [...expressions].map(([table, texts]) => [
      table,
      { expressions: texts, reads: reads.get(table) ?? [], calls: calls.get(table) ?? [] },
    ]),
  );
}
