import type { Environment, PolicyPreset, RuleAnswer, Verdict } from '../../contract/index.ts';
import type { ParsedStatement, RelationReference, Understanding } from '../sql/effects.ts';

/** Everything a verdict may depend on. Values of parameters are judged through `understanding` and the session's state. */
export interface PolicyInput {
  readonly understanding: Understanding;
  readonly environment: Environment;
  readonly connection: string;
  readonly agent: string;
  readonly subject: string;
  readonly groups: readonly string[];
  readonly database: string;
  readonly role: string;
  readonly protocol: 'simple' | 'extended' | 'function_call';
  readonly transaction: 'idle' | 'open' | 'failed';
  /** Something in flight may have ended that transaction: it may be any of the three by now. */
  readonly transactionMoved: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Rows that the catalog estimates for a relation; null when it does not say. */
  readonly estimatedRows: (relation: RelationReference) => number | null;
  /** Columns that a statement may read or write, as `schema.relation.column` (sql/columns.ts). */
  readonly columns: (statement: ParsedStatement) => readonly string[];
}

/** The answer of a policy: always with the rule that gave it. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly rule: RuleAnswer;
  /** With `ask`: the statement may run in its transaction, and the COMMIT is what waits. */
  readonly atCommit?: true;
}

/** One rule of a policy as it is shown. Rules are asked per statement in order; the first that answers wins; the worst statement wins. */
export interface PolicyRuleView {
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly description: string;
  /** `own`: written by the operator for this connection. */
  readonly origin: 'own' | 'preset';
  /** Id of an earlier rule that answers whatever this one would; null when none is known. */
  readonly shadowedBy: string | null;
}

export interface Policy {
  readonly preset: PolicyPreset;
  readonly title: string;
  readonly description: string;
  readonly rules: readonly PolicyRuleView[];
  judge(input: PolicyInput): Judgement;
}
