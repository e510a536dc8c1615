import { randomBytes } from 'node:crypto';
import { messageOf } from '../../contract/index.ts';
import { UpstreamError } from './error.ts';
import { excessOf, widerThan } from './role-audit.ts';
import { type Fence, GRANTABLE, grantable, grantStatements } from './role-grants.ts';
import { grantRolePrefix, keeperRolePrefix, RoleMarker, sessionRolePrefix } from './role-marker.ts';
import { handOver, type Keeper, removeSessionRole } from './role-removal.ts';
import {
  changeGroup,
  createRole,
  expireRole,
  renewGrants,
  rolesLike,
  SCHEMAS_OF_ACCOUNT,
  SETTINGS_OF_ACCOUNT,
} from './role-sql.ts';
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
  readonly granted: (connection: string, side: SideConnection) => Promise<void>;
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
  /** Ids of the mask rules that do not hold for whom the session is for, sorted, by the settings of now. */
  readonly excepted: () => readonly string[];
  /** What its grants leave out, by the mask rules as they are now but for those, and the catalog that the connection sees. */
  readonly fence: (side: SideConnection, excepted: readonly string[]) => Promise<Fence>;
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

/** A role of a session that lives. */
interface LiveRole {
  readonly request: RoleRequest;
  /** The role with grants that it is a member of; null until it is made. */
  group: string | null;
  /** Resolves when it is moved to no other any more. */
  moved: Promise<void>;
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
  readonly #live = new Map<string, LiveRole>();
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
    const live: LiveRole = { request, group: null, moved: Promise.resolve() };
    this.#live.set(name, live);
    try {
      await this.#sweepOnce(side, account);
      const { group, validUntil, memberOf } = await this.#grants(side, request);
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
        withoutSet: keepsFromSet(side),
      };
      await side.query(createRole(definition));
      live.group = group;
      await this.#move(side, name, live); // settings may have changed meanwhile
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
   * since is out of their reach at once, and whom a rule excepts no longer leaves the grants of those whom it does. Never
   * rejects; what fails is tried again for a while, and logged.
   */
  async renew(connection: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#renewOnce(connection);
      } catch (error) {
        if (attempt === attempts) {
          const message = `the rights of live sessions are those from before the change: ${messageOf(error)}`;
          return this.#options.log('warn', message, { connection });
        }
        await pause(attempt);
      }
    }
  }

  /** As `renew`, where live sessions are to have other grants because rules except others than before. */
  async renewMoved(): Promise<void> {
    const moved = [...this.#live.values()].filter(
      (live) => live.group !== null && live.group !== this.#groupOf(live.request),
    );
    await Promise.all([...new Set(moved.map(({ request }) => request.connection))].map((name) => this.renew(name)));
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
        await pause(attempt);
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

  /** The role with the grants of a request, as rules except whom it is for now. */
  readonly #groupOf = (
    { connection, account, readOnly, schemas, excepted }: RoleRequest,
    exceptions = excepted(),
  ): string => {
    const same = [connection, account.database, account.user, readOnly, schemas];
    return `${grantRolePrefix}${this.#marker.digest(exceptions.length === 0 ? same : [...same, exceptions])}`;
  };

  readonly #atPlace = (): string => ` Gate ${this.#marker.digest(['place', this.#options.place])}.`;

  #grants(side: SideConnection, request: RoleRequest): Promise<Granted> {
    const { connection, readOnly, inScope } = request;
    const { log } = this.#options;
    const excepted = request.excepted();
    const group = this.#groupOf(request, excepted);
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
      if (changed || !this.#told.has(group)) await this.#options.granted(connection, side);
      this.#told.add(group);
      const excess = await excessOf(side.query, [group, ...request.memberOf]);
      if (excess.length > 0) throw new Error(`its roles would give it too much: ${excess.join('; ')}`);
      const wider = await widerThan(side.query, request.memberOf, readOnly, inScope, fence);
      for (const [role, why] of wider) log('warn', `a session is no member of ${role}: ${why}`, { connection });
      return { group, validUntil: validUntil ?? '', memberOf: request.memberOf.filter((role) => !wider.has(role)) };
    });
  }

  /** Makes a role hold these grants and no others. False when it does already. */
  async #hold(
    side: SideConnection,
    group: string,
    { account, connection, readOnly }: RoleRequest,
    statements: readonly string[],
  ): Promise<boolean> {
    const [row] = await side.query(rolesLike(group));
    const exists = row !== undefined;
    const holds = `Grants of the sessions of ${connection}${readOnly ? ' that only read' : ''}, ${this.#marker.digest(statements)}`;
    const found = exists ? this.#marker.read(group, row[1] ?? null) : null;
    if (exists && found === null) throw new Error(`there is a role ${group} that is not of this installation`);
    if (found === holds) return false;
    const superuser = await isSuperuser(side);
    const left = exists ? await handOver(side, group, this.#keeperOf(account), superuser) : { statements: [] };
    const state = { exists, isSuperuser: superuser, handOver: left.statements };
    await side.query(renewGrants(group, this.#marker.comment(group, holds), statements, state));
    return true;
  }

  async #renewOnce(connection: string): Promise<void> {
    const ofConnection = [...this.#live].filter(([, { request }]) => request.connection === connection);
    const accounts = new Map(ofConnection.map(([, { request }]) => [JSON.stringify(request.account), request.account]));
    for (const [key, account] of accounts) {
      const roles = ofConnection.filter(([, { request }]) => JSON.stringify(request.account) === key);
      const side = await this.#options.open(account);
      try {
        const requests = new Map(roles.map(([, { request }]) => [this.#groupOf(request), request]));
        for (const request of requests.values()) await this.#grants(side, request);
        for (const [name, live] of roles) await this.#move(side, name, live);
      } finally {
        side.close();
      }
    }
  }

  /** Makes the role of a session a member of the role with the grants that are its own now, and of no other such role. */
  #move(side: SideConnection, name: string, live: LiveRole): Promise<void> {
    const move = async (): Promise<void> => {
      while (live.group !== null && live.group !== this.#groupOf(live.request) && this.#live.get(name) === live) {
        const from = live.group;
        const { group: to } = await this.#grants(side, live.request);
        await side.query(changeGroup(name, from, to, keepsFromSet(side)));
        live.group = to;
        await this.#abandon(side, from, live.request);
      }
    };
    live.moved = live.moved.then(move, move);
    return live.moved;
  }

  /** Takes its grants from a role that no session is a member of any more. */
  #abandon(side: SideConnection, group: string, request: RoleRequest): Promise<unknown> {
    return this.#inTurn(group, async () => {
      const used = [...this.#live.values()].some((live) => group === (live.group ?? this.#groupOf(live.request)));
      if (!used) await this.#hold(side, group, request, []);
    });
  }

  #inTurn<T>(group: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(group) ?? Promise.resolve()).then(work, work);
    this.#turns.set(group, turn);
    return turn;
  }
}

/** For how long what failed rests before it is tried again, the longer the oftener it failed. */
const pause = (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 250 * 4 ** attempt).unref());

/** PostgreSQL 16 and newer can give a membership without the right to SET ROLE. */
const keepsFromSet = ({ upstream }: SideConnection): boolean =>
  Number.parseInt(upstream.parameters.get('server_version') ?? '', 10) >= 16;

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
