import type { IdentityProvider, TokenTrial } from '../../contract/index.ts';
import type { FetchJson } from './fetch-json.ts';
import { decodeToken } from './jwt.ts';
import { decidingGrant } from './rights.ts';
import { createTokenProver } from './token-prover.ts';

export interface TokenTrialOptions {
  readonly providers: readonly IdentityProvider[];
  readonly fetchJson: FetchJson;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
}

/**
 * What the gate would make of a token, as its own prover says, with keys that are read for this once. Never rejects; nothing
 * of the token is kept.
 */
export async function tryToken(token: string, options: TokenTrialOptions): Promise<TokenTrial> {
  const { providers, fetchJson, now, monotonic } = options;
  const prover = createTokenProver({ providers: () => providers, fetchJson, clock: () => now, monotonic });
  const proof = await prover.prove(token);
  const claims = claimsOf(token, providers);
  if (!proof.ok) return { refusal: proof.reason, claims, identity: null };
  const { agent, subject, groups, connections, token: facts } = proof.identity;
  if (facts === null) throw new Error('a token proved somebody and left no facts');
  const grants = providers.find(({ name }) => name === facts.provider)?.grants ?? [];
  return {
    refusal: null,
    claims,
    identity: {
      ...{ provider: facts.provider, agent, subject, groups: [...groups], expiresAt: facts.expiresAt },
      connections: connections.flatMap((name) => {
        const grant = decidingGrant(grants, name, { facts, groups }, now);
        return grant === null ? [] : [{ name, grant: grants.indexOf(grant) + 1, scope: grant.scope ?? null }];
      }),
    },
  };
}

const longestValue = 400;

/** What decides about a token, as it stands in it: the header's own, the registered claims, and those that are configured. */
function claimsOf(token: string, providers: readonly IdentityProvider[]): TokenTrial['claims'] {
  const decoded = decodeToken(token);
  if (typeof decoded === 'string') return [];
  const { header, payload } = decoded;
  const provider = providers.find(({ issuer }) => issuer === payload.iss);
  const configured = provider === undefined ? [] : [provider.subjectClaim, provider.clientClaim, provider.groupsClaim];
  const inPayload = new Set([
    ...['iss', 'aud', 'sub', 'client_id', 'azp'],
    ...configured.map((name) => topOf(payload, name)),
  ]);
  const shown = (values: Readonly<Record<string, unknown>>, name: string): TokenTrial['claims'] =>
    Object.hasOwn(values, name) ? [{ name, value: wordsOf(values[name]) }] : [];
  return [
    ...['alg', 'typ', 'kid'].flatMap((name) => shown(header, name)),
    ...[...inPayload].flatMap((name) => shown(payload, name)),
    ...['iat', 'nbf', 'exp'].flatMap((name) =>
      Object.hasOwn(payload, name) ? [{ name, value: instantOf(payload[name]) }] : [],
    ),
  ];
}

/** The claim itself, or the one that a path such as `realm_access.roles` begins at. */
const topOf = (payload: Readonly<Record<string, unknown>>, name: string): string =>
  Object.hasOwn(payload, name) ? name : (name.split('.')[0] ?? name);

const wordsOf = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none')).slice(0, longestValue);

function instantOf(value: unknown): string {
  const date = new Date(typeof value === 'number' ? value * 1000 : Number.NaN);
  return Number.isNaN(date.getTime()) ? wordsOf(value) : date.toISOString();
}
