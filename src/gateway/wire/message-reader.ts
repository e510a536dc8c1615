import { limit, sqlstate } from './constants.ts';
import { ProtocolError } from './protocol-error.ts';

// Without ignoreBOM a leading U+FEFF would vanish, and two names that the server tells apart would be one here.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads the fields of one message; every read checks what is left. Throws ProtocolError on anything short or long. */
export class MessageReader {
  readonly #frame: Buffer;
  #offset: number;

  /** `frame` is a whole message; reading starts behind its header. */
  constructor(frame: Buffer, headerSize = 5) {
    this.#frame = frame;
    this.#offset = headerSize;
  }

  get remaining(): number {
    return this.#frame.length - this.#offset;
  }

  int8(): number {
    return this.#frame.readUInt8(this.#advance(1));
  }

  int16(): number {
    return this.#frame.readInt16BE(this.#advance(2));
  }

  uint16(): number {
    return this.#frame.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#frame.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#frame.readUInt32BE(this.#advance(4));
  }

  bytes(size: number): Buffer {
    const start = this.#advance(size);
    return this.#frame.subarray(start, start + size);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  /** The bytes up to a zero, which is consumed. */
  cbytes(): Buffer {
    const end = this.#frame.indexOf(0, this.#offset);
    if (end < 0) throw new ProtocolError('invalid string in message: no terminator');
    const bytes = this.#frame.subarray(this.#offset, end);
    this.#offset = end + 1;
    return bytes;
  }

  /** Strict UTF-8 text up to a zero. Invalid UTF-8 is a ProtocolError with SQLSTATE 22021, as the server says it. */
  cstring(): string {
    return decodeUtf8(this.cbytes());
  }

  /**
   * Name of a prepared statement or portal. The server cuts names silently at NAMEDATALEN - 1 bytes where it looks them up
   * (dynahash, HASH_STRINGS), so two longer ones may be one to it: they are refused with 42622 (name_too_long).
   */
  name(): string {
    const bytes = this.cbytes();
    if (bytes.length > limit.name) {
      throw new ProtocolError(`a statement or portal name is longer than ${limit.name} bytes`, sqlstate.nameTooLong);
    }
    return decodeUtf8(bytes);
  }

  /** As strict as the server: nothing may follow the last field. */
  end(): void {
    if (this.remaining !== 0) throw new ProtocolError('invalid message format');
  }

  #advance(size: number): number {
    if (size < 0 || this.remaining < size) throw new ProtocolError('insufficient data left in message');
    const start = this.#offset;
    this.#offset += size;
    return start;
  }
}

/** Strict UTF-8: throws ProtocolError 22021 (character_not_in_repertoire) rather than replacing anything. */
export function decodeUtf8(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ProtocolError('invalid byte sequence for encoding "UTF8"', '22021');
  }
}
