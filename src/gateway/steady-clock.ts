import { uptime } from 'node:os';

/** How far the two clocks may drift apart before the machine is taken to have slept, in milliseconds; one of them counts whole seconds on some systems. */
const sleepFromMs = 2500;

/**
 * A clock in milliseconds that never jumps back and is not set by anybody, and that counts the time the machine was
 * suspended: `monotonic` does not do that on Linux, the system's `uptimeMs` does (CLOCK_BOOTTIME), but is coarse.
 */
export function createSteadyClock(
  monotonic: () => number = () => performance.now(),
  uptimeMs: () => number = () => uptime() * 1000,
): () => number {
  const began = uptimeMs() - monotonic();
  let slept = 0;
  return () => {
    const now = monotonic();
    const ahead = uptimeMs() - now - began;
    if (ahead - slept > sleepFromMs) slept = ahead;
    return now + slept;
  };
}
