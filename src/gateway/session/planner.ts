import { ProtocolError } from '../wire/protocol-error.ts';
import type { Answers } from './answers.ts';
import type { CommitGate } from './commit-gate.ts';
import type { Judged } from './judged.ts';
import type { SessionKnowledge } from './knowledge.ts';
import { comparisonsOf } from './mask-verdict.ts';
import type { NameRegistry } from './names.ts';
import type { PlanOptions } from './plan-member.ts';
import { planUnit } from './plan-unit.ts';
import { RunningStatement } from './running-statement.ts';
import type { Unit } from './segment.ts';
import type { SessionOptions } from './session-options.ts';
import { statementRecord } from './statement-record.ts';
import type { UnitPlan } from './unit-plan.ts';

export interface PlannerOptions {
  readonly session: SessionOptions;
  readonly names: NameRegistry;
  readonly answers: Answers;
  readonly knowledge: SessionKnowledge;
  readonly commitGate: CommitGate;
}

/** Understands, judges and records each statement of a session, in its order, with what the session knows at that moment. */
export class Planner {
  readonly #options: PlannerOptions;
  #statements = 0;

  constructor(options: PlannerOptions) {
    this.#options = options;
  }

  /** Throws ProtocolError on a message that the server would not take either; what was recorded is then said to be skipped. */
  plan(unit: Unit): UnitPlan {
    const made: RunningStatement[] = [];
    const record: PlanOptions['record'] = (...statement) => {
      const running = this.#record(...statement);
      made.push(running);
      return running;
    };
    try {
      return planUnit(unit, this.#planOptions(unit, record));
    } catch (error) {
      // The journal says of what was recorded and will not be sent that it was not.
      if (error instanceof ProtocolError) for (const running of made) running.finish('skipped');
      throw error;
    }
  }

  /** The server failed the segment that this unit belongs to, and drops it unread: it is recorded, and that it was skipped. */
  skip(unit: Unit): void {
    try {
      for (const { running } of this.plan(unit).members) running.finish('skipped');
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }

  #planOptions(unit: Unit, record: PlanOptions['record']): PlanOptions {
    const { session, names, answers, knowledge, commitGate } = this.#options;
    const { agent, subject, connection, database, role } = session.facts;
    const { transaction } = answers;
    return {
      context: {
        ...session.judgeWith(),
        ...knowledge.settings(unit),
        ...{ connection, agent, subject, database, role, transaction },
        transactionMoved: commitGate.moved,
        uncommitted: commitGate.list(transaction),
        caution: session.cautions.current(),
        comparisonsLeft: session.cautions.comparisonsLeft,
      },
      ...{ names, answers, database, role, record },
      searchPath: knowledge.searchPath,
      settings: knowledge.settingsMark,
    };
  }

  #record(...[judged, protocol, parameters, digest]: Parameters<PlanOptions['record']>): RunningStatement {
    const { recorder, monotonic, net, ruleAnswered, rulesMasked, cautions } = this.#options.session;
    const { transaction } = this.#options.answers;
    const statement = ++this.#statements;
    ruleAnswered(judged.rule.id);
    // A refusal keeps what its rules are about, and no result will say so.
    if (judged.masking !== null && judged.masking.refusal !== null) rulesMasked(judged.masking.rules);
    recorder.append(statementRecord({ statement, protocol, parameters, transaction, digest }, judged));
    const running = new RunningStatement(statement, judged, {
      ...{ recorder, monotonic, net },
      use: (usage, running) => cautions.use(usage, running),
      masked: rulesMasked,
    });
    this.#charge(judged);
    return running;
  }

  /** What a statement uses of its budgets by being there; what it returns or changes is charged when that is known. */
  #charge(judged: Judged): void {
    const { cautions } = this.#options.session;
    if (judged.verdict === 'allow' && judged.masking !== null) cautions.compared(comparisonsOf(judged.masking));
    cautions.use({ statements: 1, relations: [...judged.effects.reads, ...judged.effects.writes] }, false);
  }
}
