import { randomBytes } from 'node:crypto';
import { messageOf } from '../../contract/index.ts';
import { UpstreamError } from './error.ts';
import {
  createRole,
  endSessionsOf,
  GRANTABLE,
  type GrantableObject,
  grantRolePrefix,
  grantStatements,
  RoleMarker,
  removeRole,
  renewGrants,
  rolesLike,
  sessionRolePrefix,
  takeOver,
} from './role-sql.ts';
import { scramVerifier } from './scram-verifier.ts';
import type { SideConnection } from './side-query.ts';
import type { UpstreamTarget } from './types.ts';

export interface SessionRolesOptions {
  /** Secret of this installation. */
  readonly installationKey: Buffer;
  /** Opens a connection as the account that makes the roles. */
  readonly open: (target: UpstreamTarget) => Promise<SideConnection>;
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
  /** Roles that it becomes a member of, besides. */
  readonly memberOf: readonly string[];
  /** Settings that its session begins with. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A role that exists for one session. */
export interface SessionRole {
  readonly name: string;
  /** Where to log in as it, once, within two minutes. */
  readonly target: UpstreamTarget;
  /** Removes it. Resolves when it is gone, or when that failed and was logged; it is swept later then. Never rejects. */
  release(): Promise<void>;
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
  readonly #live = new Set<string>();
  readonly #swept = new Set<string>();
  /** Grants of one role are renewed one after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #releasing = new Set<Promise<void>>();

  constructor(options: SessionRolesOptions) {
    this.#options = options;
    this.#marker = new RoleMarker(options.installationKey);
  }

  /** Rejects with UpstreamError; nothing is left behind then. */
  async create(request: RoleRequest): Promise<SessionRole> {
    const { account, agent } = request;
    const name = `${sessionRolePrefix}${readable(agent)}_${randomBytes(8).toString('hex')}`;
    const password = randomBytes(32).toString('base64url');
    const side = await this.#options.open(account);
    this.#live.add(name);
    try {
      await this.#sweepOnce(side, account);
      const { group, validUntil } = await this.#grants(side, request);
      const major = Number.parseInt(side.upstream.parameters.get('server_version') ?? '', 10);
      const definition = {
        name,
        comment: this.#marker.comment(
          name,
          `Role of one session of ${agent}. Postern removes it when the session ends.`,
        ),
        verifier: await scramVerifier(password),
        validUntil,
        memberOf: [group, ...request.memberOf],
        settings: { ...(request.readOnly && { default_transaction_read_only: 'on' }), ...request.settings },
        withoutSet: major >= 16,
      };
      await side.query(createRole(definition));
      return {
        name,
        target: { ...withoutCertificate(account), user: name, password },
        release: () => this.#release(name, account),
      };
    } catch (error) {
      this.#live.delete(name);
      throw refusedBy(error, account);
    } finally {
      side.close();
    }
  }

  /** Removes what a crash left behind in this database. Rejects with UpstreamError. */
  async sweep(account: UpstreamTarget): Promise<void> {
    const side = await this.#options.open(account);
    try {
      await this.#sweepOnce(side, account);
    } finally {
      side.close();
    }
  }

  /** Resolves when no role is being removed any more. */
  async settled(): Promise<void> {
    while (this.#releasing.size > 0) await Promise.all(this.#releasing);
  }

  async #sweepOnce(side: SideConnection, account: UpstreamTarget): Promise<void> {
    const where = JSON.stringify([account.host, account.port, account.database]);
    if (this.#swept.has(where)) return;
    this.#swept.add(where);
    for (const [name = null, comment = null] of await side.query(rolesLike(sessionRolePrefix))) {
      if (name === null || this.#live.has(name) || this.#marker.read(name, comment) === null) continue;
      await this.#remove(side, name).then(
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
        await this.#remove(side, name).finally(() => side.close());
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

  async #remove(side: SideConnection, name: string): Promise<void> {
    const superuser = await isSuperuser(side);
    if (!superuser) await side.query(takeOver(name));
    await side.query(endSessionsOf(name));
    await side.query(removeRole(name));
  }

  /** The role that holds the grants, as they have to be now, and the server's time in two minutes. */
  #grants(side: SideConnection, request: RoleRequest): Promise<{ group: string; validUntil: string }> {
    const { account, connection, readOnly, schemas } = request;
    const group = `${grantRolePrefix}${this.#marker.digest([connection, account.database, account.user, readOnly, schemas])}`;
    const renew = async () => {
      const objects = (await side.query(GRANTABLE)).map(grantable).filter(({ schema }) => request.inScope(schema));
      const statements = grantStatements(group, objects, readOnly);
      const [row] = await side.query(rolesLike(group));
      const [validUntil = ''] =
        (await side.query("SELECT (pg_catalog.now() + interval '2 minutes')::pg_catalog.text"))[0] ?? [];
      const holds = `Grants of the sessions of ${connection}${readOnly ? ' that only read' : ''}, ${this.#marker.digest(statements)}`;
      const found = row === undefined ? null : this.#marker.read(group, row[1] ?? null);
      if (row !== undefined && found === null)
        throw new Error(`there is a role ${group} that is not of this installation`);
      if (found !== holds) {
        const state = { exists: row !== undefined, isSuperuser: await isSuperuser(side) };
        await side.query(renewGrants(group, this.#marker.comment(group, holds), statements, state));
        const closed = objects.filter(({ kind, privileges }) => kind !== 'schema' && privileges.length === 0).length;
        const left = closed === 0 ? '' : `; ${closed} cannot be granted by ${account.user}`;
        this.#options.log('info', `granted ${statements.length} rights to ${group}${left}`, { connection });
      }
      return { group, validUntil: validUntil ?? '' };
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

const grantable = ([kind, schema, name, privileges]: readonly (string | null)[]): GrantableObject => ({
  kind: kind as GrantableObject['kind'],
  schema: schema ?? '',
  name: name ?? '',
  privileges: (privileges ?? '').split(',').filter((privilege) => privilege !== ''),
});

async function isSuperuser(side: SideConnection): Promise<boolean> {
  const [row] = await side.query('SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER');
  return row?.[0] === 't';
}

/** The account's certificate proves the account; the role has a password. */
const withoutCertificate = ({ clientCertificate: _, ...target }: UpstreamTarget): UpstreamTarget => target;

function refusedBy(error: unknown, { user }: UpstreamTarget): unknown {
  if (error instanceof UpstreamError && error.fields === null) return error;
  return new UpstreamError('role_refused', {
    message: `no role could be made for this session by ${user}: ${messageOf(error)}`,
    hint: 'The account of the connection needs CREATEROLE, and the grant option on what sessions are to use; or set "sessionRole" to "configured".',
  });
}
