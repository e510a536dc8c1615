import type { TransactionStatus } from '../wire/constants.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import type { Owed } from './owed.ts';
import type { RunningStatement } from './running-statement.ts';

/** Answers owed above which nothing more is taken from the client: a client may send Syncs without end and read nothing. */
const crowd = 20_000;

/** What the server still has to answer, in the order it was sent. */
export class OwedQueue {
  #owed: Owed[] = [];
  #skipping = false;
  #segmentOpen = false;
  /** Syncs of which only the server knows whether it ignored them, as part of a copy, or will answer them. */
  #uncertainSyncs = 0;
  #copyFailed = false;

  /** Nothing is owed: the state of the server is known. */
  get idle(): boolean {
    return this.#owed.length === 0;
  }

  get crowded(): boolean {
    return this.#owed.length > crowd;
  }

  /** Messages of the extended protocol were sent and no Sync yet: a Sync now would commit them. */
  get segmentOpen(): boolean {
    return this.#segmentOpen;
  }

  /** The server ignores everything until the next Sync, after an error in the extended protocol. */
  get skipping(): boolean {
    return this.#skipping;
  }

  get head(): Owed | undefined {
    return this.#owed[0];
  }

  /** True when the segment that is being answered is an exchange of our own. */
  get hidden(): boolean {
    return this.#owed.find((owed) => owed.kind === 'sync')?.hidden === true;
  }

  /** The statement that the next answer is about. */
  get running(): RunningStatement | null {
    const head = this.head;
    return head === undefined ? null : statementOf(head);
  }

  expect(owed: Owed): void {
    if (owed.kind === 'fence') {
      this.#owed.push(owed);
      return;
    }
    if (owed.kind === 'sync') this.#skipping = false;
    this.#segmentOpen = owed.kind !== 'sync' && owed.kind !== 'query' && owed.kind !== 'function_call';
    this.#owed.push(owed);
  }

  /** The answer that is due, which must be of this kind. Throws ProtocolError. */
  take<K extends Owed['kind']>(kind: K): Extract<Owed, { kind: K }> {
    const head = this.#owed[0];
    if (head?.kind !== kind) throw new ProtocolError(`the server answered ${kind}, which was not asked next`);
    this.#owed.shift();
    return head as Extract<Owed, { kind: K }>;
  }

  /** What a ReadyForQuery ends. Throws ProtocolError when nothing of the kind is due. */
  takeReady(): Extract<Owed, { kind: 'sync' | 'query' | 'function_call' }> {
    this.#skipping = false;
    const owed = this.head;
    const head = owed === undefined || owed.kind === 'fence' ? this.#uncertainSync() : this.#owed.shift();
    if (head?.kind === 'sync' || head?.kind === 'query' || head?.kind === 'function_call') return head;
    throw new ProtocolError('unexpected message "Z" from the server');
  }

  /**
   * The `begun`-th copy of the unit begins. Syncs that came before its end are ignored by the server (manual, "COPY
   * Operations"), unless it fails before they are read (at a BEFORE STATEMENT trigger, at an earlier row): then they are
   * answered after all.
   */
  copyBegins(begun: number): void {
    const kept = this.#owed.filter((owed) => owed.kind !== 'sync' || (owed.copiesEnded ?? 0) >= begun);
    this.#uncertainSyncs += this.#owed.length - kept.length;
    this.#owed = kept;
    this.#copyFailed = false;
  }

  /** A Sync was sent in the middle of a copy. */
  syncAmidCopy(): void {
    this.#uncertainSyncs += 1;
  }

  /** A command is complete: a copy it may have been has read its data, and the Syncs among them. */
  commandCompletes(): void {
    this.#uncertainSyncs = 0;
  }

  /** A command failed: were it a copy, Syncs among its data may be answered now. */
  commandFails(): void {
    this.#copyFailed = this.#uncertainSyncs > 0;
  }

  /**
   * Not null when nobody can tell how many answers will come: a copy failed, and Syncs were sent that it may have ignored. A
   * fence behind them tells. While the server skips to a Sync it drops the fence, so a Sync of ours has to go before.
   */
  get fenceDue(): 'alone' | 'behind a Sync' | null {
    if (!this.#copyFailed || this.#uncertainSyncs === 0) return null;
    if (this.#owed.some((owed) => owed.kind === 'fence')) return null;
    return this.#skipping ? 'behind a Sync' : 'alone';
  }

  /**
   * The answer to a fence: whatever Sync was not answered by now was ignored. Returns what was answered and waits to be
   * shown; when that is nothing, the client is still to send the Sync that ends the skipping. Throws ProtocolError when no
   * fence is due.
   */
  takeFence(): readonly TransactionStatus[] {
    const { ready } = this.take('fence');
    this.#uncertainSyncs = 0;
    this.#copyFailed = false;
    if (ready === null) return [];
    this.#skipping = ready.length === 1;
    return ready;
  }

  /** After an error in the extended protocol the server drops everything up to the Sync; what that was is recorded as skipped. */
  skipSegment(first: 'error' | 'skipped'): void {
    const end = this.#owed.findIndex((owed) => owed.kind === 'sync');
    const dropped = this.#owed.splice(0, end < 0 ? this.#owed.length : end);
    this.#skipping = end < 0;
    finishAll(dropped, first);
  }

  /** The connection ends: what still ran is lost, what was never reached is skipped. */
  abandon(): void {
    const first = this.running?.hasFailed === true ? 'error' : 'lost';
    const owed = this.#owed;
    this.#owed = [];
    finishAll(owed, first);
    for (const answer of owed) if (answer.kind === 'sync') answer.onReady?.();
  }

  #uncertainSync(): Owed | undefined {
    if (this.#uncertainSyncs === 0) return undefined;
    this.#uncertainSyncs -= 1;
    return { kind: 'sync', hidden: false };
  }
}

function statementOf(owed: Owed): RunningStatement | null {
  switch (owed.kind) {
    case 'query':
    case 'function_call':
    case 'refused_parse':
      return owed.running;
    case 'execute':
      return owed.portal.running;
    case 'bind':
    case 'describe':
      return owed.portal?.running ?? null;
    default:
      return null;
  }
}

function finishAll(owed: readonly Owed[], first: 'error' | 'skipped' | 'lost'): void {
  for (const [index, answer] of owed.entries()) {
    if (answer.kind === 'close') answer.settled?.();
    // A Describe alone says nothing of whether its portal ran.
    else if (answer.kind !== 'describe') statementOf(answer)?.finish(index === 0 ? first : 'skipped');
  }
}
