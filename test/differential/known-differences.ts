import type { Disagreement } from './compare.ts';

/** Where a statement of a suite did something that its effects do not say. */
export interface Finding extends Disagreement {
  readonly test: string;
  readonly line: number;
  readonly sql: string;
}

/** A difference that is understood and right to leave. */
interface Known {
  readonly problem: Disagreement['problem'];
  readonly sql: RegExp;
  readonly reason: string;
}

const KNOWN: readonly Known[] = [];

/** Why a finding is none; null when nobody has explained it. */
export const reasonFor = ({ problem, sql }: Finding): string | null =>
  KNOWN.find((one) => one.problem === problem && one.sql.test(sql))?.reason ?? null;
