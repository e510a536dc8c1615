import { randomBytes } from 'node:crypto';
import { messageOf } from '../../contract/index.ts';
import { UpstreamError } from './error.ts';
import { excessOf, widerThan } from './role-audit.ts';
import { type Fence, GRANTABLE, grantable, grantStatements } from './role-grants.ts';
import { grantRolePrefix, keeperRolePrefix, RoleMarker, sessionRolePrefix } from './role-marker.ts';
import { handOver, type Keeper, removeSessionRole } from './role-removal.ts';
import { createRole, expireRole, renewGrants, rolesLike, SCHEMAS_OF_ACCOUNT, SETTINGS_OF_ACCOUNT } from './role-sql.ts';
import { scramVerifier } from './scram-verifier.ts';
import type { SideConnection } from './side-query.ts';
import type { UpstreamTarget } from './types.ts';

export interface SessionRolesOptions {
  /** Secret of this installation. */
  readonly installationKey: Buffer;
  /** Tells this installation from a copy of it, key included: the machine and the folder, for instance. */
  readonly place: string;
  /** Opens a connection as the account that makes the roles. */
  readonly open: (target: UpstreamTarget) => Promise<SideConnection>;
  /** Told when grants were made anew, and once for each role that holds them in this process. Never rejects. */
  readonly granted: (connection: string, side: SideConnection, fence: Fence) => Promise<void>;
  readonly log: (level: 'info' | 'warn', message: string, details?: Readonly<Record<string, unknown>>) => void;
}

export interface RoleRequest {
  /** The account of the connection, and the database that the session is for. */
  readonly account: UpstreamTarget;
  readonly connection: string;
  /** For whoever reads the name in the server's log. */
  readonly agent: string;
  readonly readOnly: boolean;
  /** Schemas that the role may use, as patterns, and what they mean. */
  readonly schemas: readonly string[];
  readonly inScope: (schema: string) => boolean;
  /** What its grants leave out, by the mask rules as they are now and the catalog that the connection sees. */
  readonly fence: (side: SideConnection) => Promise<Fence>;
  /** Roles that it becomes a member of, besides, where they give it no more than it is to have. */
  readonly memberOf: readonly string[];
  /** Settings that its session begins with. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A role that exists for one session. */
export interface SessionRole {
  readonly name: string;
  /** Where to log in as it, once, within two minutes. */
  readonly target: UpstreamTarget;
  /**
   * To be called once the session is logged in, and before it may do anything: from then on no password logs in as the role. It
   * could give itself one (ALTER ROLE … PASSWORD), and come past the gate with it. Rejects with UpstreamError.
   */
  expire(): Promise<void>;
  /** Removes it. Resolves when it is gone, or when that failed and was logged; it is swept later then. Never rejects. */
  release(): Promise<void>;
}

/** The role that holds the grants of a request, as they have to be now. */
interface Granted {
  readonly group: string;
  /** The server's time in two minutes. */
  readonly validUntil: string;
  readonly memberOf: readonly string[];
}

const attempts = 4;
const agentPart = 24;

/**
 * Makes and removes the login roles of single sessions. What a role may do hangs on a role without log-in that the sessions
 * of a connection share, because granting on hundreds of tables takes longer than a session should wait. Roles that a crash
 * left behind are removed before the next session of their database.
 */
export class SessionRoles {
  readonly #options: SessionRolesOptions;
  readonly #marker: RoleMarker;
  /** Of this process; everything else of ours is left over from another. */
  readonly #live = new Map<string, RoleRequest>();
  readonly #swept = new Set<string>();
  /** Grants of one role are renewed one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #releasing = new Set<Promise<void>>();
  /** Roles with grants whose surroundings were looked at. */
  readonly #told = new Set<string>();

  constructor(options: SessionRolesOptions) {
    this.#options = options;
    this.#marker = new RoleMarker(options.installationKey);
  }

