import { ChunkQueue } from './chunk-queue.ts';
import { Gathering } from './gathering.ts';
import { MessageLengthError } from './protocol-error.ts';

/** Largest length field accepted for a message type, counting the length field itself. */
export type LengthLimit = (type: number) => number;

/** A piece of a message that is too large to be gathered. Its pieces follow each other with nothing in between. */
export class MessagePart {
  readonly type: number;
  /** Bytes of the whole message, its type byte and length field included. */
  readonly size: number;
  /** Where in the message this piece starts; 0 for the head, which has at least `headSize` bytes. */
  readonly offset: number;
  readonly bytes: Buffer;

  constructor(type: number, size: number, offset: number, bytes: Buffer) {
    this.type = type;
    this.size = size;
    this.offset = offset;
    this.bytes = bytes;
  }

  get first(): boolean {
    return this.offset === 0;
  }

  get last(): boolean {
    return this.offset + this.bytes.length === this.size;
  }
}

/** Bytes that the first part of a message has at least, wherever the stream is cut: enough to decide what becomes of the rest. */
export const headSize = 16 * 1024;

/** Which messages come in parts. */
export interface LargeMessages {
  /** Messages of more bytes than this are asked about; at least `headSize`. */
  readonly above: number;
  /** Whether such a message is cut into parts or gathered whole. May throw ProtocolError: the message is then taken in no way. */
  readonly inParts: (type: number, size: number) => boolean;
}

const headerSize = 5;

/**
 * Cuts typed messages out of a byte stream: small ones whole, as views of the bytes that came, and large ones in parts as
 * they come. Only a message that is split over chunks is copied, once. Keeps at most what was pushed and not taken, and one
 * and a half times the message that is being gathered.
 */
export class MessageStream {
  readonly #limit: LengthLimit;
  readonly #large: LargeMessages;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  /** Chunks behind `#bytes`. */
  readonly #queue = new ChunkQueue();
  #gathering: Gathering | null = null;
  /** The message that is being handed out in parts, and how much of it was. */
  #part: { readonly type: number; readonly size: number; sent: number } | null = null;

  constructor(lengthLimit: LengthLimit, large: LargeMessages) {
    this.#limit = lengthLimit;
    this.#large = large;
  }

  /** Bytes that wait to be taken, or for the rest of their message. */
  get buffered(): number {
    return (this.#gathering?.filled ?? 0) + this.#bytes.length - this.#start + this.#queue.size;
  }

  push(chunk: Buffer): void {
    if (this.#start < this.#bytes.length || this.#queue.size > 0) return this.#queue.push(chunk);
    this.#bytes = chunk;
    this.#start = 0;
  }

  /**
   * The next whole message from its type byte on, the next part of a large one, or null when more bytes are needed.
   * Throws MessageLengthError on a length below 4 or above the limit of its type.
   */
  next(): Buffer | MessagePart | null {
    if (this.#gathering !== null) return this.#gather(this.#gathering);
    if (this.#part !== null && this.#part.sent > 0) return this.#nextPart(this.#part);
    while (this.#bytes.length - this.#start < headerSize) if (!this.#joinNextChunk()) return null;
    const type = this.#bytes[this.#start] as number;
    const length = this.#bytes.readUInt32BE(this.#start + 1);
    if (length < 4 || length > this.#limit(type)) {
      throw new MessageLengthError(`invalid message length ${length} for message type ${describeType(type)}`);
    }
    const size = length + 1;
    if (size > this.#large.above && this.#large.inParts(type, size)) {
      this.#part = { type, size, sent: 0 };
      return this.#take(headSize);
    }
    return this.#take(size);
  }

  /** Everything not yet taken; the stream is as new afterwards. */
  drain(): Buffer {
    const rest = [this.#gathering?.bytes ?? Buffer.alloc(0), this.#bytes.subarray(this.#start)];
    for (let chunk = this.#queue.shift(); chunk !== null; chunk = this.#queue.shift()) rest.push(chunk);
    this.#bytes = Buffer.alloc(0);
    this.#start = 0;
    this.#gathering = null;
    this.#part = null;
    return Buffer.concat(rest);
  }

  #take(size: number): Buffer | MessagePart | null {
    const end = this.#start + size;
    if (end > this.#bytes.length) {
      this.#gathering = new Gathering(size);
      return this.#gather(this.#gathering);
    }
    const bytes = this.#bytes.subarray(this.#start, end);
    this.#start = end;
    return this.#part === null ? bytes : this.#cut(this.#part, bytes);
  }

  #gather(gathering: Gathering): Buffer | MessagePart | null {
    while (!gathering.complete) {
      if (this.#start === this.#bytes.length && !this.#nextChunk()) return null;
      this.#start += gathering.take(this.#bytes, this.#start);
    }
    this.#gathering = null;
    return this.#part === null ? gathering.bytes : this.#cut(this.#part, gathering.bytes);
  }

  #nextPart(part: { readonly type: number; readonly size: number; sent: number }): MessagePart | null {
    if (this.#start === this.#bytes.length && !this.#nextChunk()) return null;
    const end = Math.min(this.#bytes.length, this.#start + part.size - part.sent);
    const bytes = this.#bytes.subarray(this.#start, end);
    this.#start = end;
    return this.#cut(part, bytes);
  }

  #cut(part: { readonly type: number; readonly size: number; sent: number }, bytes: Buffer): MessagePart {
    const piece = new MessagePart(part.type, part.size, part.sent, bytes);
    part.sent += bytes.length;
    if (part.sent === part.size) this.#part = null;
    return piece;
  }

  /** Goes on to the next chunk, when all of this one was taken. */
  #nextChunk(): boolean {
    const chunk = this.#queue.shift();
    if (chunk === null) return false;
    this.#bytes = chunk;
    this.#start = 0;
    return true;
  }

  /** A header is split over chunks: its few bytes are put in front of the next one. */
  #joinNextChunk(): boolean {
    const chunk = this.#queue.shift();
    if (chunk === null) return false;
    const rest = this.#bytes.subarray(this.#start);
    this.#bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.#start = 0;
    return true;
  }
}

function describeType(type: number): string {
  return type >= 0x20 && type < 0x7f ? `"${String.fromCharCode(type)}"` : `0x${type.toString(16).padStart(2, '0')}`;
}
