import { ProtocolError } from './protocol-error.ts';

/** The beginning of one value of a row, and how long all of it is in bytes; null is SQL NULL. */
export type SampledValue = { readonly start: Buffer; readonly size: number } | null;

const headerSize = 5;

/**
 * Reads a DataRow while it passes in pieces, and keeps the beginning of each value. Memory: `budget` bytes, and some for
 * each column.
 */
export class RowSampler {
  readonly #perValue: number;
  #budget: number;
  #skip = headerSize;
  /** Bytes of a count or length that is split over pieces. */
  #number: number[] = [];
  #columns: number | null = null;
  readonly #values: SampledValue[] = [];
  /** What is still to come of the value that is being read, and of the part of it that is kept. */
  #left = 0;
  #kept: { readonly start: Buffer; filled: number } | null = null;

  /** Keeps up to `perValue` bytes of each value and `budget` of all together. */
  constructor(perValue: number, budget: number) {
    this.#perValue = perValue;
    this.#budget = budget;
  }

  /** The next bytes of the message, from its type byte on. Throws ProtocolError on what is no row. */
  push(bytes: Buffer): void {
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    while (at < bytes.length) at = this.#left > 0 ? this.#value(bytes, at) : this.#field(bytes, at);
  }

  /** The row, when all of it was pushed. Throws ProtocolError when something is missing. */
  values(): readonly SampledValue[] {
    if (this.#left > 0 || this.#number.length > 0 || this.#values.length !== this.#columns) throw malformed();
    return this.#values;
  }

  #value(bytes: Buffer, at: number): number {
    const taken = Math.min(this.#left, bytes.length - at);
    if (this.#kept !== null) {
      this.#kept.filled += bytes.copy(this.#kept.start, this.#kept.filled, at, at + taken);
      if (this.#kept.filled === this.#kept.start.length) this.#kept = null;
    }
    this.#left -= taken;
    return at + taken;
  }

  /** One byte of the column count (2 bytes) or of a value's length (4 bytes). */
  #field(bytes: Buffer, at: number): number {
    if (this.#values.length === this.#columns) throw malformed();
    this.#number.push(bytes[at] as number);
    if (this.#number.length < (this.#columns === null ? 2 : 4)) return at + 1;
    const field = Buffer.from(this.#number);
    this.#number = [];
    if (this.#columns === null) this.#columns = field.readUInt16BE();
    else this.#begin(field.readInt32BE());
    return at + 1;
  }

  #begin(size: number): void {
    if (size < -1) throw malformed();
    if (size === -1) {
      this.#values.push(null);
      return;
    }
    const start = Buffer.alloc(Math.min(size, this.#perValue, this.#budget));
    this.#budget -= start.length;
    this.#values.push({ start, size });
    this.#left = size;
    this.#kept = start.length > 0 ? { start, filled: 0 } : null;
  }
}

const malformed = (): ProtocolError => new ProtocolError('the server sent a malformed row');
