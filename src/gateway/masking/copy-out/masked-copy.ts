import { assertNever } from '../../../contract/index.ts';
import { backend, limit, sqlstate } from '../../wire/constants.ts';
import type { FieldDescription } from '../../wire/fields.ts';
import { ProtocolError } from '../../wire/protocol-error.ts';
import { copyShape } from '../masking-error.ts';
import { copyBytes } from '../plan.ts';
import type { MaskPlan } from '../types.ts';
import { BinaryCodec } from './binary-codec.ts';
import type { CopyCodec } from './codec.ts';
import type { CopyFormat } from './copy-format.ts';
import { CsvCodec } from './csv-codec.ts';
import { TextCodec } from './text-codec.ts';

export interface MaskedCopyOptions {
  readonly format: CopyFormat;
  /** The columns that `plan` was made for, and which of them the copy has, in its order; others count as NULL. */
  readonly fields: readonly FieldDescription[];
  readonly sent: readonly number[];
  readonly plan: MaskPlan;
  /** Takes the messages for the client. */
  readonly emit: (frame: Buffer) => void;
  /** Takes each row as a DataRow of `fields`, masked. Valid during the call. */
  readonly row: (frame: Buffer) => void;
}

/** Bytes of a CopyData message before its data. */
const messageHeader = 5;

/**
 * Masks the rows of one COPY TO STDOUT. They may be cut over messages anywhere; each leaves in a message of its own, as the
 * server sends them. A row that the plan leaves alone keeps its very bytes. For the plan a row is made a DataRow, so that a
 * value is masked in a copy as it is in a result.
 */
export class MaskedCopy {
  readonly #options: MaskedCopyOptions;
  readonly #codec: CopyCodec;
  /** The beginning of a piece whose rest is still to come. */
  #rest: Buffer = Buffer.alloc(0);
  #restLength = 0;
  /** What leaves in front of the next row. */
  #before: Buffer = Buffer.alloc(0);
  #dataRow = Buffer.allocUnsafe(1024);
  /** The values of the row that is being masked; the cells that are written anew, and their values. */
  readonly #values: (Buffer | null)[] = [];
  readonly #changed: number[] = [];
  readonly #masked: (Buffer | null)[] = [];
  /** A plan that writes rows itself masks its columns only; any other may mask any cell. */
  readonly #mayChangeAny: boolean;

  constructor(options: MaskedCopyOptions) {
    this.#options = options;
    const names = options.sent.map((at) => options.fields[at]?.name ?? '');
    this.#codec = codecOf(options.format, names);
    this.#mayChangeAny = options.plan.write === undefined;
  }

  /** One CopyData message of the server. Throws MaskingFault or ProtocolError: nothing more may then leave. */
  push(frame: Buffer): void {
    const whole = this.#restLength === 0;
    const bytes = whole ? frame.subarray(messageHeader) : this.#joined(frame.subarray(messageHeader));
    let from = 0;
    while (from < bytes.length) {
      const end = this.#codec.read(bytes, from);
      if (end < 0) break;
      this.#piece(bytes, from, end, whole && from === 0 && end === bytes.length ? frame : null);
      from = end;
    }
    this.#keep(bytes, from, whole);
  }

