import { excessOf, widerThan } from './role-audit.ts';
import { GRANTABLE, grantable, grantStatements } from './role-grants.ts';
import { grantRolePrefix, type RoleMarker } from './role-marker.ts';
import { handOver, isSuperuser, keeperOf } from './role-removal.ts';
import type { RoleRequest } from './role-request.ts';
import { renewGrants, rolesLike } from './role-sql.ts';
import type { SideConnection } from './side-query.ts';

export interface GrantRolesOptions {
  readonly marker: RoleMarker;
  /** Told when grants were made anew, and once for each role that holds them in this process. Never rejects. */
  readonly granted: (connection: string, side: SideConnection) => Promise<void>;
  readonly log: (level: 'info' | 'warn', message: string, details?: Readonly<Record<string, unknown>>) => void;
}

/** The role that holds the grants of a request, as they have to be now. */
export interface Granted {
  readonly group: string;
  /** The server's time in two minutes. */
  readonly validUntil: string;
  readonly memberOf: readonly string[];
}

/**
 * The roles without log-in that hold the grants of sessions. Sessions of a connection share them, because granting on hundreds of
 * tables takes longer than a session should wait.
 */
export class GrantRoles {
  readonly #options: GrantRolesOptions;
  /** Grants of one role are renewed one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Roles with grants whose surroundings were looked at. */
  readonly #told = new Set<string>();

  constructor(options: GrantRolesOptions) {
    this.#options = options;
  }

  /** Name of the role with the grants of a request, as rules except whom it is for now. */
  nameFor({ connection, account, readOnly, schemas, excepted }: RoleRequest, exceptions = excepted()): string {
    const same = [connection, account.database, account.user, readOnly, schemas];
    return `${grantRolePrefix}${this.#options.marker.digest(exceptions.length === 0 ? same : [...same, exceptions])}`;
  }

  /** Makes the role for a request hold what it has to hold now. Rejects when its roles would give it too much. */
  grant(side: SideConnection, request: RoleRequest): Promise<Granted> {
    const { connection, readOnly, inScope } = request;
    const { log, granted } = this.#options;
    const excepted = request.excepted();
    const group = this.nameFor(request, excepted);
    return this.#inTurn(group, async (): Promise<Granted> => {
      const fence = await request.fence(side, excepted);
      const objects = (await side.query(GRANTABLE)).map(grantable).filter(({ schema }) => inScope(schema));
      const statements = grantStatements(group, objects, readOnly, fence);
      const [validUntil = ''] =
        (await side.query("SELECT (pg_catalog.now() + interval '2 minutes')::pg_catalog.text"))[0] ?? [];
      const changed = await this.#hold(side, group, request, statements);
      if (changed) {
        const closed = objects.filter(({ kind, privileges }) => kind !== 'schema' && privileges.length === 0).length;
        const short = closed === 0 ? '' : `; ${closed} cannot be granted by ${request.account.user}`;
        log('info', `granted ${statements.length} rights to ${group}${short}`, { connection });
      }
      if (changed || !this.#told.has(group)) await granted(connection, side);
      this.#told.add(group);
      const excess = await excessOf(side.query, [group, ...request.memberOf]);
      if (excess.length > 0) throw new Error(`its roles would give it too much: ${excess.join('; ')}`);
      const wider = await widerThan(side.query, request.memberOf, readOnly, inScope, fence);
      for (const [role, why] of wider) log('warn', `a session is no member of ${role}: ${why}`, { connection });
      return { group, validUntil: validUntil ?? '', memberOf: request.memberOf.filter((role) => !wider.has(role)) };
    });
  }

  /** Takes its grants from a role, unless sessions are members of it by the time that its turn comes. */
  abandon(side: SideConnection, group: string, request: RoleRequest, isUsed: () => boolean): Promise<unknown> {
    return this.#inTurn(group, async () => {
      if (!isUsed()) await this.#hold(side, group, request, []);
    });
  }

  /** Makes a role hold these grants and no others. False when it does already. */
  async #hold(
    side: SideConnection,
    group: string,
    { account, connection, readOnly }: RoleRequest,
    statements: readonly string[],
  ): Promise<boolean> {
    const { marker } = this.#options;
    const [row] = await side.query(rolesLike(group));
    const exists = row !== undefined;
    const holds = `Grants of the sessions of ${connection}${readOnly ? ' that only read' : ''}, ${marker.digest(statements)}`;
    const found = exists ? marker.read(group, row[1] ?? null) : null;
    if (exists && found === null) throw new Error(`there is a role ${group} that is not of this installation`);
    if (found === holds) return false;
    const superuser = await isSuperuser(side);
    const left = exists ? await handOver(side, group, keeperOf(marker, account), superuser) : { statements: [] };
    const state = { exists, isSuperuser: superuser, handOver: left.statements };
    await side.query(renewGrants(group, marker.comment(group, holds), statements, state));
    return true;
  }

  #inTurn<T>(group: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(group) ?? Promise.resolve()).then(work, work);
    this.#turns.set(group, turn);
    return turn;
  }
}
