import { type ConnectionConfig, type FenceFinding, messageOf } from '../contract/index.ts';
import { Fences, type FencesOptions, isFenced } from './fences.ts';
import type { Identity, Rights } from './identity/types.ts';
import { exceptedRules } from './masking/exceptions.ts';
import { matcherOf } from './policy/own/patterns.ts';
import type { Problems } from './problems.ts';
import type { GatewayOptions } from './types.ts';
import { auditPublic } from './upstream/role-audit.ts';
import { noFence } from './upstream/role-grants.ts';
import type { RoleRequest } from './upstream/role-request.ts';
import type { SideConnection } from './upstream/side-query.ts';
import type { UpstreamTarget } from './upstream/types.ts';

export interface RoleRequestsOptions {
  /** A connection as it is configured now; null once it was removed. */
  readonly config: (name: string) => ConnectionConfig | null;
  /** Groups of an identity on a connection, by the settings of now. */
  readonly groups: (identity: Identity, connection: string) => readonly string[];
  /** What is masked besides the columns that rules name. */
  readonly masked: FencesOptions;
  readonly problems: Pick<Problems, 'raise' | 'solve'>;
  readonly log: GatewayOptions['log'];
}

/** Says what role a session is to have, and tells the operator what no role of ours can be kept from. */
export class RoleRequests {
  readonly #options: RoleRequestsOptions;
  readonly #fences: Fences;

  constructor(options: RoleRequestsOptions) {
    this.#options = options;
    this.#fences = new Fences(options.masked);
  }

  /** The role that a session of this identity gets on a connection, within its scope; null for that of the account. */
  of(config: ConnectionConfig, identity: Identity, account: UpstreamTarget, { scope }: Rights): RoleRequest | null {
    const { agent, subject } = identity;
    const { name: connection, policy, sessionRole } = config;
    if (sessionRole.kind !== 'just_in_time') return null;
    const { schemas, memberOf, statementTimeoutSeconds, lockTimeoutSeconds } = sessionRole;
    const [configured, scoped] = [matcherOf(schemas), matcherOf(scope?.schemas ?? ['*'])];
    const current = (): ConnectionConfig => this.#options.config(connection) ?? config;
    return {
      ...{ account, connection, agent, memberOf },
      readOnly: policy === 'read-only' || scope?.readOnly === true,
      schemas: [...schemas, '/', ...(scope?.schemas ?? [])],
      inScope: (schema) => configured(schema) && scoped(schema),
      excepted: () => {
        const { maskRules, environment } = current();
        if (!isFenced(current())) return [];
        return exceptedRules(maskRules, () => {
          return { subject, agent, environment, groups: this.#options.groups(identity, connection) };
        });
      },
      fence: (side, excepted) => this.#fences.of(current(), side, excepted),
      settings: {
        ...(statementTimeoutSeconds !== undefined && { statement_timeout: `${statementTimeoutSeconds}s` }),
        ...(lockTimeoutSeconds !== undefined && { lock_timeout: `${lockTimeoutSeconds}s` }),
      },
    };
  }

  /** What everybody may do in the database of a connection whose sessions get roles of their own; null for other connections. */
  async findings(config: ConnectionConfig, side: SideConnection): Promise<FenceFinding[] | null> {
    if (config.sessionRole.kind !== 'just_in_time') return null;
    return auditPublic(side.query, await this.#fences.of(config, side).catch(() => noFence));
  }

  /** Looks what everybody may do, logs it, and shows the operator what opens the fence. Never rejects. */
  async audit(connection: string, side: SideConnection): Promise<void> {
    const { config, log, problems } = this.#options;
    try {
      const current = config(connection);
      // Of all rules, whomever they except: what everybody may do opens the fence of everybody.
      const fence = current === null ? noFence : await this.#fences.of(current, side);
      const findings = await auditPublic(side.query, fence);
      for (const { code, message, hint } of findings)
        log(holes.has(code) ? 'warn' : 'info', `${message} ${hint}`, { connection, code });
      const open = findings.filter(({ code }) => holes.has(code));
      const [first] = open;
      if (first === undefined) return problems.solve(problemOf(connection));
      const more =
        open.length === 1 ? '' : ` ${open.length - 1} more of this kind are in the log and in the connection test.`;
      problems.raise({
        code: problemOf(connection),
        message: `${connection}: ${first.message}${more}`,
        hint: first.hint,
      });
    } catch (error) {
      log('warn', `could not look what everybody may do: ${messageOf(error)}`, { connection });
    }
  }
}

/** What lets a session past its grants; the rest is what the server gives everybody by default. */
const holes: ReadonlySet<FenceFinding['code']> = new Set(['public_withheld', 'security_definer']);

const problemOf = (connection: string): string => `fence_open.${connection}`;
