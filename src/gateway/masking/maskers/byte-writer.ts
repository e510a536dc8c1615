/** A buffer that grows, for values that are put together from pieces. One is used for one value at a time. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(512);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Forgets what was written, and gives back the memory of an unusually long value. */
  reset(): void {
    if (this.#bytes.length > 1 << 16) this.#bytes = Buffer.allocUnsafe(512);
    this.#length = 0;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  int32(number: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeInt32BE(number, this.#length);
  }

  /** Copies `bytes` from `start` to before `end`. */
  bytes(bytes: Buffer, start = 0, end = bytes.length): void {
    this.#reserve(end - start);
    this.#length += bytes.copy(this.#bytes, this.#length, start, end);
  }

  /** Writes one byte anew. */
  patch(offset: number, byte: number): void {
    this.#bytes[offset] = byte;
  }

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
