import type { RuleAnswer, Verdict } from '../../contract/index.ts';
import type { JournalRecord, RecordBody } from '../journal/records.ts';
import type { Policy } from '../policy/types.ts';
import { judge, judgeDefinition, judgeFunctionCall } from './judge.ts';
import { type JudgeContext, type Judged, newSession } from './judged.ts';
import { NameRegistry } from './names.ts';

/** What does not change while a recorded session is judged again; the session's own facts come from its journal. */
export type RejudgeContext = Pick<JudgeContext, 'parser' | 'catalog' | 'profile' | 'environment' | 'groups'>;

/** One recorded statement under two policies. */
export interface Rejudged {
  readonly statement: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
  readonly recorded: { readonly verdict: Verdict; readonly rule: RuleAnswer };
  /** Null where the record holds too little to judge it: its text was cut. */
  readonly answers: readonly [current: Answer, proposed: Answer] | null;
}

export interface Answer {
  readonly verdict: Verdict;
  readonly rule: RuleAnswer;
}

type StatementRecord = Extract<RecordBody, { type: 'statement' }>;

/**
 * Judges the statements of a recorded session again, as they came, under the policy of now and a proposed one, both with
 * the catalog of now. Names (PREPARE, DECLARE) are followed as the journal says they succeeded. Nothing is sent anywhere.
 */
export function* rejudge(
  records: Iterable<JournalRecord>,
  [current, proposed]: readonly [Policy, Policy],
  context: RejudgeContext,
): Generator<Rejudged> {
  const names = new NameRegistry();
  const pending = new Map<number, Judged>();
  let session: Pick<JudgeContext, 'connection' | 'agent' | 'subject' | 'database' | 'role'> | null = null;
  for (const { time, body } of records) {
    if (body.type === 'session_start') {
      const { connection, agent, subject, database, role } = body;
      session = { connection, agent, subject, database, role };
    } else if (body.type === 'statement' && session !== null) {
      const base = { ...context, ...session, ...newSession, transaction: body.transaction, now: time };
      const { statement, text, verdict, rule, textDigest } = body;
      const under = (policy: Policy): Judged => judgeRecord(body, names, { ...base, policy });
      if (textDigest !== null) {
        yield { statement, at: time, text, recorded: { verdict, rule }, answers: null };
        continue;
      }
      const now = under(current);
      pending.set(statement, now);
      yield { statement, at: time, text, recorded: { verdict, rule }, answers: [now, under(proposed)] };
    } else if (body.type === 'outcome') {
      const judged = pending.get(body.statement);
      pending.delete(body.statement);
      if (body.outcome.status === 'ok') for (const one of judged?.statements ?? []) names.acknowledge(one);
    }
  }
}

function judgeRecord(record: StatementRecord, names: NameRegistry, context: JudgeContext): Judged {
  const { protocol, text, effects } = record;
  if (protocol === 'function_call') return judgeFunctionCall(Number(/\d+$/.exec(text)?.[0] ?? 0), context);
  // The record of a Bind of what SQL prepared or declared shows the text that did so, and the effects of what ran.
  const via = (['prepare', 'declare'] as const).find((verb) => new RegExp(`^\\s*${verb}\\b`, 'i').test(text));
  const ran =
    protocol === 'extended' && via !== undefined && !effects.kinds.includes(via === 'prepare' ? 'prepare' : 'cursor');
  if (ran) return judgeDefinition({ via, text: Buffer.from(text), parameterTypes: [] }, names, context);
  return judge(Buffer.from(text), protocol, names, context);
}
