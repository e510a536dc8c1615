import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { sqlIdentifier, sqlLiteral } from '../wire/quote.ts';

/** Names of roles of one session begin so, and those of the roles that hold what they are granted. */
export const sessionRolePrefix = 'postern_s_';
export const grantRolePrefix = 'postern_g_';

/** Knows the roles of this installation by what stands in their comments. */
export class RoleMarker {
  readonly #key: Buffer;

  /** `installationKey` is secret: whoever does not have it can make no role that we would drop. */
  constructor(installationKey: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', installationKey, '', 'postern: marks of roles', 32));
  }

  /** The comment of a role of ours; `about` is for whoever reads it, and for us later. */
  comment(role: string, about: string): string {
    return `${about} [postern ${this.#mac(role)}]`;
  }

  /** What a comment says about a role of ours; null when the role is not. */
  read(role: string, comment: string | null): string | null {
    const found = /^(.*) \[postern ([\w-]{43})\]$/s.exec(comment ?? '');
    if (found === null) return null;
    const [, about = '', mac = ''] = found;
    return timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(role))) ? about : null;
  }

  /** Sixteen hex digits that nobody else would choose for the same thing. */
  digest(thing: unknown): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(thing)).digest('hex').slice(0, 16);
  }

  #mac(role: string): string {
    return createHmac('sha256', this.#key).update(role).digest('base64url');
  }
}

/** An object as the account sees it: what it could grant on it. */
export interface GrantableObject {
  readonly kind: 'schema' | 'relation' | 'sequence';
  readonly schema: string;
  readonly name: string;
  /** Privileges that the account may hand on. */
  readonly privileges: readonly string[];
}

/** Schemas of users, their relations and sequences, with what the account may grant; then the server's time in two minutes. */
export const GRANTABLE = `
WITH schemas AS (SELECT oid, nspname FROM pg_catalog.pg_namespace
  WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema')
SELECT 'schema', s.nspname, '', CASE WHEN pg_catalog.has_schema_privilege(s.oid, 'USAGE WITH GRANT OPTION') THEN 'USAGE' END
  FROM schemas s
UNION ALL SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END, s.nspname, c.relname, (
    SELECT pg_catalog.string_agg(p.privilege, ',') FROM pg_catalog.unnest(CASE WHEN c.relkind = 'S' THEN ARRAY['SELECT', 'USAGE']
      WHEN c.relkind = 'm' THEN ARRAY['SELECT'] ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END) AS p(privilege)
    WHERE CASE WHEN c.relkind = 'S' THEN pg_catalog.has_sequence_privilege(c.oid, p.privilege || ' WITH GRANT OPTION')
      ELSE pg_catalog.has_table_privilege(c.oid, p.privilege || ' WITH GRANT OPTION') END)
  FROM schemas s JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
ORDER BY 1, 2, 3`;

/** The statements that give a role what it may do with these objects: read them, and unless `readOnly` change their rows. */
export function grantStatements(role: string, objects: readonly GrantableObject[], readOnly: boolean): string[] {
  const to = ` TO ${sqlIdentifier(role)}`;
  return objects.flatMap(({ kind, schema, name, privileges }) => {
    if (kind === 'schema')
      return privileges.length === 0 ? [] : [`GRANT USAGE ON SCHEMA ${sqlIdentifier(schema)}${to}`];
    const given = readOnly ? privileges.filter((privilege) => privilege === 'SELECT') : privileges;
    const object = `${kind === 'sequence' ? 'SEQUENCE' : 'TABLE'} ${sqlIdentifier(schema)}.${sqlIdentifier(name)}`;
    return given.length === 0 ? [] : [`GRANT ${given.join(', ')} ON ${object}${to}`];
  });
}

export interface SessionRoleDefinition {
  readonly name: string;
  readonly comment: string;
  readonly verifier: string;
  /** A text of the server's own clock. Counts for log-ins only, and there is one. */
  readonly validUntil: string;
  readonly memberOf: readonly string[];
  /** Settings that its session begins with. */
  readonly settings: Readonly<Record<string, string>>;
  /** PostgreSQL 16 and newer: its memberships give rights, but it cannot become the role with SET ROLE. */
  readonly withoutSet: boolean;
}

/** Makes the login role of one session. Everything that a role may have is denied it by name. */
export function createRole(role: SessionRoleDefinition): string {
  const name = sqlIdentifier(role.name);
  const attributes = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT CONNECTION LIMIT 1';
  return inTransaction([
    `CREATE ROLE ${name} ${attributes} PASSWORD ${sqlLiteral(role.verifier)} VALID UNTIL ${sqlLiteral(role.validUntil)}`,
    `COMMENT ON ROLE ${name} IS ${sqlLiteral(role.comment)}`,
    ...role.memberOf.map(
      (group) => `GRANT ${sqlIdentifier(group)} TO ${name}${role.withoutSet ? ' WITH INHERIT TRUE, SET FALSE' : ''}`,
    ),
    ...Object.entries(role.settings).map(
      ([setting, value]) => `ALTER ROLE ${name} SET ${sqlIdentifier(setting)} = ${sqlLiteral(value)}`,
    ),
  ]);
}

/**
 * Makes a role that holds grants hold exactly these. The account becomes a member of it, because only so may it take
 * everything away first (DROP OWNED).
 */
export function renewGrants(
  role: string,
  comment: string,
  statements: readonly string[],
  { exists, isSuperuser }: { readonly exists: boolean; readonly isSuperuser: boolean },
): string {
  const name = sqlIdentifier(role);
  return inTransaction([
    ...(exists ? [] : [`CREATE ROLE ${name} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS`]),
    ...(isSuperuser ? [] : [`GRANT ${name} TO CURRENT_USER`]),
    `DROP OWNED BY ${name}`,
    ...statements,
    `COMMENT ON ROLE ${name} IS ${sqlLiteral(comment)}`,
  ]);
}

/** Ends what still runs as the role. Apart from the removal: the rights for it have to be committed first. */
export const takeOver = (role: string): string => `GRANT ${sqlIdentifier(role)} TO CURRENT_USER`;

export const endSessionsOf = (role: string): string =>
  `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = ${sqlLiteral(role)}`;

/** Removes the role of a session; what it made belongs to the account from then on. */
export function removeRole(role: string): string {
  const name = sqlIdentifier(role);
  return inTransaction([
    "SET LOCAL lock_timeout = '3s'",
    `REASSIGN OWNED BY ${name} TO CURRENT_USER`,
    `DROP OWNED BY ${name}`,
    `DROP ROLE ${name}`,
  ]);
}

/** Roles whose names begin like ours, with their comments. */
export const rolesLike = (prefix: string): string =>
  `SELECT rolname, pg_catalog.shobj_description(oid, 'pg_authid') FROM pg_catalog.pg_roles
  WHERE pg_catalog.starts_with(rolname, ${sqlLiteral(prefix)})`;

/** A simple Query of several statements is one transaction by itself (manual, "Multiple Statements in a Simple Query"). */
const inTransaction = (statements: readonly string[]): string => statements.join(';\n');
