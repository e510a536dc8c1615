import {
  allowInsecureRequests,
  ClientSecretBasic,
  type Configuration,
  discovery,
  genericGrantRequest,
  None,
  type ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { DeskError, type IdentityProvider, messageOf, type TokenClient } from '../../contract/index.ts';
import { metadataUrl } from '../../gateway/identity/provider-metadata.ts';
import type { ClientSecrets } from './client-secret.ts';

/**
 * A provider as a client of it sees it: where things are, and how the client proves itself there. Rejects with DeskError
 * `client_secret_missing` and `provider_unreachable`.
 */
export async function openProvider(
  { name, issuer }: IdentityProvider,
  { clientId, secret }: TokenClient,
  secrets: ClientSecrets,
): Promise<Configuration> {
  const authentication = secret === undefined ? None() : ClientSecretBasic(await secrets(secret));
  // The schema lets http through for this machine only.
  const plain = issuer.startsWith('http:') ? { execute: [allowInsecureRequests] } : {};
  try {
    return await discovery(new URL(issuer), clientId, undefined, authentication, { timeout: 10, ...plain });
  } catch (error) {
    throw new DeskError(
      'provider_unreachable',
      `The identity provider ${name} cannot be asked: ${whyNot(error)}`,
      `Its metadata must be at ${metadataUrl(issuer)}.`,
    );
  }
}

/**
 * The token that the agent gets. Where the client has an exchange (RFC 8693), it is one of the agent on behalf of the person
 * whose token is given; else that one itself. Rejects with DeskError `sign_in_failed`.
 */
export async function exchanged(
  configuration: Configuration,
  provider: IdentityProvider,
  { exchange }: TokenClient,
  personsToken: string,
): Promise<string> {
  if (exchange === undefined) return personsToken;
  const answer = await genericGrantRequest(configuration, 'urn:ietf:params:oauth:grant-type:token-exchange', {
    subject_token: personsToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...exchange,
  }).catch(signInFailed(provider));
  return answer.access_token;
}

/** For the `catch` of a request to the provider: says its refusal in its own words. */
export const signInFailed =
  ({ name }: IdentityProvider) =>
  (error: unknown): never => {
    throw new DeskError(
      'sign_in_failed',
      `${name} gave no token: ${whyNot(error)}`,
      'Look at the client in the provider’s own administration: its flow, its redirect URIs, its scopes.',
    );
  };

/** What a provider answered in its own words (RFC 6749, 5.2; RFC 6750, 3), or what went wrong on the way to it. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  const challenge = error instanceof WWWAuthenticateChallengeError ? error.cause[0]?.parameters : undefined;
  const { error: code, error_description: description } = challenge ?? (error as Partial<ResponseBodyError>);
  if (typeof code === 'string') return typeof description === 'string' ? `${code}: ${description}` : code;
  const causes: string[] = [error.message];
  for (let { cause } = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message !== '') causes.push(cause.message);
  }
  return causes.join(': ');
}
