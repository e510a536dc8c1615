import type { IdentityProvider, TokenGrant } from '../../contract/index.ts';
import type { AgentRecord } from './agent-keys.ts';
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

/**
 * What an identity may do on a connection under the settings of now; null when nothing any more. Of several grants that
 * fit, the first decides, as with rules.
 */
export function rightsOf(
  { agent, groups, token }: Identity,
  connection: string,
  settings: { readonly agents: readonly AgentRecord[]; readonly identityProviders: readonly IdentityProvider[] },
  now: number,
): Rights | null {
  if (token === null) {
    const record = settings.agents.find(({ name }) => name === agent);
    if (record === undefined || record.revokedAt !== null || !record.connections.includes(connection)) return null;
    return { scope: record.scope ?? null };
  }
  const provider = settings.identityProviders.find(
    ({ name, issuer }) => name === token.provider && issuer === token.issuer,
  );
  const grant = decidingGrant(provider?.grants ?? [], connection, { facts: token, groups }, now);
  return grant === null ? null : { scope: grant.scope ?? null };
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

/** For whoever lost all rights while a statement was on its way: everything ends the session. */
export const noRights: Rights = { scope: { readOnly: true, validUntil: new Date(0).toISOString() } };
