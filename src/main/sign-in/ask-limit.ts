/** How often programs may ask for a token of the operator's sign-in, whichever they are. */
export const askLimit = { each: 20, windowMs: 60_000 } as const;

/** `refused_first` is the one that is worth a record: what follows until the window is over says nothing new. */
export type Asking = 'may_ask' | 'refused_first' | 'refused';

/**
 * Keeps a program that asks without end from filling the gate's journal and from flickering on the desk. `now`: milliseconds
 * that may be of any clock.
 */
export function createAskLimit(now: () => number): () => Asking {
  let since = Number.NEGATIVE_INFINITY;
  let asked = 0;
  return () => {
    if (now() - since >= askLimit.windowMs || now() < since) [since, asked] = [now(), 0];
    asked += 1;
    if (asked <= askLimit.each) return 'may_ask';
    return asked === askLimit.each + 1 ? 'refused_first' : 'refused';
  };
}
