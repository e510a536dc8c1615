import type { RuleAnswer } from '../../contract/index.ts';
import type { SessionBudget, Usage } from '../policy/budget.ts';
import type { Judgement } from '../policy/types.ts';
import type { Effects } from '../sql/effects.ts';

/** A reason of the session's own to ask about statements that the policy would let pass: a budget used up, a database that changed. */
export interface Caution {
  readonly verdict: 'ask' | 'terminate';
  readonly rule: RuleAnswer;
}

/** What a session has used up, asked anew for every statement: those of one pipeline use it up for each other. */
export interface CautionState {
  /** Why the next statement is to be asked about; null when it is not. */
  current(): Caution | null;
  /** Values that the session may still compare masked columns with, where rules allow that up to a number. */
  readonly comparisonsLeft: number;
}

/** What a session may always do: end its transaction and look after itself. Nothing of it reads or writes. */
const housekeeping = new Set(['transaction', 'session']);

/** The judgement with a caution added to it. What is asked about or refused anyway keeps its own reason. */
export function withCaution(judgement: Judgement, caution: Caution | null, effects: readonly Effects[]): Judgement {
  if (caution === null || (judgement.verdict === 'ask' && judgement.atCommit !== true && caution.verdict === 'ask')) {
    return judgement;
  }
  if (judgement.verdict === 'block' || judgement.verdict === 'terminate') return judgement;
  const harmless =
    effects.length > 0 &&
    effects.every(
      ({ kinds, functions }) =>
        functions.length === 0 && kinds.length > 0 && kinds.every((kind) => housekeeping.has(kind)),
    );
  return harmless ? judgement : { verdict: caution.verdict, rule: caution.rule };
}

/** Ends a session that used up a budget in the middle of a result. */
export class BudgetExhausted extends Error {
  constructor(reason: string) {
    super(`${reason} Postern ended the session.`);
    this.name = 'BudgetExhausted';
  }
}

const changedTarget = 'changed-target';

const targetRule = (reason: string): RuleAnswer => ({
  id: changedTarget,
  title: 'The connection reaches a database that you may not mean',
  reason,
  hint: 'The operator says under Connections whether this database is the right one.',
});

const budgetRule = (reason: string): RuleAnswer => ({
  id: 'budget',
  title: 'The budget is used up',
  reason,
  hint: 'Read and write less at a time; the operator is asked for more.',
});

/** What one session has to be asked about beyond its policy, as it stands at this moment. */
export class Cautions implements CautionState {
  readonly #budget: SessionBudget;
  readonly #targetDoubt: () => string | null;
  readonly #comparisons: () => number;
  #compared = 0;
  #targetApproved = false;

  /**
   * `targetDoubt`: why the database that was reached may be the wrong one, as it stands now; null when it is not doubted.
   * `comparisons`: values that masked columns may be compared with, where their rules let a number pass.
   */
  constructor(budget: SessionBudget, targetDoubt: () => string | null, comparisons: () => number) {
    this.#budget = budget;
    this.#targetDoubt = targetDoubt;
    this.#comparisons = comparisons;
  }

  get comparisonsLeft(): number {
    return this.#comparisons() - this.#compared;
  }

  /** So many of them are used now. */
  compared(values: number): void {
    this.#compared += values;
  }

  current(): Caution | null {
    const doubt = this.#targetApproved ? null : this.#targetDoubt();
    if (doubt !== null) return { verdict: 'ask', rule: targetRule(doubt) };
    const overrun = this.#budget.overrun();
    return overrun === null ? null : { verdict: overrun.over, rule: budgetRule(overrun.reason) };
  }

  /** The operator approved a statement that this rule asked about. */
  approved(ruleId: string): void {
    if (ruleId === 'budget') this.#budget.extend();
    if (ruleId === changedTarget) this.#targetApproved = true;
  }

  /** Counts what a statement used. While it still runs: throws BudgetExhausted where a budget ends the session. */
  use(usage: Usage, running: boolean): void {
    this.#budget.add(usage);
    const overrun = running ? this.#budget.overrun() : null;
    if (overrun?.over === 'terminate') throw new BudgetExhausted(overrun.reason);
  }
}
