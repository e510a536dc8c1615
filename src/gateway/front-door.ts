import type { DoorClient } from './door/client.ts';
import { StartupPlaces, startupPlaceLimit } from './door/startup-places.ts';
import type { GateJournals } from './gate-journal/gate-journals.ts';
import type { RefusalLedger } from './gate-journal/refusal-ledger.ts';
import { createAuthenticator } from './identity/authenticator.ts';
import { createCancelLimiter } from './identity/cancel-limiter.ts';
import { fetchJson } from './identity/fetch-json.ts';
import { createRateLimiter } from './identity/rate-limiter.ts';
import { createTokenProver } from './identity/token-prover.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { RoleRequests } from './role-requests.ts';
import { askedProof } from './session/authentication.ts';
import { type DoorOptions, type RefusedAttempt, unproved } from './session/open-session.ts';
import { createCancelDoor } from './session/receive-cancel.ts';
import type { CurrentSettings } from './settings/current-settings.ts';
import { createSteadyClock } from './steady-clock.ts';
import type { GatewayOptions } from './types.ts';
import type { CredentialVault } from './upstream/credentials.ts';
import type { SessionRoles } from './upstream/session-roles.ts';

/** Limits of the whole gate. */
export const gatewayLimit = {
  /** Clients at once, per listener, those that are still logging in included. */
  clients: 1000,
  /** A start-up must be over by then, in milliseconds. */
  startupTimeoutMs: 10_000,
} as const;

export interface FrontDoorOptions {
  readonly settings: CurrentSettings;
  readonly credentials: CredentialVault;
  readonly sessions: LiveSessions;
  readonly roles: SessionRoles;
  readonly roleRequests: RoleRequests;
  readonly journals: Pick<GateJournals, 'record'>;
  readonly refusals: RefusalLedger;
  readonly monotonic: () => number;
  readonly log: GatewayOptions['log'];
}

/** What every client is met with: who it has to prove to be, what it then gets, and where it is written down that it was refused. */
export function createFrontDoor(options: FrontDoorOptions): DoorOptions {
  const { settings, credentials, sessions, roles, roleRequests, journals, refusals, log } = options;
  const refused = (attempt: RefusedAttempt): void => {
    if (!refusals.refused(attempt)) return;
    const { identity, ...facts } = attempt;
    log('warn', `refused a client: ${attempt.reason}`, { ...facts, agent: identity?.agent ?? null });
  };
  const displaced = async (client: DoorClient): Promise<void> => {
    const reason = `it had not finished start-up when more than ${startupPlaceLimit} clients were in it`;
    refused({ ...(await unproved(client)), user: '', database: '', reason });
  };
  return {
    authenticator: createAuthenticator({
      agents: () => settings.all.agents,
      tokens: createTokenProver({
        providers: () => settings.all.identityProviders,
        fetchJson,
        clock: Date.now,
        monotonic: createSteadyClock(),
      }),
      clock: Date.now,
      limiter: createRateLimiter(Date.now),
    }),
    askedProof: (database, fixedConnection) => askedProof(database, fixedConnection, settings.all),
    places: new StartupPlaces((client) => void displaced(client)),
    credentials,
    credentialRejected: (config) => {
      credentials.rejected(config);
      journals.record({ type: 'credential', event: 'rejected', connection: config.name, by: null });
    },
    roles,
    roleRequest: (config, identity, account) =>
      roleRequests.of(config, identity, account, settings.rights(identity, config.name, Date.now())),
    connections: () => settings.all.connections,
    startupTimeoutMs: gatewayLimit.startupTimeoutMs,
    cancel: createCancelDoor({
      registry: sessions.cancels,
      limiter: createCancelLimiter(options.monotonic),
      refused: (attempt) => {
        if (refusals.cancelRefused(attempt)) log('warn', 'refused a cancel request: its key is nobody’s', attempt);
      },
    }),
    monotonic: options.monotonic,
    refused,
    admit: (admission) => sessions.admit(admission),
  };
}
