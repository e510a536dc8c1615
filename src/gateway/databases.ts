import type { ConnectionConfig } from '../contract/index.ts';
import type { Findings } from './masking/net/findings.ts';
import type { CopiedColumns } from './memory/copied-columns.ts';
import type { CoveredColumns } from './memory/covered-columns.ts';
import { DatabaseContext } from './session/database-context.ts';
import type { GatewayOptions } from './types.ts';
import type { CredentialVault } from './upstream/credentials.ts';
import { openSideConnection } from './upstream/side-query.ts';
import type { UpstreamTarget } from './upstream/types.ts';

export interface DatabasesOptions {
  /** A connection as it is configured now; null once it was removed. */
  readonly config: (name: string) => ConnectionConfig | null;
  readonly credentials: CredentialVault;
  readonly copies: CopiedColumns;
  readonly covered: CoveredColumns;
  readonly hashKey: Buffer;
  readonly findings: Findings;
  readonly monotonic: () => number;
  readonly log: GatewayOptions['log'];
}

/** Databases without a session whose catalog is kept, for agents that connect anew for every statement. */
const keptIdle = 16;

/** What is known of each database that has sessions, or had one lately. */
export class Databases {
  readonly #options: DatabasesOptions;
  /** In the order of last use. */
  readonly #contexts = new Map<string, { readonly context: DatabaseContext; users: number }>();

  constructor(options: DatabasesOptions) {
    this.#options = options;
  }

  /** The context of a session's database; call `release` when the session ends. */
  use(config: ConnectionConfig, target: UpstreamTarget): { context: DatabaseContext; release: () => void } {
    const key = JSON.stringify([config.name, target.host, target.port, target.database, target.user]);
    const entry = this.#contexts.get(key) ?? { context: this.#create(config, target), users: 0 };
    this.#contexts.delete(key);
    this.#contexts.set(key, entry);
    entry.users += 1;
    const leave = entry.context.use();
    let used = true;
    const release = (): void => {
      if (!used) return;
      used = false;
      entry.users -= 1;
      leave();
      this.#forgetIdle();
    };
    return { context: entry.context, release };
  }

  #forgetIdle(): void {
    const idle = [...this.#contexts].filter(([, { users }]) => users === 0);
    for (const [key] of idle.slice(0, Math.max(0, idle.length - keptIdle))) this.#contexts.delete(key);
  }

  #create(config: ConnectionConfig, target: UpstreamTarget): DatabaseContext {
    const { credentials, copies, covered, findings, hashKey, monotonic, log } = this.#options;
    return new DatabaseContext({
      config: () => this.#options.config(config.name),
      openSide: async () => {
        const password = await credentials.resolve(this.#options.config(config.name) ?? config, target);
        return openSideConnection({ ...target, password }, { statementTimeoutMs: 10_000 });
      },
      hashKey,
      copied: () => copies.rules(config.name, target.database),
      remember: (columns) => copies.remember(config.name, target.database, columns),
      renamed: (identity, at, rules) => covered.look(config.name, identity, at, rules),
      renamedVersion: () => covered.version,
      found: () => findings.found(config.name),
      monotonic,
      log: (level, message) => log(level, message, { connection: config.name, database: target.database }),
    });
  }
}
