import type { FenceFinding } from '../../contract/index.ts';
import { sqlLiteral } from '../wire/quote.ts';
import type { Fence } from './role-grants.ts';
import type { SideConnection } from './side-query.ts';

type Query = SideConnection['query'];

const arrayOf = (names: readonly string[]): string =>
  `ARRAY[${names.map((name) => sqlLiteral(name)).join(', ')}]::pg_catalog.name[]`;

/**
 * Why these roles would give a session too much, in words; empty when they do not. What a role is a member of counts as
 * well, at any distance: a role of the server (pg_read_all_data), attributes that SET ROLE or a membership hands on, the
 * account itself, and the right to hand a role on.
 */
export async function excessOf(query: Query, roles: readonly string[]): Promise<string[]> {
  if (roles.length === 0) return [];
  const rows = await query(`
WITH RECURSIVE reached AS (
  SELECT r.oid, r.rolname AS start FROM pg_catalog.pg_roles r WHERE r.rolname = ANY (${arrayOf(roles)})
  UNION SELECT m.roleid, reached.start FROM reached JOIN pg_catalog.pg_auth_members m ON m.member = reached.oid)
SELECT reached.start, r.rolname, pg_catalog.concat_ws(', ',
    CASE WHEN r.rolname LIKE 'pg\\_%' THEN 'is a role of the server' END,
    CASE WHEN r.rolname = CURRENT_USER THEN 'is the account itself' END,
    CASE WHEN r.rolsuper THEN 'is a superuser' END,
    CASE WHEN r.rolcreaterole THEN 'may make roles' END,
    CASE WHEN r.rolcreatedb THEN 'may make databases' END,
    CASE WHEN r.rolreplication THEN 'may replicate' END,
    CASE WHEN r.rolbypassrls THEN 'passes row security' END,
    CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_auth_members m WHERE m.member = r.oid AND m.admin_option)
      THEN 'may hand a role on' END) AS why
FROM reached JOIN pg_catalog.pg_roles r ON r.oid = reached.oid ORDER BY 1, 2`);
  return rows
    .filter(([, , why]) => why !== null && why !== '')
    .map(([start, role, why]) => (start === role ? `${role} ${why}` : `${start} is a member of ${role}, which ${why}`));
}

/**
 * Those of these roles that would give a session more than its own grants: rights to write when it is only to read, any right
 * on relations outside its schemas, or to read a column that is withheld from it.
 */
export async function widerThan(
  query: Query,
  roles: readonly string[],
  readOnly: boolean,
  inScope: (schema: string) => boolean,
  { withholds }: Fence,
): Promise<ReadonlyMap<string, string>> {
  const wider = new Map<string, string>();
  for (const role of roles) {
    const rows = await query(`
SELECT n.nspname, c.relname,
  CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(r.oid, c.oid, 'USAGE, UPDATE')
    ELSE pg_catalog.has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
      OR pg_catalog.has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE') END,
  (SELECT pg_catalog.json_agg(a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
    AND NOT a.attisdropped AND c.relkind <> 'S' AND pg_catalog.has_column_privilege(r.oid, c.oid, a.attnum, 'SELECT, INSERT, UPDATE'))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_roles r ON r.rolname = ${sqlLiteral(role)}
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
  AND CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(r.oid, c.oid, 'SELECT, USAGE, UPDATE')
    ELSE pg_catalog.has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE')
      OR pg_catalog.has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE') END`);
    for (const [schema = '', relation = '', writes, columns] of rows) {
      if (wider.has(role)) break;
      const of = `${schema}.${relation}`;
      const known: unknown = JSON.parse(columns ?? '[]');
      const hidden = Array.isArray(known)
        ? known.map(String).find((column) => withholds(schema ?? '', relation ?? '', column))
        : undefined;
      if (readOnly && writes === 't') wider.set(role, `it may write ${of}, and this session only reads`);
      else if (!inScope(schema ?? ''))
        wider.set(role, `it may use ${of}, which is outside the schemas of this session`);
      else if (hidden !== undefined) wider.set(role, `it may use ${of}.${hidden}, which is withheld`);
    }
  }
  return wider;
}

