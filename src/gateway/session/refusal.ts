import { type DeadlineCause, type RuleAnswer, timeoutText, type Verdict } from '../../contract/index.ts';
import { causeHint } from '../approval/deadline.ts';
import { retryLimit } from '../approval/retry-book.ts';
import type { Decision } from '../approval/types.ts';
import { sqlstate } from '../wire/constants.ts';
import type { ErrorText } from '../wire/encode-backend.ts';

/** One after the other, each ended by a full stop. Many MCP servers hand on the message alone (decision 0032). */
const sentences = (...parts: readonly (string | null | undefined)[]): string =>
  parts
    .filter((part) => part !== null && part !== undefined && part !== '')
    .map((part) => (/[.!?]$/.test(part ?? '') ? part : `${part}.`))
    .join(' ');

/** The error an agent sees for a statement that a rule refuses. It says what happened, by which rule, and what to do instead. */
export function refusedByRule(verdict: Verdict, rule: RuleAnswer): ErrorText {
  return {
    severity: verdict === 'terminate' ? 'FATAL' : 'ERROR',
    sqlstate: sqlstate.insufficientPrivilege,
    message: sentences(`Postern refused this statement: ${rule.reason}`, rule.hint),
    detail: `verdict: ${verdict}; rule: ${rule.id} (${rule.title}). The statement was not sent to the database.`,
    hint: rule.hint ?? undefined,
  };
}

/** The error for a COPY TO STDOUT whose rows have to be masked, and cannot be here. */
export function refusedCopy({ reason, hint }: { readonly reason: string; readonly hint: string }): ErrorText {
  const instead = `${hint} Or use SELECT: it is masked.`;
  return {
    severity: 'ERROR',
    sqlstate: sqlstate.insufficientPrivilege,
    message: sentences(`Postern refused this COPY, whose rows have to be masked: ${reason}`, instead),
    detail: 'The statement was not sent to the database.',
    hint: instead,
  };
}

const answerMinutes = retryLimit.answerMs / 60_000;

/** What an agent gains by telling a statement again that it gave up. */
const laterApproval = `If the operator approves within ${retryLimit.offerMs / 60_000} minutes, the identical statement will run at once when it is sent again (once, for ${answerMinutes} minutes).`;

/**
 * The error for a statement that waited and was not approved. `cause`: the server's timeout that left it no more time.
 * `repeatable`: a later decision may still be of use to a retry.
 */
export function refusedByDecision(
  rule: RuleAnswer,
  decision: Pick<Decision, 'state' | 'reason'>,
  cause: DeadlineCause | null,
  repeatable = false,
): ErrorText {
  if (decision.state === 'cancelled') {
    return {
      severity: 'ERROR',
      sqlstate: sqlstate.queryCanceled,
      message: 'canceling statement due to user request',
      detail: 'The statement was waiting for approval in Postern and was not sent to the database.',
      hint: repeatable ? laterApproval : undefined,
    };
  }
  const why = decision.reason ?? 'no reason given';
  const denied = decision.state === 'denied';
  const hint = denied
    ? 'Do not repeat it unchanged; ask the operator what would be acceptable.'
    : decision.state === 'expired' && cause !== null
      ? causeHint(cause)
      : (rule.hint ?? undefined);
  return {
    severity: 'ERROR',
    sqlstate: sqlstate.insufficientPrivilege,
    message: denied
      ? sentences(`The operator denied this statement: ${why}`, hint)
      : sentences(`Postern did not run this statement, which needs approval: ${why}`, rule.reason, hint),
    detail: `verdict: ask; rule: ${rule.id} (${rule.title}); decision: ${decision.state}. ${rule.reason} The statement was not sent to the database.`,
    hint,
  };
}

/** The error for a statement that would have been held, had the database said how long its session may wait. */
export function refusedUnmeasured(rule: RuleAnswer): ErrorText {
  return {
    severity: 'ERROR',
    sqlstate: sqlstate.insufficientPrivilege,
    message: `Postern did not run this statement, which needs approval: the database did not tell how long it lets this session wait`,
    detail: `verdict: ask; rule: ${rule.id} (${rule.title}). ${rule.reason} Nobody was asked, and the statement was not sent to the database.`,
    hint: 'Roll back and try again; a very short statement_timeout is a likely reason.',
  };
}

/** What the client hears while its statement waits. `cause`: the server's timeout that leaves it no more time. */
export function waitingNotice(
  rule: RuleAnswer,
  deadlineMs: number,
  cause: DeadlineCause | null,
  repeatable = false,
): ErrorText {
  const limit = cause === null ? '' : `, because the database ends this session then: ${timeoutText(cause)}`;
  return {
    severity: 'NOTICE',
    sqlstate: '00000',
    message: `Postern holds this statement until the operator decides (at most ${Math.round(deadlineMs / 1000)} s${limit}): ${rule.reason}`,
    detail: `verdict: ask; rule: ${rule.id} (${rule.title}).`,
    hint: repeatable ? `You may stop waiting. ${laterApproval}` : undefined,
  };
}

/** What the client hears when its statement runs at once because it was approved after it had been given up. */
export function ticketNotice(rule: RuleAnswer): ErrorText {
  return {
    severity: 'NOTICE',
    sqlstate: '00000',
    message: 'The operator approved this statement after it was given up: it runs now, this once',
    detail: `verdict: ask; rule: ${rule.id} (${rule.title}).`,
  };
}

/** What the client hears when its statement runs at once because the sequence that it is part of was approved as a whole. */
export function sequenceNotice(rule: RuleAnswer): ErrorText {
  return {
    severity: 'NOTICE',
    sqlstate: '00000',
    message: 'The operator approved the whole sequence that this statement is part of',
    detail: `verdict: ask; rule: ${rule.id} (${rule.title}).`,
  };
}

/** The error for a statement of a sequence that was denied as a whole. */
export function refusedBySequence(rule: RuleAnswer, reason: string | null): ErrorText {
  const hint =
    'Do not go on with it statement by statement or in other words; stop, and ask the operator what would be acceptable.';
  return {
    severity: 'ERROR',
    sqlstate: sqlstate.insufficientPrivilege,
    message: sentences(
      `The operator denied the whole sequence that this statement is part of: ${reason ?? 'no reason given'}`,
      hint,
    ),
    detail: `verdict: ask; rule: ${rule.id} (${rule.title}); decision: denied. ${rule.reason} The statement was not sent to the database.`,
    hint,
  };
}

/** What stands behind a copy of masked values in one pipeline would be judged as if there were none. */
export const behindCopy: ErrorText = {
  severity: 'ERROR',
  sqlstate: sqlstate.insufficientPrivilege,
  message: 'Postern refused this statement: it stands behind one that copies masked values, in the same pipeline',
  detail: 'The statement was not sent to the database.',
  hint: 'Send it after a Sync, when the copy is done.',
};

/** The error for a Bind of yet another named portal in a session that has too many open. */
export const tooManyPortals: ErrorText = {
  severity: 'ERROR',
  sqlstate: sqlstate.programLimitExceeded,
  message: 'Postern refused this statement: too many portals are open in this session',
  detail: 'The statement was not sent to the database.',
  hint: 'Close portals that are no longer needed, or end the transaction.',
};
