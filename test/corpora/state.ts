import type { TestDatabase } from '../support/database.ts';

/** Catalogs whose rows change by nothing but definitions, grants, settings and the like. */
const CATALOGS = [
  'pg_authid',
  'pg_auth_members',
  'pg_cast',
  'pg_class',
  'pg_constraint',
  'pg_database',
  'pg_db_role_setting',
  'pg_event_trigger',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_index',
  'pg_largeobject_metadata',
  'pg_namespace',
  'pg_operator',
  'pg_policy',
  'pg_proc',
  'pg_publication',
  'pg_rewrite',
  'pg_seclabel',
  'pg_subscription',
  'pg_tablespace',
  'pg_trigger',
  'pg_type',
  'pg_user_mapping',
] as const;

/** Columns that the server changes by itself. */
const MOVING: Readonly<Record<string, readonly string[]>> = {
  pg_class: ['relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid', 'relhasindex'],
  pg_database: ['datfrozenxid', 'datminmxid'],
};

/** A digest of each table's rows, of the catalogs, and of what lives beside them, by name. */
export async function databaseState(database: TestDatabase): Promise<Readonly<Record<string, string>>> {
  const tables = await database.query(
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`,
  );
  const state: Record<string, string> = {};
  const digest = async (name: string, row: string): Promise<void> => {
    const sql = `SELECT coalesce(md5(string_agg(row, E'\\n' ORDER BY row)), '') AS digest FROM (SELECT ${row} AS row FROM ${name} AS t) AS rows`;
    state[name] = (await database.query(sql)).rows[0].digest;
  };
  for (const { name } of tables.rows) await digest(name, 't::text');
  for (const name of CATALOGS) {
    const dropped = (MOVING[name] ?? []).map((column) => ` - '${column}'`).join('');
    await digest(`pg_catalog.${name}`, `(to_jsonb(t)${dropped})::text`);
  }
  await digest('pg_catalog.pg_sequences', 't::text');
  await digest('pg_catalog.pg_file_settings', 't::text');
  await digest('pg_catalog.pg_prepared_xacts', 't::text');
  await digest('pg_catalog.pg_replication_slots', 't.slot_name::text');
  return state;
}
