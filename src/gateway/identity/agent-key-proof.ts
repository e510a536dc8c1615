import { timingSafeEqual } from 'node:crypto';
import { assertNever } from '../../contract/index.ts';
import { type AgentRecord, hashAgentKey, type KeyStanding, keyFingerprint, keyStanding } from './agent-keys.ts';
import { type Proof, refused } from './types.ts';

interface Match {
  readonly agent: AgentRecord;
  readonly standing: KeyStanding;
}

/**
 * Every key that was ever given out is compared, in constant time each, so that the time taken tells nothing about which one
 * came close. Who shows one that no longer counts has proved that it was theirs, and is told what became of it.
 */
export function proveByKey(key: string, agents: readonly AgentRecord[], now: number): Proof {
  const keyHash = hashAgentKey(key);
  const presented = Buffer.from(keyHash, 'hex');
  const matches: Match[] = [];
  for (const agent of agents) {
    let same = false;
    for (const kept of [agent, ...(agent.formerKeys ?? [])]) same = isSame(kept.keyHash, presented) || same;
    if (same) matches.push({ agent, standing: keyStanding(agent, keyHash, now) });
  }
  // Two records should never share a key. If they do, the one that was taken back counts.
  const match = matches.find(({ standing }) => standing.kind !== 'good') ?? matches[0];
  if (match === undefined) return refused(key === '' ? 'no agent key was given' : 'no agent has this key');
  return match.standing.kind === 'good' ? proved(match.agent, keyHash) : refusedKey(match);
}

function isSame(keptHash: string, presented: Buffer): boolean {
  const kept = Buffer.from(keptHash, 'hex');
  return kept.length === presented.length && timingSafeEqual(kept, presented);
}

const proved = ({ name, connections, groups = [] }: AgentRecord, keyHash: string): Proof => ({
  ok: true,
  identity: {
    agent: name,
    subject: `key:${keyFingerprint(keyHash)}`,
    groups,
    connections,
    token: null,
    keyHash,
  },
});

function refusedKey({ agent: { name }, standing }: Match): Proof {
  switch (standing.kind) {
    case 'revoked':
      return refused(`the key of agent ${name} has been revoked`, 'This agent key has been revoked.');
    case 'expired': {
      const until = new Date(standing.until).toISOString();
      return refused(`the key of agent ${name} was valid until ${until}`, `This agent key was valid until ${until}.`);
    }
    case 'replaced': {
      const until = new Date(standing.until).toISOString();
      return refused(
        `the key of agent ${name} was replaced by a new one and valid until ${until}`,
        `This agent key was replaced by a new one and valid until ${until}. Ask the operator for the new key.`,
      );
    }
    case 'good':
    case 'foreign':
      return refused('no agent has this key');
    default:
      return assertNever(standing);
  }
}