  /** Rejects with UpstreamError; nothing is left behind then, or it is swept before the next session. */
  async create(request: RoleRequest): Promise<SessionRole> {
    const { account, agent } = request;
    const name = `${sessionRolePrefix}${readable(agent)}_${randomBytes(8).toString('hex')}`;
    const password = randomBytes(32).toString('base64url');
    const side = await this.#options.open(account);
    this.#live.set(name, request);
    try {
      await this.#sweepOnce(side, account);
      const { group, validUntil, memberOf } = await this.#grants(side, request);
      const major = Number.parseInt(side.upstream.parameters.get('server_version') ?? '', 10);
      const definition = {
        name,
        comment: this.#marker.comment(
          name,
          `Role of one session of ${agent}. Postern removes it when the session ends.${this.#atPlace()}`,
        ),
        verifier: await scramVerifier(password),
        validUntil,
        memberOf: [group, ...memberOf],
        ...(await beginningOf(side)),
        settings: { ...(request.readOnly && { default_transaction_read_only: 'on' }), ...request.settings },
        withoutSet: major >= 16,
      };
      await side.query(createRole(definition));
      return {
        name,
        target: { ...withoutCertificate(account), user: name, password },
        expire: () =>
          side
            .query(expireRole(name))
            .then(() => side.close())
            .catch((error: unknown) => {
              throw refusedBy(error, account);
            }),
        release: () => {
          side.close();
          return this.#release(name, account);
        },
      };
    } catch (error) {
      side.close();
      this.#live.delete(name);
      // The server may have made it although nobody told us.
      if (!isRefusal(error)) this.#swept.delete(whereOf(account));
      throw refusedBy(error, account);
    }
  }

