import { DeskError } from '../../contract/index.ts';
import type { AgentRecord } from '../../gateway/identity/agent-keys.ts';

/** Replaced keys that are kept per agent; whoever shows an older one is told no more than that it is wrong. */
const keptKeys = 50;

/**
 * The agent with a new key. The one before is good for `graceSeconds` more, and no earlier one for longer. Throws DeskError
 * `agent_revoked`, `agent_expired`: a new key would be refused as the old one is. `now` in milliseconds since the epoch.
 */
export function rotated(agent: AgentRecord, keyHash: string, graceSeconds: number, now: number): AgentRecord {
  const { name, revokedAt, scope, formerKeys = [] } = agent;
  if (revokedAt !== null) {
    throw new DeskError(
      'agent_revoked',
      `The agent ${name} was revoked, and has no key to replace.`,
      'Add a new agent.',
    );
  }
  if (scope?.validUntil !== undefined && now >= Date.parse(scope.validUntil)) {
    throw new DeskError(
      'agent_expired',
      `The agent ${name} was valid until ${scope.validUntil}, and so would be its new key.`,
      'Change until when it is valid first.',
    );
  }
  const until = now + graceSeconds * 1000;
  const former = [
    { keyHash: agent.keyHash, until },
    ...formerKeys.map((key) => ({ ...key, until: Math.min(key.until, until) })),
  ];
  return { ...agent, keyHash, formerKeys: former.slice(0, keptKeys) };
}
