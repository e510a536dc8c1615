import type { Disagreement } from './compare.ts';

/** Where a statement of a suite did something that its effects do not say. */
export interface Finding extends Disagreement {
  readonly test: string;
  readonly line: number;
  readonly sql: string;
}

/** A difference that is understood and right to leave. Narrow on purpose: what else such a statement does is still found. */
interface Known {
  readonly problems: readonly Disagreement['problem'][];
  readonly sql: RegExp;
  readonly reason: string;
}

const KNOWN: readonly Known[] = [
  {
    problems: [
      'wrote but judged read-only',
      'wrote a relation that is not among the writes',
      'read a relation that is not among the reads',
      'called functions that are not among the functions',
    ],
    sql: /^SET\s+CONSTRAINTS\b/i,
    reason: 'It runs deferred triggers, which were judged with the statement that queued them.',
  },
  {
    problems: ['wrote but judged read-only', 'wrote a relation that is not among the writes'],
    sql: /^DISCARD\s+(TEMP|TEMPORARY|ALL)$/i,
    reason: 'It drops the temporary tables of the session, which no other session has seen.',
  },
  {
    problems: ['called functions that are not among the functions'],
    sql: /^CREATE\s+(UNIQUE\s+)?INDEX\b/i,
    reason: 'It names an operator class, which only a superuser can make; the definition asks.',
  },
];

/** Why a finding is none; null when nobody has explained it. */
export const reasonFor = ({ problem, sql }: Finding): string | null =>
  KNOWN.find((one) => one.problems.includes(problem) && one.sql.test(sql.trim()))?.reason ?? null;
