import { z } from 'zod';
import { approvalRequest } from './approval.ts';
import { agentCalls } from './calls/agents.ts';
import { approvalCalls } from './calls/approvals.ts';
import { connectionCalls } from './calls/connections.ts';
import { identityCalls } from './calls/identity.ts';
import { nothing } from './calls/inputs.ts';
import { maskingCalls } from './calls/masking.ts';
import { policyCalls } from './calls/policy.ts';
import { sealCalls } from './calls/seal.ts';
import { sessionCalls } from './calls/sessions.ts';
import { tlsMode } from './common.ts';
import { agentAddress } from './connection.ts';
import { sessionSummary } from './session.ts';
import { statementEntry } from './statement.ts';

/** Something the operator should know about the gate itself; it stays until it is no longer true. */
export const problem = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });
export type Problem = z.infer<typeof problem>;

export const overview = z.object({
  version: z.string(),
  host: z.enum(['electron', 'headless']),
  demo: z.boolean(),
  /** `settings`: the desk may change connections, agents and rules. `file`: they come from a configuration file. */
  managedBy: z.enum(['settings', 'file']),
  listeners: z.array(z.object({ host: z.string(), port: z.number().int(), tls: tlsMode })),
  addresses: z.array(agentAddress),
  journalFolder: z.string(),
  approvalDeadlineMs: z.number().int().nonnegative(),
  problems: z.array(problem),
});
export type Overview = z.infer<typeof overview>;

/** Every call of the desk: name, what goes in, what comes out. The only list; all transports and both hosts share it. */
export const calls = {
  'desk.overview': { input: nothing, output: overview },
  ...sealCalls,
  ...approvalCalls,
  ...sessionCalls,
  ...connectionCalls,
  ...agentCalls,
  ...identityCalls,
  ...maskingCalls,
  ...policyCalls,
} as const;

/** Every event of the desk. A listener that missed some asks for the list again; events carry whole new states. */
export const events = {
  'approval.changed': approvalRequest,
  'session.changed': sessionSummary,
  'statement.changed': z.object({ sessionId: z.string(), statement: statementEntry }),
  'connections.changed': nothing,
  'agents.changed': nothing,
  'identity.changed': nothing,
  'overview.changed': nothing,
  'seal.changed': nothing,
  /** The gate's own journal has grown. */
  'gate.changed': nothing,
  /** At most every three seconds for each connection. */
  'findings.changed': z.object({ connection: z.string() }),
} as const;

export type CallName = keyof typeof calls;
export type CallInput<N extends CallName> = z.input<(typeof calls)[N]['input']>;
export type CallArguments<N extends CallName> = z.output<(typeof calls)[N]['input']>;
export type CallOutput<N extends CallName> = z.output<(typeof calls)[N]['output']>;
export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.output<(typeof events)[N]>;

/** What a host offers to the desk: one handler for each call. */
export type Handlers = { readonly [N in CallName]: (input: CallArguments<N>) => Promise<CallOutput<N>> };
