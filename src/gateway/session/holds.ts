import type { Socket } from 'node:net';
import type { Sequence } from '../../contract/index.ts';
import type { ApprovalBroker, Hold } from '../approval/broker.ts';
import type { ApprovalQuestion, SequenceStep } from '../approval/types.ts';
import type { Policy } from '../policy/types.ts';
import { parameterStatus } from '../wire/encode-backend.ts';
import type { Answers } from './answers.ts';
import type { Cancels } from './cancels.ts';
import type { DatabaseContext } from './database-context.ts';
import { syncHidden } from './hidden-exchange.ts';
import { holdMember } from './hold.ts';
import type { SessionKnowledge } from './knowledge.ts';
import type { Recorder } from './recorder.ts';
import { refusedUnmeasured } from './refusal.ts';
import { changedBy, offerOf } from './sequence-step.ts';
import { keepAliveMs, type ServerTimeouts, serverLimit, type WaitingPlace } from './server-clocks.ts';
import type { Member } from './unit-plan.ts';

export interface HoldsOptions {
  readonly broker: ApprovalBroker;
  readonly recorder: Recorder;
  readonly client: Socket;
  readonly answers: Answers;
  readonly cancels: Cancels;
  readonly knowledge: SessionKnowledge;
  readonly database: DatabaseContext;
  /** The server's process of this session, as it told. */
  readonly processId: number;
  /** Who asks, and in what environment at this moment. */
  readonly asker: () => Omit<
    ApprovalQuestion,
    'transaction' | 'sequence' | 'statementSeq' | 'text' | 'parameters' | 'effects' | 'rule' | 'digest'
  >;
  /** The rules as they are now: which of them are the operator's own. */
  readonly policy: () => Policy;
  readonly write: (frames: readonly Buffer[]) => void;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  readonly ended: () => boolean;
}

/** The server's timeouts, and since when it has been idle: measured once for all holds of a unit, for asking again would prolong. */
interface Measured {
  readonly timeouts: ServerTimeouts;
  readonly idleSince: number;
}

/**
 * The holds of one session, one at a time. No hold outlives what the server allows a session that waits; where a Sync of
 * ours may reset its timers, it does; and while a transaction is open the operator is told what it keeps from others.
 */
export class Holds {
  readonly #options: HoldsOptions;
  #hold: Hold | null = null;
  #measured: Measured | null = null;
  #transactionSince = 0;

  constructor(options: HoldsOptions) {
    this.#options = options;
  }

  /** A unit goes to the server; outside a transaction it may begin one. */
  sent(): void {
    const { answers, monotonic } = this.#options;
    if (answers.transaction === 'idle' && !answers.segmentOpen) this.#transactionSince = monotonic();
  }

  /** A unit is about to be decided: what was measured for an earlier one is old. */
  nextUnit(): void {
    this.#measured = null;
  }

  /** The client cancels. False when no statement is held. */
  cancel(): boolean {
    this.#hold?.giveUp('cancelled', 'the client cancelled the statement');
    return this.#hold !== null;
  }

  /** A statement waits for the operator. */
  get holding(): boolean {
    return this.#hold !== null;
  }

  /** The client is gone, and may come again. */
  giveUp(reason: string): void {
    this.#hold?.giveUp('withdrawn', reason);
  }

  /** The session ends for another reason. */
  withdraw(reason: string): void {
    this.#hold?.end('withdrawn', reason);
  }

