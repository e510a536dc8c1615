import { createHash, randomBytes } from 'node:crypto';
import type { Scope } from '../../contract/index.ts';

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
