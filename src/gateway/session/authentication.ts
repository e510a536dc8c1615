import type { ConnectionConfig, IdentityProvider } from '../../contract/index.ts';
import type { TokenSource } from '../wire/oauth-bearer.ts';

/** How a client is asked to prove who it is. */
export type AskedProof =
  | { readonly method: 'password' }
  /** `source` is told to clients that have no token yet; null when no provider grants the connection. */
  | { readonly method: 'oauthbearer'; readonly source: TokenSource | null };

interface Settings {
  readonly connections: readonly ConnectionConfig[];
  readonly identityProviders: readonly IdentityProvider[];
}

/**
 * What a client is asked for, by the connection that its start-up names: a server offers one method, before it knows who
 * knocks. A name that is no connection's is that of a database behind the only one that passes such names on; where that
 * is not clear it is asked for a password, and `routeSession` says what is wrong once it has proved who it is.
 */
export function askedProof(database: string, fixedConnection: string | undefined, settings: Settings): AskedProof {
  const { connections, identityProviders } = settings;
  const [open, second] = connections.filter(({ anyDatabase }) => anyDatabase);
  const named = connections.find(({ name }) => name === (fixedConnection ?? database));
  const config = named ?? (fixedConnection === undefined && second === undefined ? open : undefined);
  if (config?.authentication !== 'oauthbearer') return { method: 'password' };
  const provider = identityProviders.find(({ grants }) =>
    grants.some((grant) => grant.connections.includes(config.name)),
  );
  return { method: 'oauthbearer', source: provider === undefined ? null : tokenSource(provider) };
}

const tokenSource = ({ issuer, client }: IdentityProvider): TokenSource => ({
  metadataUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  scope: client?.scope ?? 'openid',
});
