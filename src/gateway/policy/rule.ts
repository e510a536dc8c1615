import type { ParsedStatement } from '../sql/effects.ts';
import type { PolicyInput } from './types.ts';

/** What a preset's rule may depend on besides the statement: its answers are kept for each of these. */
export type RulePlace = Pick<PolicyInput, 'environment'>;

/** A rule without a verdict: a preset says what follows from it. */
export interface Rule {
  /** Kebab case; stable, because journals, tickets and agents refer to it. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** What an agent can do instead; null when there is nothing to do. */
  readonly hint: string | null;
  /** Why the rule applies to this statement, naming what it is about; null when it does not apply. */
  applies(statement: ParsedStatement, place: RulePlace): string | null;
}

/** Rows that one INSERT may bring as literals and still count as small. */
export const SMALL_INSERT_ROWS = 100;
