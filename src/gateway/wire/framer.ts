import { limit } from './constants.ts';
import { type LengthLimit, MessagePart, MessageStream } from './message-stream.ts';

export type { LengthLimit } from './message-stream.ts';

/**
 * Cuts whole messages out of a byte stream, however large within the limit: for dialogues that need all of them. Frames are
 * views of the bytes that came, or of memory of their own where a message was split over chunks.
 */
export class Framer {
  readonly #messages: MessageStream;

  constructor(lengthLimit: LengthLimit = () => limit.backendMessage) {
    this.#messages = new MessageStream(lengthLimit, { above: Number.POSITIVE_INFINITY, inParts: () => false });
  }

  /** Bytes that wait for the rest of their message. */
  get buffered(): number {
    return this.#messages.buffered;
  }

  push(chunk: Buffer): void {
    this.#messages.push(chunk);
  }

  /**
   * The next whole message from its type byte on, or null when more bytes are needed.
   * Throws ProtocolError on a length below 4 or above the limit of its type.
   */
  next(): Buffer | null {
    const message = this.#messages.next();
    if (message instanceof MessagePart) throw new Error('a message was cut into parts, which was not asked for');
    return message;
  }

  /** Everything not yet taken as a message; the framer is empty afterwards. */
  drain(): Buffer {
    return this.#messages.drain();
  }
}
