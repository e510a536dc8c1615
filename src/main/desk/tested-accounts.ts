import type { ConnectionConfig, UpstreamAccount } from '../../contract/index.ts';

/** What tests found of accounts since Postern started, by the server and login that they are of. */
export class TestedAccounts {
  readonly #found = new Map<string, UpstreamAccount>();

  found(config: ConnectionConfig, account: UpstreamAccount): void {
    this.#found.set(placeOf(config), account);
  }

  /** Null when no test of this server and login came so far. */
  of(config: ConnectionConfig): UpstreamAccount | null {
    return this.#found.get(placeOf(config)) ?? null;
  }
}

const placeOf = ({ upstream: { host, port, database, user } }: ConnectionConfig): string =>
  JSON.stringify([host, port, database, user]);
