import { createHash, type Hash } from 'node:crypto';
import { backend } from '../wire/constants.ts';
import { decodeDataRow } from '../wire/decode-backend.ts';
import type { FieldDescription } from '../wire/fields.ts';
import type { MessagePart } from '../wire/message-stream.ts';
import type { RowMemory } from '../wire/row-memory.ts';
import { RowSampler, type SampledValue } from '../wire/row-sampler.ts';
import { valueToText } from '../wire/values.ts';
import { FrameBatch } from './frame-batch.ts';

/** How much of a result is kept readable in the journal; the digest covers all of it. */
export const recordingLimit = {
  rows: 200,
  bytes: 256 * 1024,
  valueCharacters: 1000,
  /** Rows gathered for one record. */
  batch: 50,
} as const;

/** UTF-8 takes at most four bytes for a character. */
const valueBytes = recordingLimit.valueCharacters * 4;

/** Bytes that are hashed at once: a call for each row costs more than its hash. */
const hashStep = 64 * 1024;

type Row = (string | null)[];

/** Counts and hashes what one statement's agent gets, and keeps the first rows readable. */
export class ResultRecording {
  readonly #write: (rows: Row[]) => void;
  #fields: readonly FieldDescription[] = [];
  #rows = 0;
  #bytes = 0;
  #hash: Hash | null = null;
  /** What is to be hashed next: rows that lie behind each other in memory are hashed at once. */
  readonly #unhashed = new FrameBatch();
  #recordedRows = 0;
  #recordedBytes = 0;
  #batch: Row[] = [];
  #sampler: RowSampler | null = null;

  /** `write` takes rows for the journal, a batch at a time. */
  constructor(write: (rows: Row[]) => void) {
    this.#write = write;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get recordedRows(): number {
    return this.#recordedRows;
  }

  /** SHA-256 in hex of everything counted; null when there was nothing. To be asked once. */
  digest(): string | null {
    this.#hashAll();
    return this.#hash?.digest('hex') ?? null;
  }

  /** A result with these columns begins. */
  describe(fields: readonly FieldDescription[]): void {
    this.flush();
    this.#fields = fields;
  }

  /** One DataRow as sent to the agent. */
  row(frame: Buffer): void {
    this.#rows += 1;
    this.count(frame);
    if (this.full) return;
    this.#keep(
      decodeDataRow(frame).map((value) =>
        value === null ? null : { start: value.subarray(0, valueBytes), size: value.length },
      ),
      frame.length,
    );
  }

  /** True once no further row is kept readable: rows are counted and hashed only. */
  get full(): boolean {
    return this.#recordedRows >= recordingLimit.rows || this.#recordedBytes >= recordingLimit.bytes;
  }

  /** The row that was written last, when no row is kept readable any more. */
  countRow(rows: RowMemory): void {
    this.#rows += 1;
    this.#bytes += rows.to - rows.from;
    this.#unhashed.addRow(rows);
    if (this.#unhashed.size >= hashStep) this.#hashAll();
  }

  /** A part of a message that is sent on as it comes. Throws ProtocolError when it turns out to be no row. */
  part(part: MessagePart): void {
    this.count(part.bytes);
    if (part.type !== backend.dataRow) return;
    if (part.first) {
      this.#rows += 1;
      this.#sampler = this.full ? null : new RowSampler(valueBytes, recordingLimit.bytes);
    }
    this.#sampler?.push(part.bytes);
    if (!part.last || this.#sampler === null) return;
    this.#keep(this.#sampler.values(), part.size);
    this.#sampler = null;
  }

  /** Bytes that are counted and hashed only. */
  count(bytes: Buffer): void {
    this.#bytes += bytes.length;
    this.#unhashed.add(bytes);
    if (this.#unhashed.size >= hashStep) this.#hashAll();
  }

  #hashAll(): void {
    if (this.#unhashed.size === 0) return;
    this.#hash ??= createHash('sha256');
    for (const bytes of this.#unhashed.take()) this.#hash.update(bytes);
  }

  /** Hands over the rows kept since the last time. */
  flush(): void {
    if (this.#batch.length === 0) return;
    const rows = this.#batch;
    this.#batch = [];
    this.#write(rows);
  }

  #keep(values: readonly SampledValue[], size: number): void {
    this.#recordedRows += 1;
    this.#recordedBytes += size;
    this.#batch.push(values.map((value, index) => (value === null ? null : shown(value, this.#fields[index]))));
    if (this.#batch.length >= recordingLimit.batch) this.flush();
  }
}

/** A value as it is recorded. One that is cut says so, and how long it was: nobody shall take its beginning for the whole. */
function shown({ start, size }: NonNullable<SampledValue>, field: FieldDescription | undefined): string {
  const text = valueToText(start, field?.typeOid ?? 0, field?.format ?? 0);
  if (start.length === size && text.length <= recordingLimit.valueCharacters) return text;
  return `${text.slice(0, recordingLimit.valueCharacters)} … (cut: ${size} bytes in all)`;
}
