import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  clientCredentialsGrant,
  initiateDeviceAuthorization,
  pollDeviceAuthorizationGrant,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type TokenEndpointResponse,
} from 'openid-client';
import type { TokenClient } from '../../contract/index.ts';
import { openLoopback } from './loopback.ts';

/** Where a person signs in. */
export interface SignInPlace {
  readonly url: string;
  /** True when the system's browser was told to open it. */
  readonly opened: boolean;
  /** On another device: what to type at `url`, and an address that has it already, if the provider gives one. */
  readonly code: { readonly typed: string; readonly complete: string | null } | null;
}

/** A person who signs in, as far as a flow needs them. */
export interface Person {
  /** Opens an address in the browser; false when the person has to do it. */
  readonly openBrowser: (url: string) => boolean;
  /** Tells them where to sign in. */
  readonly show: (place: SignInPlace) => void;
  /** Aborts when they have taken too long, or have changed their mind. */
  readonly signal: AbortSignal;
}

type Flow = (configuration: Configuration, client: TokenClient, person: Person) => Promise<TokenEndpointResponse>;

/** The ways to an access token, by their names in the configuration. Each rejects with what openid-client throws, or with the signal's reason. */
export const flows: Readonly<Record<TokenClient['flow'], Flow>> = {
  client_credentials: (configuration, { scope, parameters }) =>
    clientCredentialsGrant(configuration, { ...withoutOpenid(scope), ...parameters }),

  /** RFC 8628. */
  async device_code(configuration, { scope, parameters }, { show, signal }) {
    const device = await initiateDeviceAuthorization(configuration, { scope, ...parameters });
    show({
      url: webPage(device.verification_uri),
      opened: false,
      code: {
        typed: device.user_code,
        complete: device.verification_uri_complete === undefined ? null : webPage(device.verification_uri_complete),
      },
    });
    return pollDeviceAuthorizationGrant(configuration, device, parameters, { signal });
  },

  /** RFC 8252: system browser, PKCE with S256, loopback redirect. */
  async authorization_code(configuration, { scope, parameters, redirectPort = 0 }, { openBrowser, show, signal }) {
    const [verifier, state, nonce] = [randomPKCECodeVerifier(), randomState(), randomNonce()];
    const wantsIdToken = scope.split(' ').includes('openid');
    const loopback = await openLoopback(redirectPort, state);
    try {
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: loopback.redirectUri,
        scope,
        state,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(wantsIdToken && { nonce }),
        ...parameters,
      });
      show({ url: url.href, opened: openBrowser(url.href), code: null });
      const answer = await orAborted(loopback.answer, signal);
      return await authorizationCodeGrant(
        configuration,
        answer,
        {
          pkceCodeVerifier: verifier,
          expectedState: state,
          ...(wantsIdToken && { expectedNonce: nonce, idTokenExpected: true }),
        },
        parameters,
      );
    } finally {
      loopback.close();
    }
  },
};

/** What a provider calls a page is shown as a link: it must be one. openid-client checks its endpoints, and not this. Throws an Error. */
function webPage(url: string): string {
  const { protocol } = new URL(url);
  if (protocol === 'https:' || protocol === 'http:') return url;
  throw new Error(`the provider’s page for signing in is no web page: ${url.slice(0, 200)}`);
}

/** A service account has no ID token, and providers refuse to be asked for one. */
function withoutOpenid(scope: string): { scope?: string } {
  const rest = scope.split(' ').filter((value) => value !== 'openid' && value !== '');
  return rest.length === 0 ? {} : { scope: rest.join(' ') };
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
