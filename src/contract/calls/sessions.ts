import { z } from 'zod';
import { instant } from '../common.ts';
import { gateEvents, gateVerification } from '../gate.ts';
import { replay, report, sessionDetail, sessionSummary, verification } from '../session.ts';
import { nothing } from './inputs.ts';

const sessionId = z.object({ sessionId: z.string().regex(/^[A-Za-z0-9-]{1,64}$/) });

/** Sessions, live and past, and the gate's own journal: looked at, replayed, verified, reported. */
export const sessionCalls = {
  'sessions.list': {
    input: z.object({ text: z.string().max(500).optional(), limit: z.number().int().min(1).max(1000).default(200) }),
    output: z.array(sessionSummary),
  },
  'sessions.get': { input: sessionId, output: sessionDetail },
  'sessions.terminate': { input: sessionId, output: nothing },
  'sessions.verify': { input: sessionId, output: verification },
  'sessions.replay': { input: sessionId, output: replay },
  'sessions.report': { input: sessionId, output: report },
  /** The gate's own journal: who was not let in, start and stop, settings, credentials. */
  'gate.events': {
    /** Those before the event of that id; the latest when it is absent. */
    input: z.object({
      limit: z.number().int().min(1).max(1000).default(200),
      before: z
        .string()
        .regex(/^gate-[0-9A-Za-z-]{1,60}:\d{1,15}$/)
        .optional(),
    }),
    output: gateEvents,
  },
  'gate.verify': { input: nothing, output: gateVerification },
  'gate.report': { input: z.object({ since: instant, until: instant }), output: report },
} as const;
