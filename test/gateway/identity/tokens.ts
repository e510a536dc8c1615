import { type CryptoKey, exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { type IdentityProvider, identityProvider } from '../../../src/contract/index.ts';

export const issuer = 'https://login.example.com';
export const audience = 'https://postern.example.com/shop';
/** 2026-11-23T00:00:00Z in seconds since the epoch. */
export const now = Date.parse('2026-11-23T00:00:00Z') / 1000;

export const providerOf = (
  more: Partial<Parameters<typeof identityProvider.parse>[0] & object> = {},
): IdentityProvider =>
  identityProvider.parse({
    name: 'acme',
    issuer,
    audience,
    grants: [{ groups: ['engineers'], connections: ['shop'] }],
    ...more,
  });

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  /** As the provider publishes it. */
  readonly jwk: Record<string, unknown>;
}

export async function signingKey(
  kid: string,
  alg = 'ES256',
  options: { modulusLength?: number } = {},
): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, ...options });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

export const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: issuer,
  aud: audience,
  sub: 'ada',
  client_id: 'claude-code',
  groups: ['engineers'],
  iat: now - 10,
  exp: now + 600,
  jti: 'token-1',
  ...more,
});

/** A token of this key with these claims; fields of the header that are given as undefined are left out. */
export function tokenOf(
  key: SigningKey,
  payload: JWTPayload = claims(),
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const full = { alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header };
  return new SignJWT(payload).setProtectedHeader(JSON.parse(JSON.stringify(full))).sign(key.privateKey);
}

const base64url = (value: string): string => Buffer.from(value).toString('base64url');

/** A token put together by hand: header and payload as JSON texts, and a signature as base64url. */
export const forged = (header: object | string, payload: object | string = claims(), signature = ''): string =>
  [header, payload].map((part) => base64url(typeof part === 'string' ? part : JSON.stringify(part))).join('.') +
  `.${signature}`;
