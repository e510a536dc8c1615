import { DeskError, messageOf } from '../../contract/index.ts';
import { type AgentRecord, hashAgentKey } from '../../gateway/identity/agent-keys.ts';
import type { ConfigFile, KeySource } from './config-file.ts';

/** Keys shorter than this can be guessed; they are taken, with a warning (characters). */
export const shortKey = 16;

export interface KeyPorts {
  /** Variables are deleted from it once read. */
  readonly environment: Record<string, string | undefined>;
  readonly readDescriptor: (descriptor: number) => string;
  readonly warn: (message: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The agents of a configuration, keys read once and kept as hashes.
 * Throws DeskError `agent_key_missing` that names the agent and where its key was looked for.
 */
export function readAgents(agents: ConfigFile['agents'], ports: KeyPorts): AgentRecord[] {
  // Two agents may name one variable; that is refused below as a shared key, not as a missing variable.
  const used = new Set<string>();
  const records = agents.map(({ name, key, connections, scope, groups, formerKeys }, index): AgentRecord => {
    const keyHash = readKey(key, `agents[${index}] (${name})`, ports, used);
    return {
      ...{ name, keyHash, connections, createdAt: ports.now(), revokedAt: null },
      ...(scope && { scope }),
      ...(groups && { groups }),
      ...(formerKeys && {
        formerKeys: formerKeys.map(({ hash, until }) => ({ keyHash: hash, until: Date.parse(until) })),
      }),
    };
  });
  for (const variable of used) delete ports.environment[variable];
  for (const [index, { keyHash, name }] of records.entries()) {
    const other = records.slice(0, index).find((record) => record.keyHash === keyHash);
    if (other !== undefined) {
      throw new DeskError(
        'agent_key_shared',
        `The agents ${other.name} and ${name} have the same key.`,
        'The key says who asks: give each agent its own (`postern key`).',
      );
    }
  }
  return records;
}

function readKey(source: KeySource, whose: string, ports: KeyPorts, used: Set<string>): string {
  if ('hash' in source) return source.hash;
  const key =
    'environment' in source
      ? fromEnvironment(source.environment, whose, ports, used)
      : fromDescriptor(source.fileDescriptor, whose, ports);
  if (key.length < shortKey) {
    ports.warn(
      `The key of ${whose} has fewer than ${shortKey} characters and can be guessed. Make one with \`postern key\`.`,
    );
  }
  return hashAgentKey(key);
}

function fromEnvironment(variable: string, whose: string, { environment }: KeyPorts, used: Set<string>): string {
  const key = environment[variable];
  if (key === undefined || key === '') {
    throw new DeskError(
      'agent_key_missing',
      `The key of ${whose} should be in the environment variable ${variable}, which is not set.`,
      `Set ${variable}, or give the key's hash in the file (\`postern key\` makes both).`,
    );
  }
  used.add(variable);
  return key;
}

function fromDescriptor(descriptor: number, whose: string, { readDescriptor }: KeyPorts): string {
  let key = '';
  try {
    key = readDescriptor(descriptor).replace(/\r?\n$/, '');
  } catch (error) {
    throw new DeskError(
      'agent_key_missing',
      `The key of ${whose} should come over file descriptor ${descriptor}: ${messageOf(error)}.`,
      `Start Postern with that descriptor open, e.g. \`postern serve --config FILE ${descriptor}< keyfile\`.`,
    );
  }
  if (key === '')
    throw new DeskError(
      'agent_key_missing',
      `File descriptor ${descriptor}, for the key of ${whose}, holds nothing.`,
      'Write the key to it, on one line.',
    );
  return key;
}
