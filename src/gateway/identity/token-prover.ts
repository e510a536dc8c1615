import { errors, jwtVerify } from 'jose';
import type { IdentityProvider } from '../../contract/index.ts';
import { ClaimError, readClaims } from './claims.ts';
import type { FetchJson } from './fetch-json.ts';
import { decodeToken } from './jwt.ts';
import { ProviderKeys, ProviderUnavailable } from './provider-keys.ts';
import { grantedConnections } from './rights.ts';
import { type Proof, refused } from './types.ts';

export interface TokenProver {
  /** Proves who a token speaks of. Never rejects; what is wrong with it is said without quoting it. */
  prove(token: string): Promise<Proof>;
}

export interface TokenProverOptions {
  /** The providers as configured now. */
  readonly providers: () => readonly IdentityProvider[];
  readonly fetchJson: FetchJson;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Milliseconds that never jump, for the age of keys. */
  readonly monotonic: () => number;
}

/** Header fields by which a token would bring its own key, or its own rules of reading it (RFC 8725, 3.10; RFC 7797). */
const ownKeys = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip'] as const;

/**
 * Takes JWT access tokens of the configured providers. The issuer that a token claims chooses the provider; from there on
 * everything is held against what is configured for it, and the signature against keys that were read from it.
 */
export function createTokenProver({ providers, fetchJson, clock, monotonic }: TokenProverOptions): TokenProver {
  const keys = new Map<string, ProviderKeys>();
  const keysOf = ({ issuer, jwksUri, keysOutageHours }: IdentityProvider): ProviderKeys => {
    const source = { issuer, keysOutageHours, ...(jwksUri !== undefined && { jwksUri }) };
    const known = keys.get(JSON.stringify(source)) ?? new ProviderKeys(source, fetchJson, monotonic);
    keys.set(JSON.stringify(source), known);
    return known;
  };
  const verified = async (token: string): Promise<Proof> => {
    const decoded = decodeToken(token);
    if (typeof decoded === 'string') return refused(`the token cannot be read: ${decoded}`);
    const { header, payload } = decoded;
    const provider = providers().find(({ issuer }) => issuer === payload.iss);
    if (provider === undefined) {
      const issuer = (JSON.stringify(payload.iss) ?? 'nobody').slice(0, 200);
      return refused(`the token is of an issuer that is not configured: ${issuer}`);
    }
    const own = ownKeys.find((name) => Object.hasOwn(header, name));
    if (own !== undefined) return refused(`${nameOf(provider)}: its header brings its own "${own}"`);
    const { payload: claims } = await jwtVerify(token, (found) => keysOf(provider).find(found), {
      algorithms: [...provider.algorithms],
      issuer: provider.issuer,
      ...(provider.tokenType === 'at+jwt' && { typ: 'at+jwt' }),
      requiredClaims: ['exp', 'iat'],
      clockTolerance: provider.clockSkewSeconds,
      currentDate: new Date(clock()),
    });
    const { facts, groups } = readClaims(claims, provider, clock());
    const connections = grantedConnections(provider.grants, { facts, groups }, clock());
    if (connections.length === 0) {
      const who = `subject ${facts.subject}, client ${facts.client}, groups ${groups.join(', ').slice(0, 300) || 'none'}`;
      return refused(`${nameOf(provider)}: no grant fits it (${who})`);
    }
    const [agent, subject] = [`${provider.name}:${facts.client}`, `${provider.name}:${facts.subject}`];
    return { ok: true, identity: { agent, subject, groups, connections, token: facts, keyHash: null } };
  };
  return {
    prove: (token) => verified(token).catch((error: unknown) => refused(whyNot(error))),
  };
}

const nameOf = ({ name }: IdentityProvider): string => `the token of ${name}`;

/** What jose says, in words that say what to look at. */
function whyNot(error: unknown): string {
  if (error instanceof ProviderUnavailable) return error.message;
  if (error instanceof ClaimError) return `the token ${error.message}`;
  if (error instanceof errors.JWTExpired) return `the token expired at ${instantOf(error.payload.exp)}`;
  if (error instanceof errors.JWTClaimValidationFailed) return `the token has a wrong ${error.claim}: ${error.message}`;
  if (error instanceof errors.JOSEAlgNotAllowed) return 'the token is signed with an algorithm that is not allowed';
  if (error instanceof errors.JWKSNoMatchingKey)
    return 'the token is signed with a key that its provider does not have';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'the token does not say which key of its provider it is signed with';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'the signature of the token is wrong';
  return `the token cannot be verified: ${error instanceof Error ? error.message : 'unknown fault'}`;
}

const instantOf = (seconds: number | undefined): string => {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
};
