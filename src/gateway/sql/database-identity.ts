import type { CatalogQuery } from './catalog.ts';

/** Which database a connection is to: OIDs mean something only within one. */
export interface DatabaseIdentity {
  readonly database: string;
  /** pg_control_system().system_identifier; null where the account may not ask for it. */
  readonly systemIdentifier: string | null;
  readonly databaseOid: string;
}

const questions = [
  '(SELECT system_identifier FROM pg_catalog.pg_control_system())::pg_catalog.text',
  'NULL::pg_catalog.text',
].map(
  (system) =>
    `SELECT datname, ${system}, oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
);

/** Asks over a side connection. Rejects with whatever `query` rejects with the second time. */
export async function databaseIdentity(query: CatalogQuery): Promise<DatabaseIdentity> {
  const [withSystem = '', without = ''] = questions;
  const [row = []] = await query(withSystem).catch(() => query(without));
  const [database = null, systemIdentifier = null, databaseOid = null] = row;
  if (database === null || databaseOid === null) throw new Error('The server did not say which database this is.');
  return { database, systemIdentifier, databaseOid };
}
