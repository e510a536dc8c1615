/** A machine that slept, or a clock that was set, is noticed within this, in milliseconds. */
const longestWaitMs = 30_000;

/**
 * Calls `expire` once, when the time of day has reached `expiresAt` (milliseconds since the epoch): the times in a token are
 * times of day. Returns what stops waiting.
 */
export function watchExpiry(expiresAt: number, clock: () => number, expire: () => void): () => void {
  let timer: NodeJS.Timeout | null = null;
  const look = (): void => {
    const left = expiresAt - clock();
    if (left <= 0) return expire();
    timer = setTimeout(look, Math.min(left, longestWaitMs));
    timer.unref();
  };
  look();
  return () => clearTimeout(timer ?? undefined);
}