/**
 * What PUBLIC may do in this database, and so every role that is made for a session, however little it is granted: no grant
 * of ours can take it away again. `withholds` says which columns are meant to be out of reach.
 */
export async function auditPublic(query: Query, { withholds }: Pick<Fence, 'withholds'>): Promise<FenceFinding[]> {
  const findings: FenceFinding[] = [];
  const add = (code: FenceFinding['code'], object: string, message: string, hint: string): number =>
    findings.push({ code, object, message, hint });
  for (const [schema = '', relation = '', privileges = '', columns] of await query(PUBLIC_RELATIONS)) {
    const object = `${schema}.${relation}`;
    const readable: unknown = JSON.parse(columns ?? '[]');
    const hidden = Array.isArray(readable)
      ? readable.map(String).filter((column) => withholds(schema ?? '', relation ?? '', column))
      : [];
    const also = hidden.length === 0 ? '' : ` That includes ${hidden.join(', ')}, which is to be withheld.`;
    add(
      hidden.length === 0 ? 'public_relation' : 'public_withheld',
      object,
      `Everybody has ${privileges} on ${object}.${also}`,
      `REVOKE ALL ON ${object} FROM PUBLIC, and grant it to the roles that need it.`,
    );
  }
  for (const [object = '', owner = '', superuser] of await query(DEFINER_FUNCTIONS)) {
    const rights = superuser === 't' ? `the superuser ${owner}` : owner;
    add(
      'security_definer',
      object ?? '',
      `Everybody may call ${object}, which acts with the rights of ${rights} (SECURITY DEFINER).`,
      `REVOKE EXECUTE ON FUNCTION ${object} FROM PUBLIC, unless agents are meant to have what it does.`,
    );
  }
  for (const [schema = ''] of await query(PUBLIC_CREATE)) {
    add(
      'public_create',
      schema ?? '',
      `Everybody may create objects in the schema ${schema} (the default before PostgreSQL 15).`,
      `REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC.`,
    );
  }
  for (const [database = ''] of await query(PUBLIC_TEMP)) {
    add(
      'public_temp',
      database ?? '',
      `Everybody may create temporary tables in ${database} (the server's default).`,
      `REVOKE TEMPORARY ON DATABASE ${database} FROM PUBLIC, unless agents are to have them.`,
    );
  }
  return findings;
}

const userSchema = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";

const PUBLIC_RELATIONS = `
SELECT n.nspname, c.relname, pg_catalog.string_agg(DISTINCT g.privilege_type, ', ' ORDER BY g.privilege_type),
  pg_catalog.json_agg(DISTINCT g.attname) FILTER (WHERE g.attname IS NOT NULL)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT e.privilege_type, a.attname FROM pg_catalog.aclexplode(c.relacl) e
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND e.privilege_type = 'SELECT'
    WHERE e.grantee = 0
  UNION ALL SELECT e.privilege_type, a.attname FROM pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) e
    WHERE a.attrelid = c.oid AND NOT a.attisdropped AND e.grantee = 0) g
WHERE ${userSchema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
GROUP BY 1, 2 ORDER BY 1, 2`;

/** Functions of triggers are left out: nobody can call them. */
const DEFINER_FUNCTIONS = `
SELECT p.oid::pg_catalog.regprocedure, o.rolname, o.rolsuper
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_roles o ON o.oid = p.proowner
WHERE p.prosecdef AND ${userSchema}
  AND p.prorettype NOT IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
  AND EXISTS (SELECT FROM pg_catalog.aclexplode(COALESCE(p.proacl, pg_catalog.acldefault('f', p.proowner))) e
    WHERE e.grantee = 0 AND e.privilege_type = 'EXECUTE')
ORDER BY 1`;

const PUBLIC_CREATE = `
SELECT n.nspname FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) e
WHERE ${userSchema} AND e.grantee = 0 AND e.privilege_type = 'CREATE' ORDER BY 1`;

const PUBLIC_TEMP = `
SELECT d.datname FROM pg_catalog.pg_database d, pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) e
WHERE d.datname = pg_catalog.current_database() AND e.grantee = 0 AND e.privilege_type = 'TEMPORARY'`;
