import { setTimeout as sleep } from 'node:timers/promises';
import { proveByKey } from './agent-key-proof.ts';
import type { AgentRecord } from './agent-keys.ts';
import { looksLikeToken } from './jwt.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { TokenProver } from './token-prover.ts';
import type { Authenticator } from './types.ts';

export interface AuthenticatorOptions {
  /** The agents as configured now; asked at every log-in, so that a revocation holds at once. */
  readonly agents: () => readonly AgentRecord[];
  readonly tokens: TokenProver;
  readonly limiter: RateLimiter;
  /** Milliseconds since the epoch; keys may be valid for a time only. */
  readonly clock: () => number;
  /** Waits before a limited failure is answered, in milliseconds. */
  readonly wait?: ((delayMs: number) => Promise<unknown>) | undefined;
}

/**
 * Proves an agent by what travels as the password: an access token of a configured provider, or an agent key. The user
 * name of the start-up packet is a claim and is not looked at. A failure that exceeds the limit is answered late and
 * marked `rateLimited`; who proves itself is never delayed.
 */
export function createAuthenticator({
  agents,
  tokens,
  limiter,
  clock,
  wait = sleep,
}: AuthenticatorOptions): Authenticator {
  return {
    async authenticate({ password, source }) {
      const proof = looksLikeToken(password) ? await tokens.prove(password) : proveByKey(password, agents(), clock());
      if (proof.ok) return proof;
      const delay = limiter.failed(source);
      if (delay > 0) await wait(delay);
      return { ...proof, rateLimited: delay > 0 };
    },
  };
}
