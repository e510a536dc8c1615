import { z } from 'zod';
import { identifier } from '../common.ts';
import { agentAddress, agentGroups, agentView } from '../connection.ts';
import { scope } from '../policy.ts';
import { nothing } from './inputs.ts';

/** The key is in this answer and nowhere else, ever. */
const newKey = z.object({ agent: agentView, key: z.string(), addresses: z.array(agentAddress) });

/** Agents that have a key. */
export const agentCalls = {
  'agents.list': { input: nothing, output: z.array(agentView) },
  'agents.create': {
    input: z.object({
      name: identifier,
      connections: z.array(identifier).min(1),
      scope: scope.optional(),
      groups: agentGroups.default([]),
    }),
    output: newKey,
  },
  /** What the key of an agent is for. It holds from the next statement on; sessions that it no longer covers end. */
  'agents.change': {
    input: z.object({
      name: identifier,
      connections: z.array(identifier).min(1),
      scope: scope.nullable(),
      groups: agentGroups,
    }),
    output: agentView,
  },
  /** A new key for the same agent. The one before, and any earlier, is good for `graceSeconds` more; then its sessions end. */
  'agents.rotate': {
    input: z.object({
      name: identifier,
      graceSeconds: z
        .number()
        .int()
        .min(0)
        .max(30 * 86_400),
    }),
    output: newKey,
  },
  'agents.revoke': { input: z.object({ name: identifier }), output: agentView },
} as const;