  /**
   * Renews the grants of the sessions that live on a connection, because its mask rules are others now: what was withheld
   * since is out of their reach at once. Never rejects; a failure is logged, and the next session tries again.
   */
  async renew(connection: string): Promise<void> {
    const requests = new Map<string, RoleRequest>();
    for (const request of this.#live.values()) {
      if (request.connection === connection) requests.set(this.#groupOf(request), request);
    }
    for (const [group, request] of requests) {
      try {
        const side = await this.#options.open(request.account);
        await this.#grants(side, request).finally(() => side.close());
      } catch (error) {
        const message = `the rights of live sessions are those from before the change: ${messageOf(error)}`;
        this.#options.log('warn', message, { connection, role: group });
      }
    }
  }

  /** Resolves when no role is being removed any more. */
  async settled(): Promise<void> {
    while (this.#releasing.size > 0) await Promise.all(this.#releasing);
  }

  async #sweepOnce(side: SideConnection, account: UpstreamTarget): Promise<void> {
    const where = whereOf(account);
    if (this.#swept.has(where)) return;
    this.#swept.add(where);
    for (const [name = null, comment = null, inUse] of await side.query(rolesLike(sessionRolePrefix))) {
      if (name === null || this.#live.has(name)) continue;
      const about = this.#marker.read(name, comment);
      if (about === null) continue;
      // A copy of this installation elsewhere has the same key; its sessions are not ours to end.
      if (!about.endsWith(this.#atPlace()) && inUse === 't') continue;
      await this.#remove(side, name, account).then(
        () => this.#options.log('info', 'removed a role that was left behind', { role: name }),
        (error: unknown) => {
          this.#swept.delete(where);
          this.#options.log('warn', `a role that was left behind stays: ${messageOf(error)}`, { role: name });
        },
      );
    }
  }

  #release(name: string, account: UpstreamTarget): Promise<void> {
    const releasing = this.#removeAtLast(name, account).finally(() => {
      this.#live.delete(name);
      this.#releasing.delete(releasing);
    });
    this.#releasing.add(releasing);
    return releasing;
  }

  async #removeAtLast(name: string, account: UpstreamTarget): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const side = await this.#options.open(account);
        await this.#remove(side, name, account).finally(() => side.close());
        return;
      } catch (error) {
        if (attempt === attempts) {
          this.#swept.clear(); // the next session of the database tries again
          return this.#options.log('warn', `the role of a session stays: ${messageOf(error)}`, { role: name });
        }
        await new Promise((resolve) => setTimeout(resolve, 250 * 4 ** attempt).unref());
      }
    }
  }

  async #remove(side: SideConnection, name: string, account: UpstreamTarget): Promise<void> {
    const keeper = this.#keeperOf(account);
    const { kept } = await removeSessionRole(side, name, keeper, await isSuperuser(side));
    if (kept > 0)
      this.#options.log('info', `${keeper.name} owns ${kept} objects that a session made and left`, { role: name });
  }

  #keeperOf({ database, user }: UpstreamTarget): Keeper {
    const name = `${keeperRolePrefix}${this.#marker.digest(['keeper', database, user])}`;
    const about = `Owns what sessions made in ${database} and left. It may do nothing itself; give the objects the owner that they are to have.`;
    return { name, comment: this.#marker.comment(name, about) };
  }

  readonly #groupOf = ({ connection, account, readOnly, schemas }: RoleRequest): string =>
    `${grantRolePrefix}${this.#marker.digest([connection, account.database, account.user, readOnly, schemas])}`;

  readonly #atPlace = (): string => ` Gate ${this.#marker.digest(['place', this.#options.place])}.`;

  #grants(side: SideConnection, request: RoleRequest): Promise<Granted> {
    const { account, connection, readOnly, inScope } = request;
    const { log } = this.#options;
    const group = this.#groupOf(request);
    const renew = async (): Promise<Granted> => {
      const fence = await request.fence(side);
      const objects = (await side.query(GRANTABLE)).map(grantable).filter(({ schema }) => inScope(schema));
      const statements = grantStatements(group, objects, readOnly, fence);
      const [row] = await side.query(rolesLike(group));
      const [validUntil = ''] =
        (await side.query("SELECT (pg_catalog.now() + interval '2 minutes')::pg_catalog.text"))[0] ?? [];
      const holds = `Grants of the sessions of ${connection}${readOnly ? ' that only read' : ''}, ${this.#marker.digest(statements)}`;
      const found = row === undefined ? null : this.#marker.read(group, row[1] ?? null);
      if (row !== undefined && found === null)
        throw new Error(`there is a role ${group} that is not of this installation`);
      if (found !== holds) {
        const superuser = await isSuperuser(side);
        const exists = row !== undefined;
        const left = exists
          ? await handOver(side, group, this.#keeperOf(account), superuser)
          : { kept: 0, statements: [] };
        const state = { exists, isSuperuser: superuser, handOver: left.statements };
        await side.query(renewGrants(group, this.#marker.comment(group, holds), statements, state));
        const closed = objects.filter(({ kind, privileges }) => kind !== 'schema' && privileges.length === 0).length;
        const short = closed === 0 ? '' : `; ${closed} cannot be granted by ${account.user}`;
        log('info', `granted ${statements.length} rights to ${group}${short}`, { connection });
      }
      if (found !== holds || !this.#told.has(group)) await this.#options.granted(connection, side, fence);
      this.#told.add(group);
      const excess = await excessOf(side.query, [group, ...request.memberOf]);
      if (excess.length > 0) throw new Error(`its roles would give it too much: ${excess.join('; ')}`);
      const wider = await widerThan(side.query, request.memberOf, readOnly, inScope, fence);
      for (const [role, why] of wider) log('warn', `a session is no member of ${role}: ${why}`, { connection });
      return { group, validUntil: validUntil ?? '', memberOf: request.memberOf.filter((role) => !wider.has(role)) };
    };
    const turn = (this.#turns.get(group) ?? Promise.resolve()).then(renew, renew);
    this.#turns.set(group, turn);
    return turn;
  }
}

/** What of an agent's name may stand in a role's name, where people read it. */
const readable = (agent: string): string =>
  agent
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '')
    .slice(0, agentPart) || 'agent';

/** What a session of the account begins with, that one of a role made by it would miss. */
async function beginningOf(
  side: SideConnection,
): Promise<{ readonly inherited: readonly string[]; readonly searchPath: readonly string[] | null }> {
  const inherited = (await side.query(SETTINGS_OF_ACCOUNT)).map(([name]) => name ?? '');
  const [row] = await side.query(SCHEMAS_OF_ACCOUNT);
  const found: unknown = JSON.parse(row?.[0] ?? '[]');
  const schemas = Array.isArray(found) ? found.map(String) : [];
  return { inherited, searchPath: schemas.length === 0 || schemas.join() === 'public' ? null : schemas };
}

async function isSuperuser(side: SideConnection): Promise<boolean> {
  const [row] = await side.query('SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER');
  return row?.[0] === 't';
}

const whereOf = ({ host, port, database }: UpstreamTarget): string => JSON.stringify([host, port, database]);

/** The account's certificate proves the account; the role has a password. */
const withoutCertificate = ({ clientCertificate: _, ...target }: UpstreamTarget): UpstreamTarget => target;

/** True when the server itself said no, so that nothing was made. */
const isRefusal = (error: unknown): boolean => !(error instanceof UpstreamError) || error.fields !== null;

function refusedBy(error: unknown, { user }: UpstreamTarget): unknown {
  if (!isRefusal(error)) return error;
  return new UpstreamError('role_refused', {
    message: `no role could be made for this session by ${user}: ${messageOf(error)}`,
    hint: 'The account of the connection needs CREATEROLE, and the grant option on what sessions are to use; or set "sessionRole" to "configured".',
  });
}
