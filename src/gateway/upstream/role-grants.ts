import { sqlIdentifier } from '../wire/quote.ts';

/** An object as the account sees it: what it could grant on it. */
export interface GrantableObject {
  readonly kind: 'database' | 'schema' | 'relation' | 'sequence';
  /** Empty for a database. */
  readonly schema: string;
  readonly name: string;
  /** Privileges that the account may hand on. */
  readonly privileges: readonly string[];
  /** Of a relation, the system's (ctid, xmin …) apart: those hold nothing of the rows, and drivers read them. */
  readonly columns: readonly string[];
  readonly systemColumns: readonly string[];
}

/** What grants keep from a role. */
export interface Fence {
  /** Columns that the role is to know nothing of: neither read nor written. */
  readonly withholds: (schema: string, relation: string, column: string) => boolean;
  /** Relations whose columns are granted one by one, so that a column which is added later is not granted by itself. */
  readonly byColumn: (schema: string, relation: string) => boolean;
}

export const noFence: Fence = { withholds: () => false, byColumn: () => false };

const columnsOf = (condition: string): string =>
  `(SELECT pg_catalog.json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attnum ${condition} 0)`;

/**
 * Schemas of users, their relations with columns, and sequences, with what the account may grant on them; and this database,
 * where not everybody may connect to it.
 */
export const GRANTABLE = `
WITH schemas AS (SELECT oid, nspname FROM pg_catalog.pg_namespace
  WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema')
SELECT 'schema', s.nspname, '', CASE WHEN pg_catalog.has_schema_privilege(s.oid, 'USAGE WITH GRANT OPTION') THEN 'USAGE' END,
  NULL::pg_catalog.json, NULL::pg_catalog.json
  FROM schemas s
UNION ALL SELECT 'database', '', d.datname, 'CONNECT', NULL, NULL FROM pg_catalog.pg_database d
  WHERE d.datname = pg_catalog.current_database() AND pg_catalog.has_database_privilege(d.oid, 'CONNECT WITH GRANT OPTION')
    AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(COALESCE(d.datacl, pg_catalog.acldefault('d', d.datdba))) e
      WHERE e.grantee = 0 AND e.privilege_type = 'CONNECT')
UNION ALL SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END, s.nspname, c.relname, (
    SELECT pg_catalog.string_agg(p.privilege, ',') FROM pg_catalog.unnest(CASE WHEN c.relkind = 'S' THEN ARRAY['SELECT', 'USAGE']
      WHEN c.relkind = 'm' THEN ARRAY['SELECT'] ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) AS p(privilege)
    WHERE CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, p.privilege || ' WITH GRANT OPTION')
      ELSE pg_catalog.has_table_privilege(c.oid, p.privilege || ' WITH GRANT OPTION') END),
    ${columnsOf('>')}, ${columnsOf('<')}
  FROM schemas s JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
ORDER BY 1, 2, 3`;

/** A row of GRANTABLE. */
export const grantable = ([kind, schema, name, privileges, columns, system]: readonly (
  | string
  | null
)[]): GrantableObject => ({
  kind: kind === 'database' || kind === 'schema' || kind === 'sequence' ? kind : 'relation',
  schema: schema ?? '',
  name: name ?? '',
  privileges: (privileges ?? '').split(',').filter((privilege) => privilege !== ''),
  columns: names(columns),
  systemColumns: names(system),
});

function names(json: string | null | undefined): string[] {
  const list: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(list) ? list.map(String) : [];
}

/**
 * The statements that give a role what it may do with these objects: read them, and unless `readOnly` change their rows,
 * but for the columns that the fence withholds. Rows can be deleted all the same: that names no column.
 */
export function grantStatements(
  role: string,
  objects: readonly GrantableObject[],
  readOnly: boolean,
  fence: Fence = noFence,
): string[] {
  const to = ` TO ${sqlIdentifier(role)}`;
  return objects.flatMap((object) => {
    const { kind, schema, name, privileges } = object;
    if (kind === 'database') return [`GRANT CONNECT ON DATABASE ${sqlIdentifier(name)}${to}`];
    if (kind === 'schema')
      return privileges.length === 0 ? [] : [`GRANT USAGE ON SCHEMA ${sqlIdentifier(schema)}${to}`];
    const given = readOnly ? privileges.filter((privilege) => privilege === 'SELECT') : privileges;
    const rights = kind === 'relation' ? given.flatMap((privilege) => onColumns(privilege, object, fence)) : given;
    const on = `${kind === 'sequence' ? 'SEQUENCE' : 'TABLE'} ${sqlIdentifier(schema)}.${sqlIdentifier(name)}`;
    return rights.length === 0 ? [] : [`GRANT ${rights.join(', ')} ON ${on}${to}`];
  });
}

/** A privilege on a whole relation, or on the columns of it that are not withheld. */
function onColumns(privilege: string, object: GrantableObject, fence: Fence): string[] {
  const { schema, name, columns, systemColumns } = object;
  const open = columns.filter((column) => !fence.withholds(schema, name, column));
  const whole = open.length === columns.length && !fence.byColumn(schema, name);
  if (whole || privilege === 'DELETE') return [privilege];
  const granted = privilege === 'SELECT' ? [...open, ...systemColumns] : open;
  return open.length === 0 ? [] : [`${privilege} (${granted.map(sqlIdentifier).join(', ')})`];
}
