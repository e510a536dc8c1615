/** Failed log-ins per client address that are answered at once within a window (security.md, 3.6). */
export const freeFailures = 10;
/** The window, in milliseconds. */
export const windowMs = 60_000;
/** Beyond that: one answer per this many milliseconds. */
export const spacingMs = 1_000;
/** No answer waits longer than this: a socket that is kept open costs us more than the guess is worth. */
export const longestDelayMs = 10_000;
/** Addresses remembered at once. */
export const addressLimit = 10_000;

export interface RateLimiter {
  /** Counts a failed log-in; returns how long to wait before it is answered, in milliseconds. 0 while not limited. */
  failed(address: string): number;
}

interface Failures {
  windowStart: number;
  count: number;
  /** When the next answer may go out. */
  nextAnswer: number;
}

/**
 * Slows down guessing without shutting anybody out. On loopback all agents share one address, so refusing a right key
 * would let one misconfigured agent, or a hostile page, lock out all the others; and a 256-bit key cannot be guessed at
 * any speed. So only failures are counted and only failures are delayed. `clock` returns milliseconds.
 */
export function createRateLimiter(clock: () => number): RateLimiter {
  // In the order of window starts: an address moves to the end when its window begins anew.
  const byAddress = new Map<string, Failures>();
  const forgetOld = (now: number): void => {
    for (const [address, { windowStart }] of byAddress) {
      if (now - windowStart < windowMs && byAddress.size <= addressLimit) return;
      byAddress.delete(address);
    }
  };
  return {
    failed(address) {
      const now = clock();
      let failures = byAddress.get(address);
      if (failures === undefined || now - failures.windowStart >= windowMs) {
        byAddress.delete(address);
        failures = { windowStart: now, count: 0, nextAnswer: failures?.nextAnswer ?? now };
        byAddress.set(address, failures);
        forgetOld(now);
      }
      failures.count += 1;
      if (failures.count <= freeFailures) return 0;
      const answer = Math.min(Math.max(failures.nextAnswer, now) + spacingMs, now + longestDelayMs);
      failures.nextAnswer = answer;
      return answer - now;
    },
  };
}
