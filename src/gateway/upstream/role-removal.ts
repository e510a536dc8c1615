import { sqlIdentifier, sqlLiteral } from '../wire/quote.ts';
import { keeperRolePrefix, type RoleMarker } from './role-marker.ts';
import { createIdleRole, inTransaction, takeOver } from './role-sql.ts';
import type { SideConnection } from './side-query.ts';
import type { UpstreamTarget } from './types.ts';

/** A role that owns what sessions made and left, and may do nothing itself. */
export interface Keeper {
  readonly name: string;
  readonly comment: string;
}

/** The keeper of a database and account. */
export function keeperOf(marker: RoleMarker, { database, user }: Pick<UpstreamTarget, 'database' | 'user'>): Keeper {
  const name = `${keeperRolePrefix}${marker.digest(['keeper', database, user])}`;
  const about = `Owns what sessions made in ${database} and left. It may do nothing itself; give the objects the owner that they are to have.`;
  return { name, comment: marker.comment(name, about) };
}

/** What became of a role's belongings. */
export interface Removal {
  /** Objects that the keeper owns now. */
  readonly kept: number;
}

/**
 * Removes the role of a session for good: nobody can log in as it any more, what runs as it ends, its prepared transactions
 * are rolled back, and what it owns goes to the keeper. Not to the account: a view or a SECURITY DEFINER function acts with
 * its owner's rights, so the account's would be handed to whoever may use what an agent left behind. A role that is gone
 * already counts as removed. Rejects with UpstreamError; the role cannot log in any more then, and the removal can be repeated.
 */
export async function removeSessionRole(
  side: SideConnection,
  role: string,
  keeper: Keeper,
  isSuperuser: boolean,
): Promise<Removal> {
  const name = sqlIdentifier(role);
  const text = sqlLiteral(role);
  const [found] = await side.query(`SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${text}`);
  if (found === undefined) return { kept: 0 };
  // Each by itself: the rights have to be committed before what they are for, and the end of log-ins before the end of sessions.
  await side.query(`ALTER ROLE ${name} NOLOGIN PASSWORD NULL`);
  if (!isSuperuser) await side.query(takeOver(role));
  await side.query(
    `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = ${text}`,
  );
  await rollBackPrepared(side, role);
  const { kept, statements } = await handOver(side, role, keeper, isSuperuser);
  await side.query(
    inTransaction(["SET LOCAL lock_timeout = '3s'", ...statements, `DROP OWNED BY ${name}`, `DROP ROLE ${name}`]),
  );
  return { kept };
}

/**
 * The statements that make the keeper the owner of whatever a role owns in this database; none where it owns nothing. The
 * account has to be a member of the role.
 */
export async function handOver(
  side: SideConnection,
  role: string,
  keeper: Keeper,
  isSuperuser: boolean,
): Promise<{ readonly kept: number; readonly statements: readonly string[] }> {
  const [owned] = await side.query(ownedBy(role));
  const kept = Number(owned?.[0] ?? 0);
  if (kept === 0) return { kept, statements: [] };
  const [exists] = await side.query(`SELECT FROM pg_catalog.pg_roles WHERE rolname = ${sqlLiteral(keeper.name)}`);
  const schemas: unknown = JSON.parse(owned?.[1] ?? '[]');
  // REASSIGN OWNED asks of anybody but a superuser that the new owner may create in the schema: for as long as that takes.
  const places = isSuperuser || !Array.isArray(schemas) ? [] : schemas.map((schema) => sqlIdentifier(String(schema)));
  const name = sqlIdentifier(keeper.name);
  return {
    kept,
    statements: [
      ...(exists === undefined ? createIdleRole(keeper.name, keeper.comment, isSuperuser) : []),
      ...places.map((schema) => `GRANT CREATE ON SCHEMA ${schema} TO ${name}`),
      `REASSIGN OWNED BY ${sqlIdentifier(role)} TO ${name}`,
      ...places.map((schema) => `REVOKE CREATE ON SCHEMA ${schema} FROM ${name}`),
    ],
  };
}

/** How many objects a role owns in this database, temporary ones apart, and the schemas that they are in. */
const ownedBy = (role: string): string => `
WITH owned AS (SELECT d.classid, d.objid FROM pg_catalog.pg_shdepend d
  WHERE d.deptype = 'o' AND d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
    AND d.refobjid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${sqlLiteral(role)})
    AND d.dbid IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))),
places AS (SELECT (SELECT n.nspname FROM pg_catalog.pg_identify_object(o.classid, o.objid, 0) i
    JOIN pg_catalog.pg_namespace n ON n.nspname = i.schema) AS schema FROM owned o)
SELECT pg_catalog.count(*), pg_catalog.json_agg(DISTINCT schema) FILTER (WHERE schema IS NOT NULL)
FROM places WHERE schema IS NULL OR schema NOT LIKE 'pg\\_temp%'`;

/** They would keep their locks, and their objects an owner that is no more. */
async function rollBackPrepared(side: SideConnection, role: string): Promise<void> {
  const transactions = await side.query(
    `SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE owner = ${sqlLiteral(role)} AND database = pg_catalog.current_database()`,
  );
  if (transactions.length === 0) return;
  await side.query(`SET ROLE ${sqlIdentifier(role)}`);
  for (const [gid] of transactions) await side.query(`ROLLBACK PREPARED ${sqlLiteral(gid ?? '')}`);
  await side.query('RESET ROLE');
}

/** Whether a connection's account may do anything. */
export async function isSuperuser(side: SideConnection): Promise<boolean> {
  const [row] = await side.query('SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER');
  return row?.[0] === 't';
}