  /** CopyDone. Throws MaskingFault when it comes within a row. */
  end(): void {
    if (this.#restLength > 0) throw copyShape();
    if (this.#before.length > 0) this.#options.emit(copyData(this.#before));
  }

  /** `frame`: the message that is exactly this piece. */
  #piece(bytes: Buffer, from: number, end: number, frame: Buffer | null): void {
    const { kind } = this.#codec;
    switch (kind) {
      case 'before_row':
        this.#before = Buffer.from(bytes.subarray(from, end));
        return;
      case 'apart':
        return this.#forward(bytes.subarray(from, end), frame);
      case 'row': {
        if (this.#codec.cells.count !== this.#options.sent.length) throw copyShape();
        const shown = this.#asDataRow(bytes, from);
        const masked = this.#options.plan.apply(shown);
        this.#options.row(masked);
        if (masked === shown) this.#forward(bytes.subarray(from, end), frame);
        else this.#rewrite(bytes, from, end, masked);
        return;
      }
      default:
        return assertNever(kind);
    }
  }

  #forward(piece: Buffer, frame: Buffer | null): void {
    const { emit } = this.#options;
    emit(frame !== null && this.#before.length === 0 ? frame : copyData(this.#takeBefore(), piece));
  }

  #takeBefore(): Buffer {
    const before = this.#before;
    this.#before = Buffer.alloc(0);
    return before;
  }

  // What follows runs for every row: it makes no arrays, and copies short values byte by byte (see plan.ts).

  #asDataRow(bytes: Buffer, row: number): Buffer {
    const { fields, sent } = this.#options;
    const values = this.#values;
    let size = 7 + fields.length * 4;
    for (let cell = 0; cell < sent.length; cell += 1) {
      const value = this.#codec.value(bytes, row, cell);
      values[cell] = value;
      if (value !== null) size += value.length;
    }
    if (size > this.#dataRow.length) this.#dataRow = Buffer.allocUnsafe(size * 2);
    const frame = this.#dataRow.subarray(0, size);
    frame[0] = backend.dataRow;
    frame.writeUInt32BE(size - 1, 1);
    let at = frame.writeUInt16BE(fields.length, 5);
    let cell = 0;
    for (let field = 0; field < fields.length; field += 1) {
      const value = sent[cell] === field ? (values[cell++] ?? null) : null;
      at = frame.writeInt32BE(value === null ? -1 : value.length, at);
      if (value !== null) at = copyBytes(value, 0, value.length, frame, at);
    }
    return frame;
  }

  /** The row with the cells that the plan masks, or has changed, written anew. */
  #rewrite(bytes: Buffer, from: number, end: number, masked: Buffer): void {
    const codec = this.#codec;
    const { cells } = codec;
    const before = this.#takeBefore();
    const changed = this.#findChanged(masked);
    let most = messageHeader + before.length + end - from;
    for (let place = 0; place < changed; place += 1) most += codec.most(this.#masked[place] ?? null);
    const frame = Buffer.allocUnsafe(most);
    frame[0] = backend.copyData;
    let to = copyBytes(before, 0, before.length, frame, messageHeader);
    let done = from;
    for (let place = 0; place < changed; place += 1) {
      const cell = this.#changed[place] ?? 0;
      to = copyBytes(bytes, done, from + cells.start(cell), frame, to);
      to = codec.write(this.#masked[place] ?? null, cell, frame, to);
      done = from + cells.end(cell);
    }
    to = copyBytes(bytes, done, end, frame, to);
    frame.writeUInt32BE(to - 1, 1);
    this.#options.emit(frame.subarray(0, to));
  }

  /** Notes the cells that are to be written anew, and their values; returns how many. */
  #findChanged(masked: Buffer): number {
    const { fields, sent, plan } = this.#options;
    let found = 0;
    let at = 7;
    let cell = 0;
    for (let field = 0; field < fields.length; field += 1) {
      const length = masked.readInt32BE(at);
      const start = at + 4;
      at = start + Math.max(length, 0);
      if (sent[cell] !== field) continue;
      const planned = plan.columns[field] != null;
      const value = planned || this.#mayChangeAny ? (length === -1 ? null : masked.subarray(start, at)) : null;
      if (planned || (this.#mayChangeAny && !same(value, this.#values[cell] ?? null))) {
        this.#changed[found] = cell;
        this.#masked[found] = value;
        found += 1;
      }
      cell += 1;
    }
    return found;
  }

  /** What has come of the current piece, and more of it. */
  #joined(more: Buffer): Buffer {
    const length = this.#restLength + more.length;
    if (length > this.#rest.length) {
      const grown = Buffer.allocUnsafe(length * 2);
      this.#rest.copy(grown, 0, 0, this.#restLength);
      this.#rest = grown;
    }
    more.copy(this.#rest, this.#restLength);
    return this.#rest.subarray(0, length);
  }

  /** Keeps what was not read. `whole`: `bytes` are the server's, and will be gone; else they lie where `joined` put them. */
  #keep(bytes: Buffer, from: number, whole: boolean): void {
    this.#restLength = bytes.length - from;
    if (this.#restLength > limit.maskedRow) throw tooLarge(this.#restLength);
    if (whole || from > 0) this.#rest = Buffer.from(bytes.subarray(from));
  }
}

const same = (one: Buffer | null, other: Buffer | null): boolean =>
  one === null || other === null ? one === other : one.equals(other);

function codecOf(format: CopyFormat, names: readonly string[]): CopyCodec {
  switch (format.kind) {
    case 'text':
      return new TextCodec(format);
    case 'csv':
      return new CsvCodec(format, names);
    case 'binary':
      return new BinaryCodec();
    default:
      return assertNever(format);
  }
}

function copyData(...parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, messageHeader);
  const frame = Buffer.concat([Buffer.alloc(messageHeader), ...parts], size);
  frame[0] = backend.copyData;
  frame.writeUInt32BE(size - 1, 1);
  return frame;
}

const tooLarge = (bytes: number): ProtocolError =>
  new ProtocolError(
    `a row of the COPY with a column to mask has more than ${bytes} bytes; Postern takes at most ${limit.maskedRow} of such in memory, so nothing of it was forwarded and the session ends. Leave the large value out of the copy.`,
    sqlstate.programLimitExceeded,
  );
