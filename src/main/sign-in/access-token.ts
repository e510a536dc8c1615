import { DeskError, type IdentityProvider, type TokenClient } from '../../contract/index.ts';
import type { ClientSecrets } from './client-secret.ts';
import { flows, type Person } from './flows.ts';
import { readOwnToken } from './own-token.ts';
import { exchanged, openProvider, signInFailed } from './provider-client.ts';

export interface AccessTokenOptions {
  readonly provider: IdentityProvider;
  readonly client: TokenClient;
  /** The connection that the token is wanted for. */
  readonly connection: string;
  readonly person: Person;
  readonly secrets: ClientSecrets;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * A fresh access token that the gate will take for a connection. Rejects with DeskError: `client_secret_missing`,
 * `provider_unreachable`, `sign_in_failed` with the provider's words, `token_useless` when the gate would refuse it.
 */
export async function accessToken(options: AccessTokenOptions): Promise<string> {
  const { provider, client, person, connection, secrets, now } = options;
  const configuration = await openProvider(provider, client, secrets);
  const answer = await flows[client.flow](configuration, client, person).catch(signInFailed(provider));
  const token = await exchanged(configuration, provider, client, answer.access_token);
  const found = readOwnToken(token, provider, connection, now());
  if (typeof found === 'string') throw uselessToken(provider, found);
  return token;
}

export const uselessToken = ({ name }: IdentityProvider, why: string): DeskError =>
  new DeskError(
    'token_useless',
    `${name} gave a token that would be refused: ${why}`,
    'Parameters such as "resource" or "audience" under the provider’s client, and its grants, decide that.',
  );
