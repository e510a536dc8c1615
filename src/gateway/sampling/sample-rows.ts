import type { SideConnection } from '../upstream/side-query.ts';
import { sqlIdentifier } from '../wire/quote.ts';

/** Rows as the server showed them: values as text, null for NULL. */
export interface SampleRows {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly typeOid: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A few rows of a table for the operator's preview, in a read-only transaction. Rejects with UpstreamError. */
export async function sampleTable(
  side: SideConnection,
  schema: string,
  table: string,
  limit: number,
): Promise<SampleRows> {
  const source = `${sqlIdentifier(schema)}.${sqlIdentifier(table)}`;
  const { fields, rows } = await side.queryWithFields(
    `BEGIN READ ONLY; SELECT * FROM ${source} LIMIT ${Math.trunc(limit)}; COMMIT`,
  );
  const types = await typeNames(side, [...new Set(fields.map((field) => field.typeOid))]);
  return {
    columns: fields.map(({ name, typeOid }) => ({ name, typeOid, type: types.get(typeOid) ?? 'unknown' })),
    rows,
  };
}

async function typeNames(side: SideConnection, oids: readonly number[]): Promise<Map<number, string>> {
  if (oids.length === 0) return new Map();
  const rows = await side.query(
    `SELECT oid, pg_catalog.format_type(oid, NULL) FROM pg_catalog.pg_type WHERE oid IN (${oids.join(', ')})`,
  );
  return new Map(rows.map(([oid, name]) => [Number(oid), name ?? 'unknown']));
}
