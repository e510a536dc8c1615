import { createHash, timingSafeEqual } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentRecord, keyFingerprint } from './agent-keys.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Authenticator, LoginResult } from './types.ts';

export interface AgentKeyAuthenticatorOptions {
  /** The agents as configured now; asked at every log-in, so that a revocation holds at once. */
  readonly agents: () => readonly AgentRecord[];
  readonly limiter: RateLimiter;
  /** Milliseconds since the epoch; keys may be valid for a time only. */
  readonly clock: () => number;
  /** Waits before a limited failure is answered, in milliseconds. */
  readonly wait?: ((delayMs: number) => Promise<unknown>) | undefined;
}

/**
 * Proves an agent by its key, which travels as the password. The user name of the start-up packet is a claim and is not
 * looked at. A failure that exceeds the limit is answered late and marked `rateLimited`; a right key is never delayed.
 */
export function createAgentKeyAuthenticator(options: AgentKeyAuthenticatorOptions): Authenticator {
  const wait = options.wait ?? sleep;
  return {
    async authenticate({ password, source }) {
      const judged = judge(password, options.agents(), options.clock());
      if (judged.ok) return judged;
      const delay = options.limiter.failed(source);
      if (delay > 0) await wait(delay);
      return { ...judged, rateLimited: delay > 0 };
    },
  };
}

/** Every record is compared, in constant time each, so that the time taken tells nothing about which one came close. */
function judge(key: string, agents: readonly AgentRecord[], now: number): LoginResult {
  const presented = createHash('sha256').update(key, 'utf8').digest();
  let found: AgentRecord | null = null;
  let revoked: AgentRecord | null = null;
  for (const agent of agents) {
    const kept = Buffer.from(agent.keyHash, 'hex');
    const same = kept.length === presented.length && timingSafeEqual(kept, presented);
    if (same && agent.revokedAt !== null) revoked = agent;
    else if (same) found = agent;
  }
  if (revoked !== null) return refused(`the key of agent ${revoked.name} has been revoked`);
  if (found === null) return refused(key === '' ? 'no agent key was given' : 'no agent has this key');
  const until = found.scope?.validUntil;
  if (until !== undefined && now >= Date.parse(until)) {
    return refused(`the key of agent ${found.name} was valid until ${until}`);
  }
  return {
    ok: true,
    identity: { agent: found.name, subject: `key:${keyFingerprint(found.keyHash)}`, connections: found.connections },
  };
}

const refused = (reason: string): LoginResult => ({ ok: false, reason, rateLimited: false });
