/** Builds one protocol message. Fluent, so that a message reads like the table in the manual. */
export class MessageBuilder {
  readonly #parts: Buffer[] = [];
  readonly #type: number | null;

  /** `type` is null for the untyped first packet of a client. */
  constructor(type: number | null) {
    this.#type = type;
  }

  int8(value: number): this {
    this.#parts.push(Buffer.from([value & 0xff]));
    return this;
  }

  int16(value: number): this {
    const part = Buffer.allocUnsafe(2);
    part.writeInt16BE(value);
    this.#parts.push(part);
    return this;
  }

  int32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeInt32BE(value);
    this.#parts.push(part);
    return this;
  }

  uint32(value: number): this {
    const part = Buffer.allocUnsafe(4);
    part.writeUInt32BE(value);
    this.#parts.push(part);
    return this;
  }

  bytes(value: Buffer): this {
    this.#parts.push(value);
    return this;
  }

  /** UTF-8 text and its terminating zero. The text must not hold a zero itself. */
  cstring(value: string): this {
    this.#parts.push(Buffer.from(`${value}\0`, 'utf8'));
    return this;
  }

  build(): Buffer {
    const body = Buffer.concat(this.#parts);
    const header = Buffer.allocUnsafe(this.#type === null ? 4 : 5);
    if (this.#type !== null) header.writeUInt8(this.#type, 0);
    header.writeUInt32BE(body.length + 4, this.#type === null ? 0 : 1);
    return Buffer.concat([header, body]);
  }
}
