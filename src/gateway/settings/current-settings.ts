import type { ConnectionConfig, IdentityProvider } from '../../contract/index.ts';
import { noRights, rightsOf, whyOver } from '../identity/rights.ts';
import type { Identity, Rights } from '../identity/types.ts';
import type { GatewaySettings } from './types.ts';

/** The settings that hold now. Whoever goes on for longer asks again. */
export class CurrentSettings {
  #all: GatewaySettings;

  constructor(settings: GatewaySettings) {
    this.#all = settings;
  }

  get all(): GatewaySettings {
    return this.#all;
  }

  /** Returns the settings until now. */
  replace(settings: GatewaySettings): GatewaySettings {
    const before = this.#all;
    this.#all = settings;
    return before;
  }

  /** A connection as it is configured now; null when there is none of that name, or none any more. */
  connection(name: string): ConnectionConfig | null {
    return this.#all.connections.find((config) => config.name === name) ?? null;
  }

  /** A connection that a session was opened on, as it is configured now; as it was last, when it was removed meanwhile. */
  latest(config: ConnectionConfig): ConnectionConfig {
    return this.connection(config.name) ?? config;
  }

  /** What an identity may do on a connection at `now` (milliseconds since the epoch). */
  rights(identity: Identity, connection: string, now: number): Rights {
    return rightsOf(identity, connection, this.#all, now) ?? noRights;
  }

  /** Why a session may not go on; null when it may. */
  whyOver(identity: Identity, connection: string, now: number): string | null {
    if (this.connection(connection) === null) return 'its connection was removed';
    return whyOver(identity, connection, this.#all, now);
  }

  /** What becomes of a session whose token expires, by the name of its provider. */
  atExpiry(provider: string): IdentityProvider['atExpiry'] {
    return this.#all.identityProviders.find(({ name }) => name === provider)?.atExpiry ?? 'at_once';
  }
}
