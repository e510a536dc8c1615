import type { IdentityProvider } from '../../contract/index.ts';
import type { TokenFacts } from './types.ts';

type Claims = Readonly<Record<string, unknown>>;

/** A claim that says something else than we can rely on. The message completes "the token …". */
export class ClaimError extends Error {}

export interface WhoIsAsking {
  readonly facts: TokenFacts;
  readonly groups: readonly string[];
}

/** Who a verified token speaks of, and until when. Throws ClaimError. `now` in milliseconds since the epoch. */
export function readClaims(claims: Claims, provider: IdentityProvider, now: number): WhoIsAsking {
  checkAudience(claims.aud, provider.audience);
  const expiresAt = checkTimes(claims, provider, now);
  const subject = nameIn(claims, provider.subjectClaim);
  if (subject === null) throw new ClaimError(`does not say whom it speaks of (claim ${provider.subjectClaim})`);
  const client = nameIn(claims, provider.clientClaim) ?? nameIn(claims, 'azp');
  if (client === null) throw new ClaimError(`does not say which program it is for (claim ${provider.clientClaim})`);
  return {
    facts: {
      ...{ provider: provider.name, issuer: provider.issuer, subject, client, expiresAt },
      id: nameIn(claims, 'jti'),
    },
    groups: groupsIn(claims, provider.groupsClaim),
  };
}

/** A token that others may use as well could be sent here by them. */
function checkAudience(audience: unknown, wanted: string): void {
  const values = Array.isArray(audience) ? audience : [audience];
  if (!values.includes(wanted)) throw new ClaimError(`is for another audience: ${shown(audience)}`);
  if (values.length > 1) throw new ClaimError(`is for more than this audience: ${shown(audience)}`);
}

/** What is left of the times once the signature, "exp" and "nbf" have been checked. Returns when it expires, in milliseconds. */
function checkTimes(claims: Claims, provider: IdentityProvider, now: number): number {
  const { clockSkewSeconds, longestLifetimeSeconds } = provider;
  const seconds = now / 1000;
  const { exp, iat } = claims;
  if (typeof exp !== 'number' || typeof iat !== 'number') throw new ClaimError('has no times of issue and expiry');
  if (iat - clockSkewSeconds > seconds) {
    throw new ClaimError(`is issued ${Math.round(iat - seconds)} s from now; is a clock wrong?`);
  }
  if (exp - seconds > longestLifetimeSeconds + clockSkewSeconds) {
    throw new ClaimError(`is valid for ${Math.round(exp - seconds)} s, longer than ${longestLifetimeSeconds} s`);
  }
  return exp * 1000;
}

/** Entra names no groups when there are too many, and says where to ask instead: nobody's rights may depend on that. */
function groupsIn(claims: Claims, name: string): readonly string[] {
  const elsewhere = claims._claim_names;
  const overage = typeof elsewhere === 'object' && elsewhere !== null && name in elsewhere;
  if (overage || claims.hasgroups !== undefined) {
    throw new ClaimError(`leaves its groups out because there are too many (claim ${name}); send fewer or app roles`);
  }
  const groups = valueAt(claims, name) ?? [];
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) {
    throw new ClaimError(`has groups that are no list of names (claim ${name})`);
  }
  return [...new Set<string>(groups)];
}

/** A claim by its name, else by a path of names with dots, such as `realm_access.roles`. */
function valueAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, step) => {
    const inside = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
    return inside ? (value as Claims)[step] : undefined;
  }, claims);
}

/** A name that a person can read; null when there is none. */
function nameIn(claims: Claims, claim: string): string | null {
  const value = valueAt(claims, claim);
  if (value === undefined) return null;
  if (typeof value !== 'string' || value === '' || value.length > 500 || /\p{C}/u.test(value)) {
    throw new ClaimError(`has a claim ${claim} that is no readable name: ${shown(value)}`);
  }
  return value;
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'none').slice(0, 200);
