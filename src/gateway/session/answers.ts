import { backend } from '../wire/constants.ts';
import type { FieldDescription } from '../wire/fields.ts';
import { MessagePart } from '../wire/message-stream.ts';
import { Copies } from './answering/copies.ts';
import { Endings } from './answering/endings.ts';
import { extendedAnswer } from './answering/extended.ts';
import { type AnswerParts, type AnswersOptions, unexpected } from './answering/parts.ts';
import { Rows } from './answering/rows.ts';
import { Asides, isAside } from './asides.ts';
import type { CopyProgress } from './copy-progress.ts';
import { comesInParts, LargeAnswer } from './large-answer.ts';
import type { Owed, Portal } from './owed.ts';
import { OwedQueue } from './owed-queue.ts';
import { Portals } from './portals.ts';

/**
 * Follows what the server answers: which message each answer is for, what the client may see of it, and what it changes.
 * Frames that need nothing are passed on as they came. What becomes of each kind of message is in `answering/`.
 */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #parts: AnswerParts;
  readonly #owed = new OwedQueue();
  readonly #portals = new Portals();
  readonly #asides: Asides;
  readonly #rows: Rows;
  readonly #copies: Copies;
  readonly #endings: Endings;
  /** The large message that is coming in parts. */
  #large: LargeAnswer | null = null;

  constructor(options: AnswersOptions) {
    this.#options = options;
    const send = (frame: Buffer): void => this.#send(frame);
    this.#asides = new Asides({ ...options, send });
    this.#parts = { options, owed: this.#owed, portals: this.#portals, asides: this.#asides, send };
    this.#rows = new Rows(this.#parts);
    this.#copies = new Copies(this.#parts);
    this.#endings = new Endings(this.#parts, this.#rows, this.#copies);
  }

  get idle(): boolean {
    return this.#owed.idle;
  }

  /** So much is owed that nothing more should be asked for now. */
  get crowded(): boolean {
    return this.#owed.crowded;
  }

  /** The client has got the beginning of a message whose rest is still to come: nothing else may be said to it now. */
  get midMessage(): boolean {
    return this.#large?.forwarded === true;
  }

  get segmentOpen(): boolean {
    return this.#owed.segmentOpen;
  }

  get skipping(): boolean {
    return this.#owed.skipping;
  }

  get transaction(): 'idle' | 'open' | 'failed' {
    const { status } = this.#endings;
    return status === 'I' ? 'idle' : status === 'T' ? 'open' : 'failed';
  }

  /** How far the unit is in its COPY FROM STDINs. */
  get copy(): Pick<CopyProgress, 'waits' | 'ended'> {
    return this.#copies.progress;
  }

  /** A fence is to be sent before anything can be said of what is owed (see owed-queue.ts). */
  get fenceDue(): 'alone' | 'behind a Sync' | null {
    return this.#owed.fenceDue;
  }

  /** A FATAL error was passed on: the client knows why the connection ends. */
  get fatal(): boolean {
    return this.#endings.fatal;
  }

  statementFields(name: string): readonly FieldDescription[] | null {
    return this.#portals.statementFields(name);
  }

  portal(name: string): Portal | undefined {
    return this.#portals.get(name);
  }

  /** So many portals are open that no other named one may be made. */
  get portalsFull(): boolean {
    return this.#portals.full;
  }

  /** A message of COPY FROM STDIN went to the server. */
  copiedIn(type: number, bytes: Buffer): void {
    this.#copies.sent(type, bytes);
  }

  /** A Sync went to the server in the middle of COPY FROM STDIN. */
  syncAmidCopy(): void {
    this.#owed.syncAmidCopy();
  }

  /** A CopyFail of ours went to the server: when it is what fails the copy, the session cannot go on (ProtocolError with this reason). */
  endsCopy(reason: string): void {
    this.#copies.endedBy(reason);
  }

  /** Something was sent that the server will answer. */
  expect(owed: Owed): void {
    if (owed.kind === 'query') this.#endings.queryBegins();
    if (this.#owed.idle) this.#copies.restart();
    this.#owed.expect(owed);
  }

  /** One whole message of the server. Throws ProtocolError when it answers nothing that was asked, MaskingError when it cannot be masked. */
  handle(frame: Buffer): void {
    const type = frame[0] as number;
    switch (type) {
      case backend.dataRow:
        return this.#rows.row(frame);
      case backend.noticeResponse:
      case backend.notificationResponse:
      case backend.parameterStatus:
      case backend.errorResponse:
        return this.#aside(type, frame);
      case backend.readyForQuery:
        return this.#endings.readyForQuery(frame);
      case backend.rowDescription:
        return this.#rows.described(frame);
      case backend.noData:
        return this.#rows.none(frame);
      case backend.commandComplete:
        return this.#endings.commandComplete(frame);
      case backend.copyInResponse:
      case backend.copyOutResponse:
      case backend.copyData:
      case backend.copyDone:
        return this.#copies.heard(type, frame);
      default:
        return extendedAnswer(type, frame, this.#parts, () => this.#endings.fencePassed());
    }
  }

  /** Whether a message above `limit.gathered` bytes is handed on in parts. Throws ProtocolError when it may not come at all. */
  inParts(type: number, size: number): boolean {
    return comesInParts(type, size, this.#owed.head, { plan: this.#rows.plan, copyMasked: this.#copies.masked });
  }

  /** A part of a message that `inParts` was true for. */
  handlePart(part: MessagePart): void {
    if (part.first) this.#handleHead(part);
    if (this.#large?.take(part) === true) this.#options.send(part.bytes);
    if (part.last) this.#large = null;
  }

  /** The connection ends. */
  abandon(): void {
    this.#owed.abandon();
    this.#portals.abandon();
  }

  #handleHead(part: MessagePart): void {
    const { type, bytes } = part;
    const large = new LargeAnswer(bytes);
    this.#large = large;
    if (isAside(type)) return this.#aside(type, part);
    if (type === backend.functionCallResponse && this.#owed.head?.kind !== 'function_call') throw unexpected(type);
    large.running = type === backend.dataRow ? this.#rows.rowOf(bytes) : this.#owed.running;
    this.#send(bytes);
  }

  #send(frame: Buffer): void {
    this.#large?.sent(frame);
    this.#options.send(frame);
  }

  #aside(type: number, message: Buffer | MessagePart): void {
    const { head, running } = this.#owed;
    if (type === backend.errorResponse) return this.#endings.error(message);
    if (type === backend.noticeResponse) {
      // About a text of the client that we only had a look at: it comes again with the text itself.
      if (head?.kind === 'parse' && head.hidden) return;
      return this.#asides.notice(message, running, head?.kind === 'sync');
    }
    if (type === backend.parameterStatus) return this.#asides.parameterStatus(message);
    this.#asides.notification(message instanceof MessagePart ? message.bytes : message);
  }
}
