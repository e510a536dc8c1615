import { createHash, timingSafeEqual } from 'node:crypto';
import { type AgentRecord, keyFingerprint } from './agent-keys.ts';
import { type Proof, refused } from './types.ts';

/** Every record is compared, in constant time each, so that the time taken tells nothing about which one came close. */
export function proveByKey(key: string, agents: readonly AgentRecord[], now: number): Proof {
  const presented = createHash('sha256').update(key, 'utf8').digest();
  let found: AgentRecord | null = null;
  let revoked: AgentRecord | null = null;
  for (const agent of agents) {
    const kept = Buffer.from(agent.keyHash, 'hex');
    const same = kept.length === presented.length && timingSafeEqual(kept, presented);
    if (same && agent.revokedAt !== null) revoked = agent;
    else if (same) found = agent;
  }
  if (revoked !== null) {
    return refused(`the key of agent ${revoked.name} has been revoked`, 'This agent key has been revoked.');
  }
  if (found === null) return refused(key === '' ? 'no agent key was given' : 'no agent has this key');
  const until = found.scope?.validUntil;
  if (until !== undefined && now >= Date.parse(until)) {
    return refused(
      `the key of agent ${found.name} was valid until ${until}`,
      `This agent key was valid until ${until}.`,
    );
  }
  return {
    ok: true,
    identity: {
      agent: found.name,
      subject: `key:${keyFingerprint(found.keyHash)}`,
      groups: [],
      connections: found.connections,
      token: null,
    },
  };
}
