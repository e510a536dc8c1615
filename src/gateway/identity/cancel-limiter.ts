/** Milliseconds between two wrong cancel keys of one address, beyond the first few (security.md, 3.6: 5 a second). */
export const wrongKeySpacingMs = 200;
/** Wrong keys that may come at once. */
export const wrongKeyBurst = 5;
/** No request waits longer for its turn: a socket that is kept open costs us more than the guess is worth. */
export const longestTurnMs = 5_000;
/** Addresses remembered at once. */
export const cancelAddressLimit = 10_000;

export interface CancelLimiter {
  /** How long a request of this address waits before its key may be compared, in milliseconds; null: not at all, there are too many. */
  turn(address: string): number | null;
  /** The key was right: such a request does not count. */
  right(address: string): void;
}

/**
 * Slows down the guessing of cancel keys: the 4 bytes of protocol 3.0 would not withstand it at full speed. The turn is
 * taken before the key is looked at, so opening many sockets buys no more guesses. `clock` returns milliseconds.
 */
export function createCancelLimiter(clock: () => number): CancelLimiter {
  /** When the next wrong key of an address would be due at an even pace (the "generic cell rate algorithm"). */
  const due = new Map<string, number>();
  const forgetOld = (now: number): void => {
    for (const [address, at] of due) {
      if (at > now && due.size <= cancelAddressLimit) return;
      due.delete(address);
    }
  };
  return {
    turn(address) {
      const now = clock();
      const next = Math.max(due.get(address) ?? now, now);
      const wait = Math.max(0, next - (wrongKeyBurst - 1) * wrongKeySpacingMs - now);
      if (wait > longestTurnMs) return null;
      due.delete(address); // to the end: the map is in the order of use
      due.set(address, next + wrongKeySpacingMs);
      forgetOld(now);
      return wait;
    },
    right(address) {
      const at = due.get(address);
      if (at !== undefined) due.set(address, at - wrongKeySpacingMs);
    },
  };
}
