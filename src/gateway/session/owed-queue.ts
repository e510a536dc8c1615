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
  #ignoredSyncs = 0;

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
    const head = this.#owed.shift() ?? this.#ignoredSync();
    if (head?.kind === 'sync' || head?.kind === 'query' || head?.kind === 'function_call') return head;
    throw new ProtocolError('unexpected message "Z" from the server');
  }

  /**
   * A copy begins. A Sync sent before its data is ignored by the server (manual, "COPY Operations"), unless the copy
   * fails before anything was read (a BEFORE STATEMENT trigger): then it is answered after all.
   */
  copyBegins(): void {
    const kept = this.#owed.filter((owed) => owed.kind !== 'sync' || owed.afterCopy === true);
    this.#ignoredSyncs = this.#owed.length - kept.length;
    this.#owed = kept;
  }

  /** A command is complete: a copy it may have been has read its data. */
  commandCompletes(): void {
    this.#ignoredSyncs = 0;
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

  #ignoredSync(): Owed | undefined {
    if (this.#ignoredSyncs === 0) return undefined;
    this.#ignoredSyncs -= 1;
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
