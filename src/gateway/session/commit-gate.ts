import type { EffectsView, RuleAnswer } from '../../contract/index.ts';
import type { Judgement } from '../policy/types.ts';
import type { Effects } from '../sql/effects.ts';
import type { JudgeContext, Judged, Uncommitted } from './judged.ts';

export interface GatedJudgement extends Omit<Judgement, 'atCommit'> {
  /** It runs now, and the COMMIT waits for it. */
  readonly awaitsCommit: boolean;
  /** It is a COMMIT that makes statements permanent which were let run for it to be asked about. */
  readonly commitsGated: boolean;
}

/** Whether another transaction, or none, may be open behind it. */
export const movesTransaction = ({ kinds }: EffectsView): boolean =>
  kinds.some((kind) => kind === 'transaction' || kind === 'procedural' || kind === 'unknown');

/** What is kept of a statement until its transaction ends. */
export const uncommittedOf = (
  { text, rule, effects }: Pick<Uncommitted, 'text' | 'rule' | 'effects'>,
  digest: string,
): Uncommitted => ({ text, rule, effects, digest });

/** True when the statement makes what its transaction did permanent, or would with a COMMIT PREPARED. */
export const commits = ({ kinds, command }: Effects): boolean =>
  kinds.includes('transaction') && /^(?:COMMIT|PREPARE)/.test(command ?? '');

/**
 * The commit gate. A statement that a rule asks about "at commit" runs at once where its transaction is open beyond doubt
 * and its text does nothing to the transaction; elsewhere it waits like any other. The COMMIT behind it is what asks then.
 */
export function gateCommit(
  judgement: Judgement,
  effects: readonly Effects[],
  {
    transaction,
    transactionMoved,
    uncommitted,
  }: Pick<JudgeContext, 'transaction' | 'transactionMoved' | 'uncommitted'>,
): GatedJudgement {
  if (judgement.verdict === 'ask' && judgement.atCommit === true) {
    const alone = effects.length > 0 && !effects.some(({ kinds }) => kinds.includes('transaction'));
    const runs = transaction === 'open' && !transactionMoved && alone;
    return { verdict: runs ? 'allow' : 'ask', rule: judgement.rule, awaitsCommit: runs, commitsGated: false };
  }
  const { verdict, rule } = judgement;
  const open = { verdict, rule, awaitsCommit: false, commitsGated: false };
  const [first] = uncommitted;
  // In a failed transaction COMMIT rolls back, and there is nothing to ask.
  if (first === undefined || transaction === 'failed' || !effects.some(commits)) return open;
  if (verdict === 'block' || verdict === 'terminate') return open;
  return { awaitsCommit: false, verdict: 'ask', rule: commitRule(first.rule, uncommitted), commitsGated: true };
}

/** What waits for the COMMIT of the session's open transaction. */
export class CommitGate {
  #waiting: (Uncommitted & { readonly statement: number })[] = [];
  #moved = false;

  /** Since the server last told the state of the transaction, something was sent that may have ended it. */
  get moved(): boolean {
    return this.#moved;
  }

  /** `transaction`: the state that the server last told, when it owed no answer. */
  list(transaction: 'idle' | 'open' | 'failed'): readonly Uncommitted[] {
    if (transaction === 'idle') this.#waiting = [];
    return this.#waiting;
  }

  /** A statement is sent. One that fails counts all the same: a savepoint may bring the transaction back. */
  sent(statement: number, judged: Pick<Judged, 'text' | 'rule' | 'effects' | 'awaitsCommit'>, digest: string): void {
    this.#moved ||= movesTransaction(judged.effects);
    if (judged.awaitsCommit) this.#waiting.push({ ...uncommittedOf(judged, digest), statement });
  }

  /** The server is ready, and told the state of the transaction. */
  settled(): void {
    this.#moved = false;
  }

  /** A COMMIT succeeded; with AND CHAIN the next transaction is open already, and may have statements of its own. */
  committed(statement: number): void {
    this.#waiting = this.#waiting.filter((one) => one.statement > statement);
  }
}

/** How many statements of the transaction a reason tells, and how much of each, in characters. */
const told = { statements: 5, text: 200 } as const;

function commitRule({ id, title, hint }: RuleAnswer, uncommitted: readonly Uncommitted[]): RuleAnswer {
  const listed = uncommitted.slice(0, told.statements).map(({ text, rule }) => {
    const line = text.replaceAll(/\s+/g, ' ').trim();
    return `${line.length > told.text ? `${line.slice(0, told.text)} …` : line} (${rule.reason})`;
  });
  const rest = uncommitted.length - listed.length;
  const count = uncommitted.length === 1 ? 'one statement' : `${uncommitted.length} statements`;
  return {
    id,
    title: `COMMIT: ${title}`,
    reason: `The transaction did what rule ${id} asks about; COMMIT would make ${count} permanent: ${listed.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`,
    hint: hint ?? 'ROLLBACK needs nobody’s consent.',
  };
}

/** The effects of everything that a COMMIT makes permanent. */
export function cumulativeEffects(uncommitted: readonly Uncommitted[]): EffectsView {
  const all = <K extends 'kinds' | 'reads' | 'writes' | 'functions'>(field: K): EffectsView[K][number][] => [
    ...new Set(uncommitted.flatMap(({ effects }): EffectsView[K][number][] => [...effects[field]])),
  ];
  return {
    kinds: ['transaction', ...all('kinds').filter((kind) => kind !== 'transaction')],
    reads: all('reads'),
    writes: all('writes'),
    functions: all('functions'),
    understood: uncommitted.every(({ effects }) => effects.understood),
  };
}
