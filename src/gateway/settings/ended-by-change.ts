import type { GatewaySettings } from './types.ts';

/**
 * Why a change of the settings ends what was decided for an agent's retry, or for a whole sequence, on a connection, or null when it does not. Any
 * change of the connection does (policy, masks, target, label): the decision was made under other rules.
 */
export function endedByChange(
  before: GatewaySettings,
  after: GatewaySettings,
  { agent, connection }: { readonly agent: string; readonly connection: string },
): string | null {
  const configOf = ({ connections }: GatewaySettings) => connections.find(({ name }) => name === connection);
  const provider = providerOf(agent);
  if (provider !== null) {
    const grantsOf = ({ identityProviders }: GatewaySettings) =>
      JSON.stringify(identityProviders.find(({ name }) => name === provider));
    if (grantsOf(before) !== grantsOf(after)) return 'its identity provider was changed';
  }
  const keyOf = ({ agents }: GatewaySettings) =>
    agents.find(
      (record) => record.name === agent && record.revokedAt === null && record.connections.includes(connection),
    );
  const config = configOf(after);
  if (config === undefined) return 'its connection was removed';
  if (JSON.stringify(configOf(before)) !== JSON.stringify(config)) return 'its connection or a rule of it was changed';
  if (provider !== null) return null;
  const key = keyOf(after);
  if (key === undefined) return 'its agent key was revoked';
  return keyOf(before)?.keyHash === key.keyHash ? null : 'its agent has another key';
}

/** The provider that stands before the colon of an agent known by its token; names of keys hold none. */
const providerOf = (agent: string): string | null => (agent.includes(':') ? agent.slice(0, agent.indexOf(':')) : null);
