import {
  allowInsecureRequests,
  ClientSecretBasic,
  type Configuration,
  discovery,
  genericGrantRequest,
  None,
  type ResponseBodyError,
  type TokenEndpointResponse,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { DeskError, type IdentityProvider, messageOf, type TokenClient } from '../../contract/index.ts';

/** A provider as a client of it sees it: where things are, and how the client proves itself there. */
export async function openProvider(
  { name, issuer }: IdentityProvider,
  { clientId }: TokenClient,
  secret: string | null,
): Promise<Configuration> {
  const authentication = secret === null ? None() : ClientSecretBasic(secret);
  // The schema lets http through for this machine only.
  const plain = issuer.startsWith('http:') ? { execute: [allowInsecureRequests] } : {};
  try {
    return await discovery(new URL(issuer), clientId, undefined, authentication, { timeout: 10, ...plain });
  } catch (error) {
    throw new DeskError(
      'provider_unreachable',
      `The identity provider ${name} cannot be asked: ${whyNot(error)}`,
      `Its metadata must be at ${issuer.replace(/\/$/, '')}/.well-known/openid-configuration.`,
    );
  }
}

/** RFC 8693: a token of the agent on behalf of the person whose token is given. */
export function exchangeToken(
  configuration: Configuration,
  personsToken: string,
  parameters: Readonly<Record<string, string>>,
): Promise<TokenEndpointResponse> {
  return genericGrantRequest(configuration, 'urn:ietf:params:oauth:grant-type:token-exchange', {
    subject_token: personsToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    ...parameters,
  });
}

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
