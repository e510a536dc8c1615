import { createHash, randomBytes } from 'node:crypto';
import type { Scope } from '../../contract/index.ts';

/** A key that another one has replaced. Kept, so that whoever still shows it is told so. */
export interface FormerKey {
  /** SHA-256, lower-case hex. */
  readonly keyHash: string;
  /** It was or is good until then, milliseconds since the epoch. */
  readonly until: number;
}

/** An agent key as kept: its hash only. The key itself is shown once and forgotten. */
export interface AgentRecord {
  readonly name: string;
  /** SHA-256 of the key, lower-case hex. A 256-bit random key needs no slow hash: there is no dictionary to try. */
  readonly keyHash: string;
  readonly connections: readonly string[];
  readonly createdAt: number;
  readonly revokedAt: number | null;
  /** What it may do at most; nothing but its connections bounds it when absent. */
  readonly scope?: Scope | undefined;
  /** What rules may match it by, as they match the groups of a token. */
  readonly groups?: readonly string[] | undefined;
  /** The newest first. */
  readonly formerKeys?: readonly FormerKey[] | undefined;
}

/** How a key of an agent stands. */
export type KeyStanding =
  /** `until`: when it stops being good, milliseconds since the epoch; null when nothing ends it. */
  | { readonly kind: 'good'; readonly until: number | null }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'expired'; readonly until: number }
  | { readonly kind: 'replaced'; readonly until: number }
  /** It never was a key of this agent. */
  | { readonly kind: 'foreign' };

/** How the key with this hash stands with an agent at `now` (milliseconds since the epoch). */
export function keyStanding(agent: AgentRecord, keyHash: string, now: number): KeyStanding {
  const former = agent.formerKeys?.find((one) => one.keyHash === keyHash) ?? null;
  const current = agent.keyHash === keyHash;
  if (!current && former === null) return { kind: 'foreign' };
  if (agent.revokedAt !== null) return { kind: 'revoked' };
  const ends = agent.scope?.validUntil === undefined ? null : Date.parse(agent.scope.validUntil);
  if (!current && former !== null && now >= former.until) return { kind: 'replaced', until: former.until };
  if (ends !== null && now >= ends) return { kind: 'expired', until: ends };
  if (current || former === null) return { kind: 'good', until: ends };
  return { kind: 'good', until: ends === null ? former.until : Math.min(ends, former.until) };
}

/** A new agent key: 256 random bits, with a prefix that secret scanners can look for. */
export function createAgentKey(random: (size: number) => Buffer = randomBytes): string {
  return `pstn_${random(32).toString('base64url')}`;
}

export function hashAgentKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/** Enough of the hash to tell keys apart on a screen. */
export function keyFingerprint(keyHash: string): string {
  return keyHash.slice(0, 8);
}
