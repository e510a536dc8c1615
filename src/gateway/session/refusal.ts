import type { RuleAnswer, Verdict } from '../../contract/index.ts';
import type { Decision } from '../approval/types.ts';
import { sqlstate } from '../wire/constants.ts';
import type { ErrorText } from '../wire/encode-backend.ts';

/** The error an agent sees for a statement that a rule refuses. It says what happened, by which rule, and what to do instead. */
export function refusedByRule(verdict: Verdict, rule: RuleAnswer): ErrorText {
  return {
    severity: verdict === 'terminate' ? 'FATAL' : 'ERROR',
    sqlstate: sqlstate.insufficientPrivilege,
    message: `Postern refused this statement: ${rule.reason}`,
    detail: `verdict: ${verdict}; rule: ${rule.id} (${rule.title}). The statement was not sent to the database.`,
    hint: rule.hint ?? undefined,
  };
}

/** The error for a statement that waited and was not approved. */
export function refusedByDecision(rule: RuleAnswer, decision: Decision): ErrorText {
  if (decision.state === 'cancelled') {
    return {
      severity: 'ERROR',
      sqlstate: sqlstate.queryCanceled,
      message: 'canceling statement due to user request',
      detail: 'The statement was waiting for approval in Postern and was not sent to the database.',
    };
  }
  const why = decision.reason ?? 'no reason given';
  const message =
    decision.state === 'denied'
      ? `The operator denied this statement: ${why}`
      : `Postern did not run this statement, which needs approval: ${why}`;
  return {
    severity: 'ERROR',
    sqlstate: sqlstate.insufficientPrivilege,
    message,
    detail: `verdict: ask; rule: ${rule.id} (${rule.title}); decision: ${decision.state}. ${rule.reason} The statement was not sent to the database.`,
    hint:
      decision.state === 'denied'
        ? 'Do not repeat it unchanged; ask the operator what would be acceptable.'
        : (rule.hint ?? undefined),
  };
}

/** What the client hears while its statement waits. */
export function waitingNotice(rule: RuleAnswer, deadlineMs: number): ErrorText {
  return {
    severity: 'NOTICE',
    sqlstate: '00000',
    message: `Postern holds this statement until the operator decides (at most ${Math.round(deadlineMs / 1000)} s): ${rule.reason}`,
    detail: `verdict: ask; rule: ${rule.id} (${rule.title}).`,
  };
}
