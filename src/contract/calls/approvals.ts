import { z } from 'zod';
import { approvalRequest, decideInput } from '../approval.ts';
import { nothing } from './inputs.ts';

/** Statements that wait for the operator, and what becomes of them. */
export const approvalCalls = {
  'approvals.list': {
    input: nothing,
    output: z.object({
      /** Oldest first. */
      pending: z.array(approvalRequest),
      /** Given up by their agents: to be decided for the retry, or with a ticket that was not used yet. Oldest first. */
      retries: z.array(approvalRequest),
      /** Decided as whole sequences that still answer statements. Oldest first. */
      sequences: z.array(approvalRequest),
      /** The latest that ended, newest first. */
      decided: z.array(approvalRequest),
    }),
  },
  'approvals.decide': { input: decideInput, output: approvalRequest },
  /** Takes back a ticket that was not used yet. */
  'approvals.withdrawTicket': { input: z.object({ id: z.string() }), output: approvalRequest },
  /** Ends what was decided for a whole sequence: its next statement asks again. */
  'approvals.endSequence': { input: z.object({ id: z.string() }), output: approvalRequest },
} as const;
