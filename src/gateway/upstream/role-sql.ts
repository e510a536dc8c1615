import { sqlIdentifier, sqlLiteral } from '../wire/quote.ts';

export interface SessionRoleDefinition {
  readonly name: string;
  readonly comment: string;
  readonly verifier: string;
  /** A text of the server's own clock. Counts for log-ins only, and there is one. */
  readonly validUntil: string;
  readonly memberOf: readonly string[];
  /** Settings that its session begins with. */
  readonly settings: Readonly<Record<string, string>>;
  /** Names of settings that it begins with as the account does. */
  readonly inherited: readonly string[];
  /** Schemas that it searches; null for the server's default. */
  readonly searchPath: readonly string[] | null;
  /** PostgreSQL 16 and newer: its memberships give rights, but it cannot become the role with SET ROLE. */
  readonly withoutSet: boolean;
}

const withoutAttributes = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

/** Makes the login role of one session. Everything that a role may have is denied it by name. */
export function createRole(role: SessionRoleDefinition): string {
  const name = sqlIdentifier(role.name);
  return inTransaction([
    `CREATE ROLE ${name} LOGIN ${withoutAttributes} INHERIT CONNECTION LIMIT 1 PASSWORD ${sqlLiteral(role.verifier)} VALID UNTIL ${sqlLiteral(role.validUntil)}`,
    `COMMENT ON ROLE ${name} IS ${sqlLiteral(role.comment)}`,
    ...role.memberOf.map((group) => joinGroup(role.name, group, role.withoutSet)),
    ...role.inherited.map((setting) => `ALTER ROLE ${name} SET ${sqlIdentifier(setting)} FROM CURRENT`),
    ...(role.searchPath === null
      ? []
      : [`ALTER ROLE ${name} SET search_path = ${role.searchPath.map(sqlIdentifier).join(', ')}`]),
    ...Object.entries(role.settings).map(
      ([setting, value]) => `ALTER ROLE ${name} SET ${sqlIdentifier(setting)} = ${sqlLiteral(value)}`,
    ),
  ]);
}

const joinGroup = (role: string, group: string, withoutSet: boolean): string =>
  `GRANT ${sqlIdentifier(group)} TO ${sqlIdentifier(role)}${withoutSet ? ' WITH INHERIT TRUE, SET FALSE' : ''}`;

/** The role of a session gets the grants of another group, and no longer has those of the one before. Its session need not notice. */
export const changeGroup = (role: string, from: string, to: string, withoutSet: boolean): string =>
  inTransaction([`REVOKE ${sqlIdentifier(from)} FROM ${sqlIdentifier(role)}`, joinGroup(role, to, withoutSet)]);

/** No password logs in as the role any more. NOLOGIN would say it more plainly, and keep parallel workers of its session from starting. */
export const expireRole = (role: string): string => `ALTER ROLE ${sqlIdentifier(role)} VALID UNTIL '-infinity'`;

/** Makes a role that nobody logs in as. The account becomes a member of it, because only so may it act for it. */
export function createIdleRole(role: string, comment: string, isSuperuser: boolean): string[] {
  const name = sqlIdentifier(role);
  return [
    `CREATE ROLE ${name} NOLOGIN ${withoutAttributes}`,
    ...(isSuperuser ? [] : [takeOver(role)]),
    `COMMENT ON ROLE ${name} IS ${sqlLiteral(comment)}`,
  ];
}

/**
 * Makes a role that holds grants hold exactly these: everything is taken away first (DROP OWNED). That would drop what the
 * role owns, so `handOver` comes before: up to PostgreSQL 15 a session can become the role, and make something as it.
 */
export function renewGrants(
  role: string,
  comment: string,
  statements: readonly string[],
  {
    exists,
    isSuperuser,
    handOver,
  }: { readonly exists: boolean; readonly isSuperuser: boolean; readonly handOver: readonly string[] },
): string {
  const name = sqlIdentifier(role);
  return inTransaction([
    ...(exists ? (isSuperuser ? [] : [takeOver(role)]) : createIdleRole(role, comment, isSuperuser)),
    ...handOver,
    `DROP OWNED BY ${name}`,
    ...statements,
    `COMMENT ON ROLE ${name} IS ${sqlLiteral(comment)}`,
  ]);
}

/**
 * Names of the settings that the account has for itself (ALTER ROLE … SET), timeouts for instance. Only what any role may set,
 * nothing that says who or how the side connection is, and no custom settings: those hold secrets as often as not.
 */
export const SETTINGS_OF_ACCOUNT = `
SELECT DISTINCT g.name FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c(entry)
JOIN pg_catalog.pg_settings g ON g.name = pg_catalog.split_part(c.entry, '=', 1) AND g.context = 'user'
WHERE s.setrole = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER)
  AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
  AND g.name NOT IN ('role', 'session_authorization', 'search_path', 'application_name', 'client_encoding')
ORDER BY 1`;

/** The schemas that the account searches, so that `"$user"` goes on meaning the account's own. */
export const SCHEMAS_OF_ACCOUNT = 'SELECT pg_catalog.array_to_json(pg_catalog.current_schemas(false))';

/** The account becomes a member of a role. */
export const takeOver = (role: string): string => `GRANT ${sqlIdentifier(role)} TO CURRENT_USER`;

/** Roles whose names begin like ours, with their comments, and whether they can still log in or are logged in. */
export const rolesLike = (prefix: string): string =>
  `SELECT r.rolname, pg_catalog.shobj_description(r.oid, 'pg_authid'),
    r.rolvaliduntil > pg_catalog.now() OR EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.usename = r.rolname)
  FROM pg_catalog.pg_roles r WHERE pg_catalog.starts_with(r.rolname, ${sqlLiteral(prefix)})`;

/** A simple Query of several statements is one transaction by itself (manual, "Multiple Statements in a Simple Query"). */
export const inTransaction = (statements: readonly string[]): string => statements.join(';\n');
