import { assertNever, type IdentityProvider, type TokenGrant } from '../../contract/index.ts';
import { type AgentRecord, keyStanding } from './agent-keys.ts';
import type { Identity, Rights, TokenFacts } from './types.ts';

type Asker = { readonly facts: Pick<TokenFacts, 'subject' | 'client'>; readonly groups: readonly string[] };

/** Connections that the grants of a provider give. */
export const grantedConnections = (grants: readonly TokenGrant[], asker: Asker, now: number): readonly string[] => [
  ...new Set(grants.flatMap((grant) => (fits(grant, asker) && inTime(grant, now) ? grant.connections : []))),
];

const inTime = ({ scope }: TokenGrant, now: number): boolean =>
  scope?.validUntil === undefined || now < Date.parse(scope.validUntil);

/** Each condition that is given has to hold. */
function fits({ groups, subjects, clients }: TokenGrant, asker: Asker): boolean {
  if (groups !== undefined && !groups.some((group) => asker.groups.includes(group))) return false;
  if (subjects !== undefined && !subjects.includes(asker.facts.subject)) return false;
  return clients === undefined || clients.includes(asker.facts.client);
}

type RightsSettings = {
  readonly agents: readonly AgentRecord[];
  readonly identityProviders: readonly IdentityProvider[];
};

/**
 * What an identity may do on a connection under the settings of now; null when nothing any more. Of several grants that
 * fit, the first decides, as with rules.
 */
export function rightsOf(identity: Identity, connection: string, settings: RightsSettings, now: number): Rights | null {
  const { groups, token } = identity;
  if (token === null) return rightsByKey(identity, connection, settings, now);
  const provider = settings.identityProviders.find(
    ({ name, issuer }) => name === token.provider && issuer === token.issuer,
  );
  const grant = decidingGrant(provider?.grants ?? [], connection, { facts: token, groups }, now);
  return grant === null ? null : { scope: grant.scope ?? null, groups };
}

/** The grant that decides about a connection; null when none gives it. */
export function decidingGrant(
  grants: readonly TokenGrant[],
  connection: string,
  asker: Asker,
  now: number,
): TokenGrant | null {
  const fitting = grants.filter((grant) => grant.connections.includes(connection) && fits(grant, asker));
  // One that is over still says so: its scope ends the session, with the reason.
  return fitting.find((one) => inTime(one, now)) ?? fitting[0] ?? null;
}

function rightsByKey(
  { agent, keyHash }: Identity,
  connection: string,
  { agents }: RightsSettings,
  now: number,
): Rights | null {
  const record = agents.find(({ name }) => name === agent);
  if (record === undefined || keyHash === null || !record.connections.includes(connection)) return null;
  const standing = keyStanding(record, keyHash, now);
  const { scope = null, groups = [] } = record;
  switch (standing.kind) {
    case 'good': {
      const { until } = standing;
      if (until === null) return { scope, groups };
      return { scope: { readOnly: false, ...scope, validUntil: new Date(until).toISOString() }, groups };
    }
    case 'expired':
      return { scope, groups }; // says until when it was good
    case 'replaced':
    case 'revoked':
    case 'foreign':
      return null;
    default:
      return assertNever(standing);
  }
}

/** Why a session of this identity has to end under the settings of now; null while it may go on. */
export function whyOver(identity: Identity, connection: string, settings: RightsSettings, now: number): string | null {
  const rights = rightsOf(identity, connection, settings, now);
  const until = rights?.scope?.validUntil;
  const what = identity.token === null ? 'its agent key' : 'what its provider grants it here';
  if (until !== undefined && now >= Date.parse(until)) return `${what} was valid until ${until}`;
  if (rights !== null) return null;
  if (identity.token !== null) return 'its provider no longer grants it this connection';
  const record = settings.agents.find(({ name }) => name === identity.agent);
  if (record === undefined || identity.keyHash === null) return 'its agent was removed';
  switch (keyStanding(record, identity.keyHash, now).kind) {
    case 'replaced':
    case 'foreign':
      return 'its agent key was replaced by a new one';
    case 'revoked':
      return 'its agent key was revoked';
    case 'expired':
    case 'good':
      return 'its agent key is no longer for this connection';
  }
}

/** When rights end next by themselves, milliseconds since the epoch; null when none do. */
export function nextEnd({ agents, identityProviders }: RightsSettings, now: number): number | null {
  const scopes = [...agents, ...identityProviders.flatMap(({ grants }) => grants)].map(
    ({ scope }) => scope?.validUntil,
  );
  const ends = [
    ...scopes.flatMap((until) => (until === undefined ? [] : [Date.parse(until)])),
    ...agents.flatMap(({ formerKeys = [] }) => formerKeys.map(({ until }) => until)),
  ].filter((end) => end > now);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** For whoever lost all rights while a statement was on its way: everything ends the session. */
export const noRights: Rights = { scope: { readOnly: true, validUntil: new Date(0).toISOString() }, groups: [] };
