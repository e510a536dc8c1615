import { assertNever } from '../../contract/index.ts';
import { proveByKey } from './agent-key-proof.ts';
import type { AgentRecord } from './agent-keys.ts';
import { looksLikeToken } from './jwt.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { TokenProver } from './token-prover.ts';
import { type Authenticator, type PresentedProof, type Proof, refused } from './types.ts';

export interface AuthenticatorOptions {
  /** The agents as configured now; asked at every log-in, so that a revocation holds at once. */
  readonly agents: () => readonly AgentRecord[];
  readonly tokens: TokenProver;
  readonly limiter: RateLimiter;
  /** Milliseconds since the epoch; keys may be valid for a time only. */
  readonly clock: () => number;
}

/**
 * Proves an agent by what travels as the password: an access token of a configured provider, or an agent key. The user
 * name of the start-up packet is a claim and is not looked at. A failure that exceeds the limit is to be answered late;
 * who proves itself is never delayed.
 */
export function createAuthenticator({ agents, tokens, limiter, clock }: AuthenticatorOptions): Authenticator {
  const judged = async (presented: PresentedProof): Promise<Proof> => {
    switch (presented.kind) {
      case 'token':
        return tokens.prove(presented.token);
      case 'password': {
        const { password } = presented;
        return looksLikeToken(password) ? tokens.prove(password) : proveByKey(password, agents(), clock());
      }
      case 'unusable':
        return refused(`the client ${presented.reason}`);
      default:
        return assertNever(presented);
    }
  };
  return {
    async authenticate({ proof, source }) {
      const result = await judged(proof);
      return result.ok ? result : { ...result, delayMs: limiter.failed(source) };
    },
  };
}
