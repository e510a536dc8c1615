import { randomBytes } from 'node:crypto';
import { messageOf } from '../../contract/index.ts';
import { UpstreamError } from './error.ts';
import { GrantRoles } from './grant-roles.ts';
import { RoleMarker, sessionRolePrefix } from './role-marker.ts';
import { isSuperuser, keeperOf, removeSessionRole } from './role-removal.ts';
import type { RoleRequest } from './role-request.ts';
import { changeGroup, createRole, expireRole, rolesLike, SCHEMAS_OF_ACCOUNT, SETTINGS_OF_ACCOUNT } from './role-sql.ts';
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
  readonly #grantRoles: GrantRoles;
  /** Of this process; everything else of ours is left over from another. */
  readonly #live = new Map<string, LiveRole>();
  readonly #swept = new Set<string>();
  readonly #releasing = new Set<Promise<void>>();

  constructor(options: SessionRolesOptions) {
    this.#options = options;
    this.#marker = new RoleMarker(options.installationKey);
    this.#grantRoles = new GrantRoles({ ...options, marker: this.#marker });
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
      const { group, validUntil, memberOf } = await this.#grantRoles.grant(side, request);
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
      (live) => live.group !== null && live.group !== this.#grantRoles.nameFor(live.request),
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
    const keeper = keeperOf(this.#marker, account);
    const { kept } = await removeSessionRole(side, name, keeper, await isSuperuser(side));
    if (kept > 0)
      this.#options.log('info', `${keeper.name} owns ${kept} objects that a session made and left`, { role: name });
  }

  readonly #atPlace = (): string => ` Gate ${this.#marker.digest(['place', this.#options.place])}.`;

  async #renewOnce(connection: string): Promise<void> {
    const ofConnection = [...this.#live].filter(([, { request }]) => request.connection === connection);
    const accounts = new Map(ofConnection.map(([, { request }]) => [JSON.stringify(request.account), request.account]));
    for (const [key, account] of accounts) {
      const roles = ofConnection.filter(([, { request }]) => JSON.stringify(request.account) === key);
      const side = await this.#options.open(account);
      try {
        const requests = new Map(roles.map(([, { request }]) => [this.#grantRoles.nameFor(request), request]));
        for (const request of requests.values()) await this.#grantRoles.grant(side, request);
        for (const [name, live] of roles) await this.#move(side, name, live);
      } finally {
        side.close();
      }
    }
  }

  /** Makes the role of a session a member of the role with the grants that are its own now, and of no other such role. */
  #move(side: SideConnection, name: string, live: LiveRole): Promise<void> {
    const move = async (): Promise<void> => {
      while (
        live.group !== null &&
        live.group !== this.#grantRoles.nameFor(live.request) &&
        this.#live.get(name) === live
      ) {
        const from = live.group;
        const { group: to } = await this.#grantRoles.grant(side, live.request);
        await side.query(changeGroup(name, from, to, keepsFromSet(side)));
        live.group = to;
        await this.#grantRoles.abandon(side, from, live.request, () => this.#isUsed(from));
      }
    };
    live.moved = live.moved.then(move, move);
    return live.moved;
  }

  readonly #isUsed = (group: string): boolean =>
    [...this.#live.values()].some((live) => group === (live.group ?? this.#grantRoles.nameFor(live.request)));
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
