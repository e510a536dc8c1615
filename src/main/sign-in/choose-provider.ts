import { DeskError, type IdentityProvider, type TokenClient } from '../../contract/index.ts';

/** A provider that tokens can be got from. */
export interface ProviderWithClient {
  readonly provider: IdentityProvider;
  readonly client: TokenClient;
}

/**
 * The one provider with a client that grants a connection, by its name where several do. Throws DeskError
 * `config_no_provider` and `usage`.
 */
export function chooseProvider(
  providers: readonly IdentityProvider[],
  connection: string,
  wanted: string | undefined,
): ProviderWithClient {
  const able = providers.flatMap((provider) => {
    const { name, client, grants } = provider;
    const granted = grants.some(({ connections }) => connections.includes(connection));
    return client !== undefined && granted && (wanted === undefined || name === wanted) ? [{ provider, client }] : [];
  });
  const [only, ...more] = able;
  if (only !== undefined && more.length === 0) return only;
  if (only === undefined) {
    throw new DeskError(
      'config_no_provider',
      `No identity provider${wanted === undefined ? '' : ` named ${wanted}`} with a client grants the connection ${connection}.`,
      'Give "identityProviders" an entry with "client" and a grant for it (docs/identity.md).',
    );
  }
  throw new DeskError(
    'usage',
    `Several identity providers grant ${connection}: ${able.map(({ provider: { name } }) => name).join(', ')}.`,
    'Choose one with --provider NAME.',
  );
}
