import { copyShape } from '../masking-error.ts';
import { CellPlaces, type CopyCodec } from './codec.ts';
import type { CopyFormat } from './copy-format.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
const endMarker = Buffer.from('\\.');

/**
 * Format csv, as CopyAttributeOutCSV of copyto.c writes it: a cell stands in quotes as a whole or not at all, and within
 * them the escape character stands before each quote and before itself. Anything else is a fault.
 */
export class CsvCodec implements CopyCodec {
  readonly #format: Extract<CopyFormat, { kind: 'csv' }>;
  readonly #forced: readonly boolean[];
  readonly cells = new CellPlaces();
  kind: 'row' | 'apart' = 'row';
  #header: boolean;
  /** How far the piece was read, where its current cell begins, and what of that was read. */
  #read = 0;
  #cell = 0;
  #state: 'open' | 'plain' | 'quoted' | 'closed' = 'open';
  #complete = true;

  /** `names`: the columns of the copy, in their order. */
  constructor(format: Extract<CopyFormat, { kind: 'csv' }>, names: readonly string[]) {
    this.#format = format;
    this.#header = format.header;
    const { forceQuote } = format;
    this.#forced = names.map((name) => forceQuote === 'all' || forceQuote.includes(name));
  }

  read(bytes: Buffer, from: number): number {
    if (this.#complete) this.#begin();
    const { quote, escapedBy, delimiter } = this.#format;
    const { length } = bytes;
    for (let at = from + this.#read; at < length; at += 1) {
      const byte = bytes[at];
      if (this.#state === 'quoted') {
        if (byte !== quote && byte !== escapedBy) continue;
        if (byte === escapedBy) {
          if (at + 1 === length) return this.#pause(at - from);
          const next = bytes[at + 1];
          if (next === quote || next === escapedBy) {
            at += 1;
            continue;
          }
        }
        if (byte !== quote) throw copyShape();
        this.#state = 'closed';
      } else if (byte === delimiter) this.#endCell(at - from);
      else if (byte === newline) return this.#endRow(from, at);
      else if (byte === quote && this.#state === 'open') this.#state = 'quoted';
      else if (byte === quote || this.#state === 'closed') throw copyShape();
      else this.#state = 'plain';
    }
    return this.#pause(length - from);
  }

  value(bytes: Buffer, row: number, cell: number): Buffer | null {
    const written = bytes.subarray(row + this.cells.start(cell), row + this.cells.end(cell));
    if (this.cells.marked(cell)) return this.#unquoted(written);
    const { nullString } = this.#format;
    return written.length === nullString.length && written.equals(nullString) ? null : written;
  }

  most(value: Buffer | null): number {
    return value === null ? this.#format.nullString.length : value.length * 2 + 2;
  }

  write(value: Buffer | null, cell: number, target: Buffer, at: number): number {
    const { nullString, quote, escapedBy } = this.#format;
    if (value === null) return at + nullString.copy(target, at);
    if (!this.#needsQuotes(value, cell)) return at + value.copy(target, at);
    let to = at;
    target[to++] = quote;
    for (const byte of value) {
      if (byte === quote || byte === escapedBy) target[to++] = escapedBy;
      target[to++] = byte;
    }
    target[to++] = quote;
    return to;
  }

  #begin(): void {
    this.cells.clear();
    this.#read = 0;
    this.#cell = 0;
    this.#state = 'open';
    this.#complete = false;
  }

  #pause(at: number): number {
    this.#read = at;
    return -1;
  }

  #endCell(end: number): void {
    this.cells.add(this.#cell, end, this.#state === 'closed');
    this.#cell = end + 1;
    this.#state = 'open';
  }

  #endRow(from: number, at: number): number {
    this.#endCell(at - from);
    this.#complete = true;
    this.kind = this.#header ? 'apart' : 'row';
    this.#header = false;
    return at + 1;
  }

  #unquoted(written: Buffer): Buffer {
    const { escapedBy } = this.#format;
    const inner = written.subarray(1, -1);
    if (!inner.includes(escapedBy)) return inner;
    const value = Buffer.allocUnsafe(inner.length);
    let to = 0;
    for (let at = 0; at < inner.length; at += 1) {
      if (inner[at] === escapedBy) at += 1;
      value[to++] = inner[at] ?? 0;
    }
    return value.subarray(0, to);
  }

  #needsQuotes(value: Buffer, cell: number): boolean {
    const { nullString, quote, delimiter } = this.#format;
    if (this.#forced[cell] === true || (value.length === nullString.length && value.equals(nullString))) return true;
    if (this.#forced.length === 1 && value.equals(endMarker)) return true;
    for (let at = 0; at < value.length; at += 1) {
      const byte = value[at];
      if (byte === delimiter || byte === quote || byte === newline || byte === carriageReturn) return true;
    }
    return false;
  }
}
