import type { UpstreamAccount } from '../../contract/index.ts';
import type { SideConnection } from './side-query.ts';

/**
 * Attributes of the account (manual, "Role Attributes"), predefined roles that reach beyond the database (manual, "Predefined
 * Roles"), and what it owns, by itself or through a role.
 */
const ACCOUNT = `
SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolreplication, r.rolbypassrls,
  (SELECT pg_catalog.pg_has_role(d.datdba, 'USAGE') FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND pg_catalog.pg_has_role(c.relowner, 'USAGE')),
  (SELECT pg_catalog.string_agg(p.rolname, ',' ORDER BY p.rolname) FROM pg_catalog.pg_roles p
    WHERE p.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_read_all_data',
      'pg_write_all_data') AND pg_catalog.pg_has_role(p.oid, 'USAGE'))
FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER`;

/** What the account that is logged in may do besides what it was granted. Rejects with UpstreamError. */
export async function readAccount(side: SideConnection): Promise<UpstreamAccount> {
  const [row] = await side.query(ACCOUNT);
  const [role, superuser, createRole, replication, bypassesRowSecurity, ownsDatabase, owned, powers] = row ?? [];
  return {
    role: role ?? '',
    superuser: superuser === 't',
    createRole: createRole === 't',
    replication: replication === 't',
    bypassesRowSecurity: bypassesRowSecurity === 't',
    ownsDatabase: ownsDatabase === 't',
    ownedRelations: Number(owned ?? 0),
    // A superuser is a member of every role, which says nothing more.
    powerfulRoles: superuser === 't' ? [] : (powers ?? '').split(',').filter((name) => name !== ''),
  };
}
