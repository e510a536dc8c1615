import { z } from 'zod';
import { instant } from './common.ts';
import { verification } from './session.ts';

/**
 * What an entry of the gate's own journal is about, after PCI DSS 10.2.1: who was not let in; start and stop of recording;
 * changes of settings; of credentials; which database answers; decisions that reach beyond a session; who read journals.
 */
export const gateEventKind = z.enum(['refusal', 'gate', 'settings', 'credential', 'target', 'decision', 'journal']);
export type GateEventKind = z.infer<typeof gateEventKind>;

/** One entry of the gate's own journal, in words. */
export const gateEvent = z.object({
  /** Journal and record: `gate-…:7`. */
  id: z.string(),
  at: instant,
  kind: gateEventKind,
  /** Whether somebody should look at it. */
  alarm: z.boolean(),
  title: z.string(),
  text: z.string(),
  /** Who, as far as it is known: an address, a user of this machine, an agent, an operator. */
  who: z.string().nullable(),
  /** The session that it belongs to. */
  sessionId: z.string().nullable(),
});
export type GateEvent = z.infer<typeof gateEvent>;

export const gateEvents = z.object({
  /** Newest first. */
  events: z.array(gateEvent),
  /** Whether there are older ones. */
  more: z.boolean(),
  /** Journals that could be read only in part: verify them. */
  damaged: z.array(z.string()),
});
export type GateEvents = z.infer<typeof gateEvents>;

/** What the verifier says of the gate's journals, one for each start of the gate, oldest first. */
export const gateVerification = z.object({
  ok: z.boolean(),
  journals: z.array(z.object({ name: z.string(), live: z.boolean(), verification })),
});
export type GateVerification = z.infer<typeof gateVerification>;
