import { createHash } from 'node:crypto';
import type { BoundValue } from '../../contract/index.ts';
import type { RecordBody } from '../journal/records.ts';
import type { Judged } from './judged.ts';

/** Longest statement text kept in a journal, in characters; the digest covers the rest. */
const recordedTextLength = 100_000;

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
  const recorded = wholeDigest === undefined ? recordedText(text) : { text, textDigest: wholeDigest };
  return { type: 'statement', ...facts, ...recorded, parameters: [...parameters], effects, verdict, rule };
}

function recordedText(text: string): { text: string; textDigest: string | null } {
  if (text.length <= recordedTextLength) return { text, textDigest: null };
  return {
    text: `${text.slice(0, recordedTextLength)} …`,
    textDigest: createHash('sha256').update(text).digest('hex'),
  };
}
