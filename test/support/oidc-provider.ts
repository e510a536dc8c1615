import type { Server } from 'node:http';
import Provider, { type Configuration, type TokenEndpointGrantContext } from 'oidc-provider';
import { type IdentityProvider, identityProvider } from '../../src/contract/index.ts';
import { type SigningKey, signingKey } from '../gateway/identity/tokens.ts';
import { freePort } from './postgres.ts';

/** The one audience of the tokens that it gives for this gate. */
export const audience = 'https://postern.example.com/shop';
/** A service account, and a public program that people sign in with. */
export const service = { clientId: 'nightly-agent', secret: 'a secret of the nightly agent' } as const;
export const program = { clientId: 'postern' } as const;

export interface OidcProviderOptions {
  /** Groups by account or client id. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly tokenSeconds?: number;
  /** Whether it can be told that a token is over (RFC 7009). */
  readonly revocation?: boolean;
}

/** RFC 8693. */
const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

export interface TestOidcProvider {
  readonly issuer: string;
  /** An access token of the service account; the change is made to its claims beforehand. */
  token(): Promise<string>;
  /** From now on it signs with a new key; the old one stays published, or not. */
  rotate(keepOld: boolean): Promise<void>;
  /** Every refresh token that it gave. */
  readonly refreshTokens: readonly string[];
  /** Stops to answer; `start` makes it answer again at the same address. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** How it is configured at a gate that grants `connections` to `engineers`. */
  config(more?: Partial<IdentityProvider>): IdentityProvider;
}

/** A real OpenID provider on this machine: `oidc-provider` with JWT access tokens (RFC 9068) for one audience (RFC 8707). */
export async function startOidcProvider(options: OidcProviderOptions = {}): Promise<TestOidcProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  let keys: SigningKey[] = [await signingKey('first')];
  let server: Server | null = null;
  const refreshTokens: string[] = [];

  const listen = async (): Promise<void> => {
    const configured = await configuration(keys, options);
    const provider = withoutWarnings(() => new Provider(issuer, configured));
    provider.on('refresh_token.saved', ({ jti }) => refreshTokens.push(jti));
    const [signing] = keys;
    if (signing !== undefined) {
      const parameters = ['subject_token', 'subject_token_type', 'requested_token_type', 'actor'];
      provider.registerGrantType<Exchange>(tokenExchange, (context) => exchange(context, signing, issuer), parameters);
    }
    server = await new Promise<Server>((resolve) => {
      const listening: Server = provider.listen(port, '127.0.0.1', () => resolve(listening));
    });
  };
  const close = async (): Promise<void> => {
    const closing = server;
    server = null;
    if (closing === null) return;
    closing.closeAllConnections();
    await new Promise((resolve) => closing.close(resolve));
  };
  await listen();
  return {
    issuer,
    refreshTokens,
    async token() {
      const body = new URLSearchParams({ grant_type: 'client_credentials', resource: audience });
      const credentials = Buffer.from(`${encodeURIComponent(service.clientId)}:${encodeURIComponent(service.secret)}`);
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        body,
        headers: { authorization: `Basic ${credentials.toString('base64')}` },
      });
      const said = (await answer.json()) as { access_token?: string };
      if (said.access_token === undefined) throw new Error(`the provider gave no token: ${JSON.stringify(said)}`);
      return said.access_token;
    },
    async rotate(keepOld) {
      const next = await signingKey(`key-${keys.length + 1}`);
      keys = keepOld ? [next, ...keys] : [next];
      await close();
      await listen();
    },
    stop: close,
    start: listen,
    config: (more = {}) =>
      identityProvider.parse({
        name: 'acme',
        issuer,
        audience,
        subjectClaim: 'sub',
        grants: [{ groups: ['engineers'], connections: ['shop'] }],
        ...more,
      }),
  };
}

type Exchange = { readonly subject_token?: string; readonly actor?: string };

/**
 * A token of the agent that `actor` names, on behalf of the person whose token is shown: RFC 8693, sections 2 and 4.1. The
 * library leaves what to give to whoever runs it.
 */
async function exchange(context: TokenEndpointGrantContext<Exchange>, key: SigningKey, issuer: string): Promise<void> {
  const { createLocalJWKSet, jwtVerify, SignJWT } = await import('jose');
  const { subject_token: shown = '', actor = '' } = context.oidc.params;
  const keys = createLocalJWKSet({ keys: [key.jwk] as never });
  const { payload } = await jwtVerify(shown, keys, { issuer, audience });
  const { sub, groups } = payload;
  const token = await new SignJWT({ groups, client_id: context.oidc.client.clientId, act: { sub: actor } })
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setSubject(sub ?? '')
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('5 min')
    .sign(key.privateKey);
  const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token';
  context.body = { access_token: token, issued_token_type, token_type: 'Bearer', expires_in: 300 };
}

/** It warns, each time, that its store and its pages are for development only. */
function withoutWarnings<T>(make: () => T): T {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return make();
  } finally {
    console.warn = warn;
  }
}

async function configuration(keys: readonly SigningKey[], options: OidcProviderOptions): Promise<Configuration> {
  const { exportJWK } = await import('jose');
  const { groups = { [service.clientId]: ['engineers'], ada: ['engineers'] }, tokenSeconds = 600 } = options;
  const privateKeys = await Promise.all(
    keys.map(async ({ kid, alg, privateKey }) => ({ ...(await exportJWK(privateKey)), kid, alg, use: 'sig' })),
  );
  return {
    jwks: { keys: privateKeys as never },
    clients: [
      {
        client_id: service.clientId,
        client_secret: service.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
      {
        client_id: program.clientId,
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: [
          'authorization_code',
          'refresh_token',
          'urn:ietf:params:oauth:grant-type:device_code',
          tokenExchange,
        ],
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
      },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: ['only for tests'] },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
      revocation: { enabled: options.revocation ?? true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'query',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: tokenSeconds,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    ttl: {
      AccessToken: tokenSeconds,
      ClientCredentials: tokenSeconds,
      ...{ DeviceCode: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600, RefreshToken: 600 },
    },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (_, token) => {
      const { accountId, clientId = '' } = token as { accountId?: string; clientId?: string };
      return { groups: groups[accountId ?? clientId] ?? [] };
    },
  };
}
