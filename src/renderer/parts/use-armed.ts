import { useCallback, useEffect, useRef, useState } from 'react';

/**
 * How long a request must have been in view before a key or a click decides it, in milliseconds: a click or a word that
 * was meant for what was on screen before must not land here (as browsers do with permission prompts).
 */
export const armingDelayMs = 400;

/**
 * False until the request has been in view for `armingDelayMs`; starts anew with another request and when the window
 * comes back to sight or focus. `isArmed` reads the clock, so that no late render lets an early key through.
 */
export function useArmed(requestId: string | null): { readonly armed: boolean; readonly isArmed: () => boolean } {
  const [armed, setArmed] = useState(false);
  const since = useRef(Number.POSITIVE_INFINITY);
  useEffect(() => {
    let timer = 0;
    const restart = (): void => {
      window.clearTimeout(timer);
      setArmed(false);
      since.current = Number.POSITIVE_INFINITY;
      if (requestId === null || document.visibilityState === 'hidden') return;
      since.current = performance.now();
      timer = window.setTimeout(() => setArmed(true), armingDelayMs);
    };
    restart();
    document.addEventListener('visibilitychange', restart);
    window.addEventListener('focus', restart);
    return () => {
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', restart);
      window.removeEventListener('focus', restart);
    };
  }, [requestId]);
  const isArmed = useCallback(() => performance.now() - since.current >= armingDelayMs, []);
  return { armed, isArmed };
}
