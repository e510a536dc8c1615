import type { ConnectionConfig, IdentityProvider } from '../../contract/index.ts';
import type { AgentRecord } from '../identity/agent-keys.ts';

/** What may change while the gate runs; new values hold from the next statement on. */
export interface GatewaySettings {
  readonly connections: readonly ConnectionConfig[];
  readonly agents: readonly AgentRecord[];
  /** Whose access tokens are taken as passwords. */
  readonly identityProviders: readonly IdentityProvider[];
}
