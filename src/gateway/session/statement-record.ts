import type { BoundValue } from '../../contract/index.ts';
import type { RecordBody } from '../journal/records.ts';
import type { Judged } from './judged.ts';

export interface StatementFacts {
  readonly statement: number;
  readonly protocol: 'simple' | 'extended' | 'function_call';
  readonly parameters: readonly BoundValue[];
  readonly transaction: 'idle' | 'open' | 'failed';
  readonly digest: string;
}

/** The record of a judged statement, as it is written before anything of it is sent. */
export function statementRecord({ parameters, ...facts }: StatementFacts, judged: Judged): RecordBody {
  const { text, wholeDigest, effects, verdict, rule } = judged;
  const recorded = { text, textDigest: wholeDigest ?? null };
  return { type: 'statement', ...facts, ...recorded, parameters: [...parameters], effects, verdict, rule };
}
