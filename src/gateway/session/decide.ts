import type { RuleAnswer } from '../../contract/index.ts';
import type { Answers } from './answers.ts';
import type { Cancels } from './cancels.ts';
import type { Cautions } from './caution.ts';
import type { Holds } from './holds.ts';
import { refusedByRule } from './refusal.ts';
import type { UnitPlan } from './unit-plan.ts';

export interface DecideOptions {
  readonly holds: Holds;
  readonly cancels: Cancels;
  readonly answers: Answers;
  readonly cautions: Cautions;
  /** Whether the session has ended meanwhile. */
  readonly ended: () => boolean;
}

/**
 * What is to be done with a unit: sent, with a refusal where a member may not run; dropped, since the server failed the
 * segment meanwhile; nothing, since the session has ended; or the session is to end, by a rule.
 */
export type Decided =
  | { readonly next: 'send' | 'skip' | 'ended' }
  | { readonly next: 'terminate'; readonly rule: RuleAnswer };

/** Gets an answer for every member that needs one, in order. What follows a refused one is not asked about: it will be skipped. */
export async function decideUnit(plan: UnitPlan, options: DecideOptions): Promise<Decided> {
  const { holds, cancels, answers, cautions, ended } = options;
  holds.nextUnit();
  for (const [position, member] of plan.members.entries()) {
    const { verdict, rule } = member.judged;
    cancels.refuse([member]);
    if (member.refusal !== null) break;
    if (verdict === 'terminate') {
      member.running.finish('refused');
      return { next: 'terminate', rule };
    }
    if (verdict === 'block') member.refusal = refusedByRule('block', rule);
    if (verdict === 'ask') {
      await holds.hold(member, plan.members.slice(position + 1));
      if (member.refusal === null) cautions.approved(rule.id);
    }
    if (ended()) return { next: 'ended' };
    if (answers.skipping) return { next: 'skip' };
    if (member.refusal !== null) break;
  }
  return { next: 'send' };
}

/** Says of a unit whose session ended while it was being decided that none of it was sent. */
export function finishUnsent(plan: UnitPlan): void {
  for (const { running, refusal } of plan.members) {
    if (refusal !== null) running.failed({ C: refusal.sqlstate, M: refusal.message });
    running.finish(refusal === null ? 'skipped' : 'refused');
  }
}
