import { createHash, type Hash } from 'node:crypto';
import type { MaskedColumn, OutcomeStatus } from '../../contract/index.ts';
import type { MaskPlan } from '../masking/types.ts';
import { decodeDataRow, rowsOfTag } from '../wire/decode-backend.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';
import { valueToText } from '../wire/values.ts';
import type { Judged } from './judged.ts';
import type { Recorder } from './recorder.ts';

/** How much of a result is kept readable in the journal; the digest covers all of it. */
export const recordingLimit = {
  rows: 200,
  bytes: 256 * 1024,
  valueCharacters: 1000,
  /** Rows gathered for one record. */
  batch: 50,
} as const;

/** One statement between its record and its outcome. Everything it is told is as the agent sees it: masked. */
export class RunningStatement {
  readonly seq: number;
  readonly judged: Judged;
  readonly #recorder: Recorder;
  readonly #monotonic: () => number;
  #startedAt: number;
  #waitedMs = 0;
  #finished = false;
  #started = false;
  #fields: readonly FieldDescription[] = [];
  #described = false;
  readonly #maskedColumns: MaskedColumn[] = [];
  readonly #tags: string[] = [];
  #error: { sqlstate: string; message: string } | null = null;
  #rows = 0;
  #resultRows = 0;
  #tagRows = 0;
  #bytes = 0;
  #hash: Hash | null = null;
  #recordedRows = 0;
  #recordedBytes = 0;
  #batch: (string | null)[][] = [];

  constructor(seq: number, judged: Judged, recorder: Recorder, monotonic: () => number) {
    this.seq = seq;
    this.judged = judged;
    this.#recorder = recorder;
    this.#monotonic = monotonic;
    this.#startedAt = monotonic();
  }

  get finished(): boolean {
    return this.#finished;
  }

  get hasFailed(): boolean {
    return this.#error !== null;
  }

  /** True once it was sent for execution; a portal may be bound and never executed. */
  get started(): boolean {
    return this.#started;
  }

  /** It is about to be executed. */
  start(): void {
    this.#started = true;
  }

  /** The hold is over; the statement's own time starts now. */
  waited(milliseconds: number): void {
    this.#waitedMs += milliseconds;
    this.#startedAt = this.#monotonic();
  }

  /** A result begins whose columns are known. */
  describe(fields: readonly FieldDescription[], plan: MaskPlan | null): void {
    this.#flushRows();
    this.#fields = fields;
    this.#described = true;
    const maskedColumns = plan?.maskedColumns ?? [];
    this.#maskedColumns.push(...maskedColumns);
    this.#recorder.append({
      type: 'result',
      statement: this.seq,
      columns: fields.map(({ name, typeOid, format }) => ({ name, typeOid, format: format === 1 ? 'binary' : 'text' })),
      maskedColumns: [...maskedColumns],
    });
  }

  /** Whether `describe` was called for the result that is coming. */
  get described(): boolean {
    return this.#described;
  }

  /** One DataRow as sent to the agent. */
  row(frame: Buffer): void {
    this.#rows += 1;
    this.#resultRows += 1;
    this.#count(frame);
    if (this.#recordedRows >= recordingLimit.rows || this.#recordedBytes >= recordingLimit.bytes) return;
    const row = decodeDataRow(frame).map((value, index) => {
      if (value === null) return null;
      const field = this.#fields[index];
      return valueToText(
        value.subarray(0, recordingLimit.valueCharacters * 4),
        field?.typeOid ?? 0,
        field?.format ?? 0,
      ).slice(0, recordingLimit.valueCharacters);
    });
    this.#recordedRows += 1;
    this.#recordedBytes += frame.length;
    this.#batch.push(row);
    if (this.#batch.length >= recordingLimit.batch) this.#flushRows();
  }

  /** One CopyData as sent to or by the agent. */
  copyData(frame: Buffer): void {
    this.#count(frame);
  }

  /** One command of the statement is complete. */
  complete(tag: string): void {
    this.#flushRows();
    this.#tags.push(tag);
    if (this.#resultRows === 0) this.#tagRows += rowsOfTag(tag);
    this.#resultRows = 0;
    this.#described = false;
  }

  failed(fields: NoticeFields): void {
    this.#flushRows();
    this.#error = { sqlstate: fields.C ?? 'XX000', message: fields.M ?? '' };
  }

  /** Writes the outcome. Only the first call counts. */
  finish(status: OutcomeStatus): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#flushRows();
    this.#recorder.append({
      type: 'outcome',
      statement: this.seq,
      outcome: {
        status,
        tags: this.#tags,
        sqlstate: this.#error?.sqlstate ?? null,
        message: this.#error?.message ?? null,
        rows: this.#rows + this.#tagRows,
        durationMs: Math.max(0, this.#monotonic() - this.#startedAt),
        waitedMs: this.#waitedMs,
        maskedColumns: this.#maskedColumns,
      },
      rowsRecorded: this.#recordedRows,
      bytes: this.#bytes,
      rowsDigest: this.#hash?.digest('hex') ?? null,
    });
  }

  #count(frame: Buffer): void {
    this.#bytes += frame.length;
    this.#hash ??= createHash('sha256');
    this.#hash.update(frame);
  }

  #flushRows(): void {
    if (this.#batch.length === 0) return;
    const rows = this.#batch;
    this.#batch = [];
    this.#recorder.append({ type: 'rows', statement: this.seq, rows });
  }
}
