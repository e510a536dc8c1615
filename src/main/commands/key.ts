import { createAgentKey, hashAgentKey } from '../../gateway/identity/agent-keys.ts';
import type { CommandEnvironment, ExitCode } from './environment.ts';

/** `postern key`: a new agent key and the hash that stands for it in a configuration file. Nothing is stored. */
export function key({ print, random }: Pick<CommandEnvironment, 'print' | 'random'>): ExitCode {
  const made = createAgentKey(random);
  print(
    `key   ${made}\nhash  ${hashAgentKey(made)}\n\nGive the key to the agent. Put the hash into the configuration: "key": { "hash": "…" }\n`,
  );
  return 0;
}
