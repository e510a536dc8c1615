import { frontend } from '../wire/constants.ts';
import { frontendLengthLimit } from '../wire/decode-frontend.ts';
import * as encode from '../wire/encode-frontend.ts';
import { MessagePart, MessageStream } from '../wire/message-stream.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import type { Answers } from './answers.ts';
import { fence } from './fence.ts';
import { FrameBatch } from './frame-batch.ts';
import { clientLargeMessages, type Oversized, OversizedDrop } from './oversized.ts';
import { isCopyMessage, SegmentCollector, strayMessage, typeOf, type Unit, type WaitingCopyData } from './segment.ts';

export interface IntakeOptions {
  readonly answers: Answers;
  readonly toUpstream: (frames: readonly Buffer[]) => void;
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
    if (unit === null && this.#options.answers.copy.waits) this.#endStrandedCopy();
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

  /** The server answered something: when it is no longer certain how much is owed, a fence has to tell. */
  answered(): void {
    const { answers } = this.#options;
    const due = answers.fenceDue;
    if (due === null || this.#midMessage) return;
    answers.expect({ kind: 'fence', ready: due === 'alone' ? null : [] });
    this.#send(...(due === 'alone' ? fence() : [encode.sync(), ...fence()]));
  }

  sync(): void {
    this.#options.answers.expect({ kind: 'sync', hidden: false, copiesEnded: this.#options.answers.copy.ended });
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
    if (this.#options.answers.copy.waits && (type === frontend.sync || type === frontend.flush)) {
      return this.#amidCopy(type);
    }
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
    const type = typeOf(message);
    this.#midMessage = part && !message.last;
    const bytes = part ? message.bytes : message;
    this.#options.answers.copiedIn(type, bytes);
    this.#copied.add(bytes);
    // A Flush sent with the segment was swallowed by the copy, and we wait for the answer before anything else is sent.
    if (type !== frontend.copyData) this.#copied.add(encode.flush());
    this.answered();
  }

  #send(...frames: readonly Buffer[]): void {
    this.#sendCopied();
    this.#options.toUpstream(frames);
  }

  /** Data of one chunk goes in one write. */
  #sendCopied(): void {
    if (this.#copied.size > 0) this.#options.toUpstream(this.#copied.take());
  }

  /** The server ignores both while it copies; whether it still does is known when it answers. */
  #amidCopy(type: number): void {
    if (type !== frontend.sync) return;
    this.#options.answers.syncAmidCopy();
    this.#send(encode.sync());
  }

  /**
   * The client has sent something that is no part of a COPY FROM STDIN, and the server waits for data or an end of the copy.
   * It would lose its place in the stream and close, unless the copy has failed already (at a trigger) and the news is on
   * its way. A CopyFail finds out which: it is ignored in the second case, and answered in the first.
   */
  #endStrandedCopy(): void {
    if (this.#saidGoodbye) return this.#options.leave();
    const stray = strayMessage(this.#units[0]) ?? this.#collector.first;
    if (stray === undefined) return;
    const reason = `unexpected message type 0x${typeOf(stray).toString(16)} during COPY from stdin`;
    this.#options.answers.endsCopy(reason);
    this.#copyMessage(encode.copyFail(reason));
  }

  /** Lines a unit up for its turn. A lone Sync needs no judgement and may be what the server waits for before it answers. */
  #take(unit: Unit): void {
    if (unit.kind !== 'segment' || unit.frames.length > 0) this.#units.push(unit);
    else if (unit.end === 'flush') this.#send(encode.flush());
    else this.sync();
  }
}
