import { type Configuration, ResponseBodyError, refreshTokenGrant, tokenRevocation } from 'openid-client';
import type { IdentityProvider, TokenClient } from '../../contract/index.ts';
import { signInFailed, whyNot } from './provider-client.ts';

/**
 * The client as it signs in to stay signed in: where the provider has `offline_access` it is asked for, with the consent that
 * OpenID Connect Core 1.0, section 11, demands for it. Others give a refresh token unasked, or on `parameters` of their own.
 */
export function renewing(configuration: Configuration, client: TokenClient): TokenClient {
  const offered = configuration.serverMetadata().scopes_supported?.includes('offline_access') ?? false;
  if (!offered || client.scope.split(' ').includes('offline_access')) return client;
  return {
    ...client,
    scope: `${client.scope} offline_access`.trim(),
    parameters: { prompt: 'consent', ...client.parameters },
  };
}

/** The provider does not take the refresh token any more; `message` has its words. */
export class SignInOver extends Error {}

/**
 * A fresh access token of the person, and the refresh token that counts from now on: providers that rotate take the old one
 * for stolen when it comes again (RFC 9700, 4.14.2). Rejects with SignInOver, or DeskError `sign_in_failed` when it may go
 * better next time.
 */
export async function renew(
  configuration: Configuration,
  provider: IdentityProvider,
  { parameters }: TokenClient,
  refreshToken: string,
): Promise<{ readonly accessToken: string; readonly refreshToken: string }> {
  const answer = await refreshTokenGrant(configuration, refreshToken, parameters).catch((error: unknown) => {
    // RFC 6749, 5.2: invalid, expired, revoked, or issued to another client.
    if (error instanceof ResponseBodyError && error.error === 'invalid_grant') throw new SignInOver(whyNot(error));
    return signInFailed(provider)(error);
  });
  return { accessToken: answer.access_token, refreshToken: answer.refresh_token ?? refreshToken };
}

/** Tells the provider that a refresh token is over (RFC 7009). A string says why it goes on knowing it; null when it does not. */
export async function revoke(configuration: Configuration, refreshToken: string): Promise<string | null> {
  if (configuration.serverMetadata().revocation_endpoint === undefined) return 'it has no revocation endpoint';
  return tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' }).then(() => null, whyNot);
}
