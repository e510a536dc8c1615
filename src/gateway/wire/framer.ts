import { limit } from './constants.ts';
import { ProtocolError } from './protocol-error.ts';

/** Largest length field the framer accepts for a message type, counting the length field itself. */
export type LengthLimit = (type: number) => number;

const headerSize = 5;

/**
 * Cuts typed messages out of a byte stream. Frames are views of the bytes that came, valid until the next `push`;
 * keep a copy of what must live longer. Only an unfinished tail is copied, once per chunk that does not finish it.
 */
export class Framer {
  readonly #limit: LengthLimit;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  /** Chunks of a message longer than what came so far, joined only when it is complete. */
  #pending: Buffer[] = [];
  #pendingSize = 0;
  #needed = 0;

  constructor(lengthLimit: LengthLimit = () => limit.backendMessage) {
    this.#limit = lengthLimit;
  }

  /** Bytes that wait for the rest of their message. */
  get buffered(): number {
    return this.#bytes.length - this.#start + this.#pendingSize;
  }

  push(chunk: Buffer): void {
    if (this.#needed > 0) {
      this.#pending.push(chunk);
      this.#pendingSize += chunk.length;
      if (this.#pendingSize < this.#needed) return;
      this.#bytes = Buffer.concat(this.#pending, this.#pendingSize);
      this.#pending = [];
      this.#pendingSize = 0;
      this.#needed = 0;
      this.#start = 0;
      return;
    }
    const rest = this.#bytes.length - this.#start;
    this.#bytes = rest === 0 ? chunk : Buffer.concat([this.#bytes.subarray(this.#start), chunk]);
    this.#start = 0;
  }

  /**
   * The next whole message from its type byte on, or null when more bytes are needed.
   * Throws ProtocolError on a length below 4 or above the limit of its type.
   */
  next(): Buffer | null {
    const available = this.#bytes.length - this.#start;
    if (this.#needed > 0 || available < headerSize) return null;
    const type = this.#bytes[this.#start] as number;
    const length = this.#bytes.readUInt32BE(this.#start + 1);
    if (length < 4 || length > this.#limit(type)) {
      throw new ProtocolError(`invalid message length ${length} for message type ${describeType(type)}`);
    }
    const size = length + 1;
    if (available < size) {
      this.#pending = [Buffer.from(this.#bytes.subarray(this.#start))];
      this.#pendingSize = available;
      this.#needed = size;
      this.#bytes = Buffer.alloc(0);
      this.#start = 0;
      return null;
    }
    const frame = this.#bytes.subarray(this.#start, this.#start + size);
    this.#start += size;
    return frame;
  }

  /** Everything not yet taken as a message; the framer is empty afterwards. */
  drain(): Buffer {
    const rest = this.#needed > 0 ? Buffer.concat(this.#pending, this.#pendingSize) : this.#bytes.subarray(this.#start);
    this.#bytes = Buffer.alloc(0);
    this.#pending = [];
    this.#pendingSize = 0;
    this.#needed = 0;
    this.#start = 0;
    return Buffer.from(rest);
  }
}

function describeType(type: number): string {
  return type >= 0x20 && type < 0x7f ? `"${String.fromCharCode(type)}"` : `0x${type.toString(16).padStart(2, '0')}`;
}
