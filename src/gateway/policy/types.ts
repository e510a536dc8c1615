import type { Environment, PolicyPreset, RuleAnswer, Verdict } from '../../contract/index.ts';
import type { Understanding } from '../sql/effects.ts';

/** Everything a verdict may depend on. Values of parameters are judged through `understanding` and the session's state. */
export interface PolicyInput {
  readonly understanding: Understanding;
  readonly environment: Environment;
  readonly connection: string;
  readonly agent: string;
  readonly protocol: 'simple' | 'extended' | 'function_call';
  readonly transaction: 'idle' | 'open' | 'failed';
}

/** The answer of a policy: always with the rule that gave it. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly rule: RuleAnswer;
}

/** One rule of a preset. Rules are asked per statement in order; the first that answers wins; the worst statement wins. */
export interface PolicyRule {
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
  readonly description: string;
}

export interface Policy {
  readonly preset: PolicyPreset;
  readonly title: string;
  readonly description: string;
  readonly rules: readonly PolicyRule[];
  judge(input: PolicyInput): Judgement;
}
