import { copyShape } from '../masking-error.ts';
import { CellPlaces, type CopyCodec } from './codec.ts';

const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags, and the length of what extends the header. */
const headerSize = signature.length + 8;

/** Format binary (manual, COPY, "Binary Format"): a header, tuples, a trailer. */
export class BinaryCodec implements CopyCodec {
  readonly cells = new CellPlaces();
  kind: 'row' | 'before_row' | 'apart' = 'before_row';
  #part: 'header' | 'tuples' | 'over' = 'header';
  /** Of a tuple that was not read to its end: the fields that are left, and where the next begins. */
  #left = -1;
  #read = 0;

  read(bytes: Buffer, from: number): number {
    if (this.#part === 'over') throw copyShape();
    return this.#part === 'header' ? this.#header(bytes, from) : this.#tuple(bytes, from);
  }

  value(bytes: Buffer, row: number, cell: number): Buffer | null {
    const start = row + this.cells.start(cell);
    return bytes.readInt32BE(start) === -1 ? null : bytes.subarray(start + 4, row + this.cells.end(cell));
  }

  most(value: Buffer | null): number {
    return 4 + (value?.length ?? 0);
  }

  write(value: Buffer | null, _cell: number, target: Buffer, at: number): number {
    const start = target.writeInt32BE(value === null ? -1 : value.length, at);
    return value === null ? start : start + value.copy(target, start);
  }

  #header(bytes: Buffer, from: number): number {
    if (bytes.length - from < headerSize) return -1;
    const isHeader = bytes.subarray(from, from + signature.length).equals(signature);
    // No flag is written today: the one for OIDs went with PostgreSQL 12.
    if (!isHeader || bytes.readUInt32BE(from + signature.length) !== 0) throw copyShape();
    const end = from + headerSize + bytes.readUInt32BE(from + signature.length + 4);
    if (end > bytes.length) return -1;
    this.#part = 'tuples';
    this.kind = 'before_row';
    return end;
  }

  #tuple(bytes: Buffer, from: number): number {
    if (this.#left < 0) {
      if (bytes.length - from < 2) return -1;
      const fields = bytes.readInt16BE(from);
      this.cells.clear();
      if (fields < 0) return this.#trailer(fields, from);
      this.#left = fields;
      this.#read = 2;
    }
    for (; this.#left > 0; this.#left -= 1) {
      const at = from + this.#read;
      if (at + 4 > bytes.length) return -1;
      const length = bytes.readInt32BE(at);
      if (length < -1) throw copyShape();
      const end = at + 4 + Math.max(length, 0);
      if (end > bytes.length) return -1;
      this.cells.add(this.#read, end - from, true);
      this.#read = end - from;
    }
    this.#left = -1;
    this.kind = 'row';
    return from + this.#read;
  }

  #trailer(fields: number, from: number): number {
    if (fields !== -1) throw copyShape();
    this.#part = 'over';
    this.kind = 'apart';
    return from + 2;
  }
}