  /**
   * Waits for the operator with one statement; whatever is not an approval leaves it with a refusal. `behind`: what comes
   * after it in the same unit.
   */
  async hold(member: Member, behind: readonly Member[]): Promise<void> {
    const { answers, asker, broker, cancels, client, database, knowledge, monotonic, recorder } = this.#options;
    this.#measured ??= await this.#measure();
    cancels.refuse([member]);
    if (this.#options.ended() || answers.skipping || member.refusal !== null) return;
    if (this.#measured === null) {
      member.refusal = refusedUnmeasured(member.judged.rule);
      return;
    }
    const { timeouts, idleSince } = this.#measured;
    const { transaction, segmentOpen } = answers;
    const place: WaitingPlace = { transaction, segmentOpen, keepsTransaction: database.keepsTransactions };
    const now = monotonic();
    const { step, sequence } = this.#sequenceOf(member, behind);
    await holdMember(member, {
      broker,
      recorder,
      client,
      asker: { ...asker(), transaction, sequence },
      step,
      limit: serverLimit(timeouts, place, { idleMs: now - idleSince, transactionMs: now - this.#transactionSince }),
      keepAlive: () => parameterStatus('server_version', knowledge.parameter('server_version') ?? ''),
      held: (hold) => {
        this.#tellImpact(hold, member, step);
        return this.#begin(hold, keepAliveMs(timeouts, place), place);
      },
    });
  }

  /** What a member is as a step of a sequence, and what its request offers to decide as a whole. */
  #sequenceOf(
    { part, judged, digest }: Member,
    behind: readonly Member[],
  ): { readonly step: SequenceStep | null; readonly sequence: Sequence | null } {
    const { asker, broker, knowledge, policy } = this.#options;
    const { catalog } = knowledge.view;
    if (part === null || catalog === null) return { step: null, sequence: null };
    const { rule, statements } = judged;
    const byOwnRule = policy().rules.some(({ id, origin }) => origin === 'own' && id === rule.id);
    const step: SequenceStep = { part, byOwnRule, scope: null };
    const offer = offerOf({
      ...{ part, rule, byOwnRule, catalog, statements: statements.length },
      before: broker.sequenceBefore(asker(), step, digest),
      behind: behind.flatMap((one) => (one.part?.typical === true ? [{ text: one.judged.text, part: one.part }] : [])),
    });
    return { step: { ...step, scope: offer?.scope ?? null }, sequence: offer?.sequence ?? null };
  }

  /** Tells the operator how much is at stake, once the database has told us. */
  #tellImpact(hold: Hold, { judged }: Member, step: SequenceStep | null): void {
    const statement = changedBy(judged);
    const removable = [...(step?.scope?.removable ?? [])];
    if (this.#options.broker.deadlineMs === 0 || (statement.length === 0 && removable.length === 0)) return;
    void this.#options.database
      .impactOf(statement, removable)
      .then((impact) => hold.showImpact(impact.statement, impact.sequence));
  }

  /** Null when the server, which was asked, did not answer: the transaction has failed then. */
  async #measure(): Promise<Measured | null> {
    const { answers, broker, knowledge, monotonic, write } = this.#options;
    const idleSince = monotonic();
    if (broker.deadlineMs === 0) return { timeouts: {}, idleSince };
    if (answers.transaction === 'failed') {
      // Nothing can be asked there, and what was SET in it is undone. A Sync starts the idle timer anew, as the statement would have.
      if (!answers.segmentOpen) await syncHidden(answers, write);
      return { timeouts: knowledge.timeouts, idleSince };
    }
    const timeouts = await knowledge.readTimeouts(answers);
    return timeouts === null ? null : { timeouts, idleSince };
  }

  /** Keeps what may be kept alive while the hold lasts. The result ends that, and resolves when the server owes nothing again. */
  #begin(hold: Hold, everyMs: number | null, { transaction, segmentOpen }: WaitingPlace): () => Promise<void> {
    const { answers, database, processId, write } = this.#options;
    this.#hold = hold;
    let syncing: Promise<void> | null = null;
    const sync = (): void => {
      syncing ??= syncHidden(answers, write).then(() => {
        syncing = null;
      });
    };
    const timer = everyMs === null ? undefined : setInterval(sync, everyMs);
    const holdsLocks = transaction !== 'idle' || segmentOpen;
    const unwatch = holdsLocks ? database.watchLocks(processId, (locks) => hold.showLocks(locks)) : null;
    return async () => {
      clearInterval(timer);
      unwatch?.();
      this.#hold = null;
      await syncing;
    };
  }
}
