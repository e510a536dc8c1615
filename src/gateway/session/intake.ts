import { frontend } from '../wire/constants.ts';
import { frontendLengthLimit } from '../wire/decode-frontend.ts';
import * as encode from '../wire/encode-frontend.ts';
import { MessagePart, MessageStream } from '../wire/message-stream.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import type { Answers } from './answers.ts';
import { FrameBatch } from './frame-batch.ts';
import { clientLargeMessages, type Oversized, OversizedDrop } from './oversized.ts';
import { isCopyMessage, SegmentCollector, typeOf, type Unit, type WaitingCopyData } from './segment.ts';

export interface IntakeOptions {
  readonly answers: Answers;
  readonly toUpstream: (frames: readonly Buffer[]) => void;
  /** A Sync that needs no judgement goes to the server. */
  readonly syncSent: () => void;
  /** The client says goodbye in the middle of a copy. */
  readonly leave: () => void;
}

/**
 * What the client sends: gathered into units that wait for their turn, except for the data of a copy, which belongs to a
 * statement that was judged and goes on at once. Takes no more than it can hand on: what waits, waits as bytes.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #messages = new MessageStream(frontendLengthLimit, clientLargeMessages);
  readonly #collector = new SegmentCollector();
  /** At most a segment that a copy, Query or FunctionCall ended, and that one. */
  readonly #units: (Unit | WaitingCopyData)[] = [];
  readonly #copied = new FrameBatch();
  #drop = new OversizedDrop();
  #copyEnded = false;
  #syncDeferred = false;
  /** A part of a CopyData went to the server, and its rest is still to come: nothing else may be sent now. */
  #midMessage = false;
  #saidGoodbye = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Bytes that came and were not taken yet. */
  get buffered(): number {
    return this.#messages.buffered;
  }

  /** Units wait for their turn. */
  get waiting(): boolean {
    return this.#units.length > 0;
  }

  /** The client sent Terminate; nothing behind it is read. */
  get saidGoodbye(): boolean {
    return this.#saidGoodbye;
  }

  push(chunk: Buffer): void {
    this.#messages.push(chunk);
  }

  /** The unit whose turn it is, or null when there is none or the server has to answer first. Throws ProtocolError. */
  next(): Unit | null {
    const unit = this.#advance();
    this.#sendCopied();
    return unit;
  }

  #advance(): Unit | null {
    for (;;) {
      const unit = this.#units[0];
      if (unit !== undefined) {
        if (unit.kind !== 'copy' && !this.#options.answers.idle) return null;
        this.#units.shift();
        if (unit.kind !== 'copy') return unit;
        this.#copyMessage(unit.frame);
        continue;
      }
      if (this.#saidGoodbye || this.#options.answers.crowded) return null;
      const message = this.#messages.next();
      if (message === null) return null;
      if (message instanceof MessagePart && message.type !== frontend.copyData) this.#dropPart(message);
      else this.#accept(message instanceof MessagePart ? message.type : (message[0] as number), message);
    }
  }

  /** A unit is sent: an earlier copy is over. */
  unitSent(): void {
    this.#copyEnded = false;
    this.#syncDeferred = false;
  }

  /** The server answered something: when a copy failed, the Sync that came in the middle of it is what it waits for. */
  answered(): void {
    const { answers } = this.#options;
    if (!this.#syncDeferred || answers.copyIn || this.#midMessage) return;
    this.#syncDeferred = false;
    if (answers.skipping) this.sync();
  }

  sync(): void {
    this.#options.syncSent();
    this.#options.answers.expect({ kind: 'sync', hidden: false, afterCopy: this.#copyEnded });
    this.#send(encode.sync());
  }

  #dropPart(part: MessagePart): void {
    const message = this.#drop.take(part);
    if (message === null) return;
    this.#drop = new OversizedDrop();
    this.#accept(message.type, message);
  }

  #accept(type: number, message: Buffer | MessagePart | Oversized): void {
    if (isCopyMessage(message)) {
      if (!this.#collector.empty) this.#take(this.#collector.take('flush'));
      if (this.#units.length > 0) this.#units.push({ kind: 'copy', frame: message });
      else this.#copyMessage(message);
      return;
    }
    if (this.#options.answers.copyIn && !this.#copyEnded) return this.#amidCopy(type);
    switch (type) {
      case frontend.terminate:
        this.#saidGoodbye = true;
        return;
      case frontend.query:
      case frontend.functionCall:
        if (!this.#collector.empty) this.#take(this.#collector.take('flush'));
        return this.#take({ kind: type === frontend.query ? 'query' : 'function_call', frame: message });
      case frontend.password:
        throw new ProtocolError('unexpected password message');
      default: {
        const unit = this.#collector.add(message);
        if (unit !== null) this.#take(unit);
      }
    }
  }

  #copyMessage(message: Buffer | MessagePart): void {
    const part = message instanceof MessagePart;
    if (typeOf(message) !== frontend.copyData) this.#copyEnded = true;
    this.#midMessage = part && !message.last;
    const bytes = part ? message.bytes : message;
    this.#options.answers.copiedIn(bytes);
    this.#copied.add(bytes);
    this.answered();
  }

  #send(frame: Buffer): void {
    this.#sendCopied();
    this.#options.toUpstream([frame]);
  }

  /** Data of one chunk goes in one write. */
  #sendCopied(): void {
    if (this.#copied.size > 0) this.#options.toUpstream(this.#copied.take());
  }

  /** Something else in the middle of a COPY FROM STDIN. */
  #amidCopy(type: number): void {
    // The server ignores Sync and Flush while it copies; should the copy fail meanwhile, the Sync is what it waits for.
    if (type === frontend.sync) this.#syncDeferred = true;
    else if (type === frontend.terminate) {
      this.#saidGoodbye = true;
      this.#options.leave();
    } else if (type !== frontend.flush) {
      // The server loses its place in the stream at this point and closes the connection.
      throw new ProtocolError(`unexpected message type 0x${type.toString(16)} during COPY from stdin`);
    }
  }

  /** Lines a unit up for its turn. A lone Sync needs no judgement and may be what the server waits for before it answers. */
  #take(unit: Unit): void {
    if (unit.kind !== 'segment' || unit.frames.length > 0) this.#units.push(unit);
    else if (unit.end === 'flush') this.#send(encode.flush());
    else this.sync();
  }
}
