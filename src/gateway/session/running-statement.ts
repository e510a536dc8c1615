import type { MaskedColumn, OutcomeStatus } from '../../contract/index.ts';
import type { MaskPlan } from '../masking/types.ts';
import { rowsOfTag } from '../wire/decode-backend.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';
import type { MessagePart } from '../wire/message-stream.ts';
import type { Judged } from './judged.ts';
import type { Recorder } from './recorder.ts';
import { ResultRecording } from './result-recording.ts';

/** How much is kept of what a statement says of itself, so that one statement cannot grow without end. */
export const outcomeLimit = {
  /** Command tags: a Query may hold a million statements. */
  tags: 1000,
  maskedColumns: 2000,
  /** Characters of an error message. */
  message: 4000,
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
  #described = false;
  readonly #maskedColumns: MaskedColumn[] = [];
  readonly #tags: string[] = [];
  #commands = 0;
  #error: { sqlstate: string; message: string } | null = null;
  readonly #result: ResultRecording;
  /** Rows sent by the commands that are complete. */
  #rowsBefore = 0;
  #tagRows = 0;

  constructor(seq: number, judged: Judged, recorder: Recorder, monotonic: () => number) {
    this.seq = seq;
    this.judged = judged;
    this.#recorder = recorder;
    this.#monotonic = monotonic;
    this.#startedAt = monotonic();
    this.#result = new ResultRecording((rows) => recorder.append({ type: 'rows', statement: seq, rows }));
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
    this.#result.describe(fields);
    this.#described = true;
    const maskedColumns = plan?.maskedColumns ?? [];
    this.#maskedColumns.push(...maskedColumns.slice(0, outcomeLimit.maskedColumns - this.#maskedColumns.length));
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
    this.#result.row(frame);
  }

  /** A part of a large DataRow, CopyData or FunctionCallResponse as sent to the agent. */
  part(part: MessagePart): void {
    this.#result.part(part);
  }

  /** Bytes of CopyData as sent to or by the agent. */
  copyData(bytes: Buffer): void {
    this.#result.count(bytes);
  }

  /** One command of the statement is complete. */
  complete(tag: string): void {
    this.#result.flush();
    this.#commands += 1;
    if (this.#tags.length < outcomeLimit.tags) this.#tags.push(tag);
    if (this.#result.rows === this.#rowsBefore) this.#tagRows += rowsOfTag(tag);
    this.#rowsBefore = this.#result.rows;
    this.#described = false;
  }

  failed(fields: NoticeFields): void {
    this.#result.flush();
    const message = fields.M ?? '';
    const cut = message.length > outcomeLimit.message;
    this.#error = {
      sqlstate: fields.C ?? 'XX000',
      message: cut ? `${message.slice(0, outcomeLimit.message)} … (cut)` : message,
    };
  }

  /** Writes the outcome. Only the first call counts. */
  finish(status: OutcomeStatus): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#result.flush();
    const unlisted = this.#commands - this.#tags.length;
    this.#recorder.append({
      type: 'outcome',
      statement: this.seq,
      outcome: {
        status,
        tags: unlisted === 0 ? this.#tags : [...this.#tags, `… and ${unlisted} more commands`],
        sqlstate: this.#error?.sqlstate ?? null,
        message: this.#error?.message ?? null,
        rows: this.#result.rows + this.#tagRows,
        durationMs: Math.max(0, this.#monotonic() - this.#startedAt),
        waitedMs: this.#waitedMs,
        maskedColumns: this.#maskedColumns,
      },
      rowsRecorded: this.#result.recordedRows,
      bytes: this.#result.bytes,
      rowsDigest: this.#result.digest(),
    });
  }
}
