import type { Verification } from '../../../contract/index.ts';

/** A verified journal of the gate, and the one that it says was before it. */
export interface Successor {
  readonly name: string;
  readonly verification: Verification;
  /** Null for the first one, and for one that was killed before it could say. */
  readonly previous: { readonly name: string; readonly headHash: string } | null;
}

/**
 * What is wrong with the place of one journal among all of them, by name; null when nothing is. Each start names the newest
 * journal that it found and its head hash, so that none can be taken out of the middle or put in the place of another. The
 * oldest may have been put away with good reason; that the newest are missing only a head hash kept elsewhere can tell.
 */
export function successionFault({ name, previous }: Successor, all: readonly Successor[]): string | null {
  if (previous === null) return null;
  const before = all.find((other) => other.name === previous.name);
  if (before === undefined) {
    return all[0]?.name === name ? null : `The journal ${previous.name}, which ${name} followed, is missing.`;
  }
  if (previous.headHash === before.verification.headHash) return null;
  return `The journal ${before.name} is another one than ${name} followed: its head hash was ${previous.headHash}.`;
}
