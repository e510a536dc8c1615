import type { MaskedCopy } from '../../masking/copy-out/masked-copy.ts';
import { backend } from '../../wire/constants.ts';
import { MessagePart } from '../../wire/message-stream.ts';
import { ProtocolError } from '../../wire/protocol-error.ts';
import { maskedCopyFor } from '../copy-out-answer.ts';
import { CopyProgress } from '../copy-progress.ts';
import type { RunningStatement } from '../running-statement.ts';
import { type AnswerParts, unexpected } from './parts.ts';

/** COPY in both directions. What a copy sends out leaves masked, or as it came. */
export class Copies {
  readonly #parts: AnswerParts;
  readonly #inward = new CopyProgress();
  /** Why we ended a copy ourselves, until the server says how it ended. */
  #endedBecause: string | null = null;
  /** The masks of the copy that is sent out; null when it leaves as it comes. */
  #outward: MaskedCopy | null = null;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  /** How far the unit is in its COPY FROM STDINs. */
  get progress(): Pick<CopyProgress, 'waits' | 'ended'> {
    return this.#inward;
  }

  /** The rows of the running COPY TO STDOUT are masked, so each has to come whole. */
  get masked(): boolean {
    return this.#outward !== null;
  }

  /** A message of COPY FROM STDIN went to the server. */
  sent(type: number, bytes: Buffer): void {
    this.#inward.sent(type);
    this.#parts.owed.running?.copyData(bytes);
  }

  /** A CopyFail of ours went to the server. */
  endedBy(reason: string): void {
    this.#endedBecause = reason;
  }

  /** A new unit is sent. */
  restart(): void {
    this.#inward.restart();
  }

  /** CommandComplete, ErrorResponse or ReadyForQuery: no copy is going on. */
  stops(): void {
    this.#inward.stops();
    this.#outward = null;
  }

  /** A message of a copy, as the server sent it. */
  heard(type: number, frame: Buffer): void {
    const { owed, send } = this.#parts;
    switch (type) {
      case backend.copyInResponse:
        this.#inward.begins();
        owed.copyBegins(this.#inward.begun);
        return send(frame);
      case backend.copyOutResponse: {
        const { running } = owed;
        if (running === null) throw unexpected(type);
        this.#outward = maskedCopyFor(frame, running, (masked) => this.#leaves(masked, running));
        return send(frame);
      }
      case backend.copyData:
        if (this.#outward !== null) return this.#outward.push(frame);
        return this.#leaves(frame, owed.running);
      case backend.copyDone:
        this.#outward?.end();
        return send(frame);
      default:
        throw unexpected(type);
    }
  }

  /** Throws ProtocolError when an error is about a CopyFail of ours: the server quotes its reason, whatever its language. */
  failed(message: Buffer | MessagePart): void {
    const reason = this.#endedBecause;
    this.#endedBecause = null;
    const bytes = message instanceof MessagePart ? message.bytes : message;
    if (reason !== null && bytes.includes(reason)) throw new ProtocolError(reason);
  }

  #leaves(frame: Buffer, running: RunningStatement | null): void {
    running?.copyData(frame);
    this.#parts.send(frame);
  }
}
