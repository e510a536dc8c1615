import type { MaskedColumn, OutcomeStatus } from '../../contract/index.ts';
import type { UnmaskableCopy } from '../masking/copy-out/copy-format.ts';
import type { CopyOut } from '../masking/copy-out/copy-out.ts';
import type { StatementNet } from '../masking/net/statement-net.ts';
import type { MaskPlan } from '../masking/types.ts';
import type { Usage } from '../policy/budget.ts';
import { backend } from '../wire/constants.ts';
import { rowsOfTag } from '../wire/decode-backend.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';
import type { MessagePart } from '../wire/message-stream.ts';
import type { RowMemory } from '../wire/row-memory.ts';
import { type CopyColumns, copyToMask } from './copy-to-mask.ts';
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

export interface RunningStatementOptions {
  readonly recorder: Recorder;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  /** Told of rows and bytes as they go, some at a time. While the statement runs it may throw, to end the session. */
  readonly use: (usage: Usage, running: boolean) => void;
  /** Told once per result, before its rows, which mask rules are at work in it. */
  readonly masked?: (rules: readonly string[]) => void;
  /** The second net for a statement of this text; null where the connection has none. */
  readonly net?: (text: string) => NetUnder | null;
}

/** The second net under one statement, and where it tells what it recognised. */
export interface NetUnder {
  readonly net: StatementNet;
  /** Called once, when the statement is over. */
  readonly settle: () => void;
}

/** Rows and bytes after which the budgets hear of a result that still runs. */
const useStep = { rows: 1000, bytes: 1024 * 1024 } as const;

/** One statement between its record and its outcome. Everything it is told is as the agent sees it: masked. */
export class RunningStatement {
  readonly seq: number;
  readonly judged: Judged;
  /** How its rows leave as a copy, where they have to be masked. */
  readonly copyToMask: CopyOut | UnmaskableCopy | null;
  readonly #recorder: Recorder;
  readonly #monotonic: () => number;
  readonly #use: RunningStatementOptions['use'];
  readonly #masked: RunningStatementOptions['masked'];
  /** What the budgets have heard of. */
  #used = { rows: 0, bytes: 0 };
  #written = 0;
  /** Rows of COPY TO, which are not told apart as they go. */
  #copiedOut = 0;
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
  readonly #under: NetUnder | null;
  /** Rows sent by the commands that are complete. */
  #rowsBefore = 0;
  #tagRows = 0;
  #copyColumns: CopyColumns | null = null;
  #copyPlan: MaskPlan | null = null;

  constructor(seq: number, judged: Judged, { recorder, monotonic, use, masked, net }: RunningStatementOptions) {
    this.seq = seq;
    this.judged = judged;
    this.#recorder = recorder;
    this.#monotonic = monotonic;
    this.#use = use;
    this.#masked = masked;
    this.#startedAt = monotonic();
    this.#under = net?.(judged.text) ?? null;
    this.copyToMask = copyToMask(judged, this.#under?.net.masks === true);
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

  /** Rows may have to be masked: none leaves whose columns were not described. */
  get mayMask(): boolean {
    return this.judged.masking !== null || this.#under?.net.masks === true;
  }

  /** How rows of these columns are masked, by rules and by what is in them; null when they leave as they are. */
  plan(fields: readonly FieldDescription[]): MaskPlan | null {
    const plan = this.judged.masking?.plan(fields) ?? null;
    return this.#under === null ? plan : this.#under.net.over(fields, plan);
  }

  /** The server told the columns of the copy that it is. */
  copies(columns: CopyColumns): void {
    this.#copyColumns = columns;
    this.#copyPlan = this.plan(columns.fields);
    if (this.#copyPlan === null) return;
    this.#under?.net.describe(columns.fields, this.#copyPlan);
    this.#noteMasks(this.#copyPlan);
  }

  get copyColumns(): CopyColumns | null {
    return this.#copyColumns;
  }

  /** How its rows are masked, once they were told of; null when they leave as they are. */
  get copyPlan(): MaskPlan | null {
    return this.#copyPlan;
  }

  /** A row of a masked copy, as a DataRow of the columns that were told. Its bytes are counted by `copyData`. */
  copiedRow(row: Buffer): void {
    this.#under?.net.row(row);
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
    this.#under?.net.describe(fields, plan);
    const maskedColumns = plan?.maskedColumns ?? [];
    if (plan !== null) this.#noteMasks(plan);
    this.#recorder.append({
      type: 'result',
      statement: this.seq,
      columns: fields.map(({ name, typeOid, format }) => ({ name, typeOid, format: format === 1 ? 'binary' : 'text' })),
      maskedColumns: [...maskedColumns],
    });
  }

  #noteMasks({ rules, maskedColumns }: MaskPlan): void {
    if (rules.length > 0) this.#masked?.(rules);
    this.#maskedColumns.push(...maskedColumns.slice(0, outcomeLimit.maskedColumns - this.#maskedColumns.length));
  }

  /** Whether `describe` was called for the result that is coming. */
  get described(): boolean {
    return this.#described;
  }

  /** One DataRow as sent to the agent. */
  row(frame: Buffer): void {
    this.#result.row(frame);
    this.#under?.net.row(frame);
    this.#tellBudgets(useStep, true);
  }

  /** True once rows are only counted: `countRow` takes them then. */
  get countsRows(): boolean {
    return this.#result.full;
  }

  /** The DataRow that was written last, as sent to the agent. */
  countRow(rows: RowMemory): void {
    this.#result.countRow(rows);
    this.#tellBudgets(useStep, true);
  }

  /** A part of a large DataRow, CopyData or FunctionCallResponse as sent to the agent. */
  part(part: MessagePart): void {
    this.#result.part(part);
    this.#tellBudgets(useStep, true);
  }

  /** Bytes of CopyData as sent to or by the agent. */
  copyData(bytes: Buffer): void {
    this.#result.count(bytes);
    const looks = this.#under !== null && this.#copyPlan === null && bytes[0] === backend.copyData;
    if (looks && this.judged.effects.kinds.includes('copy_out')) {
      this.#under?.net.copyOut(bytes);
    }
    this.#tellBudgets(useStep, true);
  }

  /** One command of the statement is complete. */
  complete(tag: string): void {
    this.#result.flush();
    this.#commands += 1;
    if (changesRows.test(tag) || (tag.startsWith('SELECT ') && this.judged.effects.kinds.includes('ddl')))
      this.#written += rowsOfTag(tag);
    if (tag.startsWith('COPY ')) {
      if (this.judged.effects.kinds.includes('copy_out')) this.#copiedOut += rowsOfTag(tag);
      else this.#written += rowsOfTag(tag);
    }
    if (this.#tags.length < outcomeLimit.tags) this.#tags.push(tag);
    if (this.#result.rows === this.#rowsBefore) this.#tagRows += rowsOfTag(tag);
    this.#rowsBefore = this.#result.rows;
    this.#described = false;
  }

  failed(fields: NoticeFields): void {
    this.#result.flush();
    this.#under?.net.message(fields);
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
    this.#tellBudgets({ rows: 0, bytes: 0 }, false);
    const unlisted = this.#commands - this.#tags.length;
    const findings = this.#under?.net.findings();
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
        ...(findings !== undefined && { findings }),
      },
      rowsRecorded: this.#result.recordedRows,
      bytes: this.#result.bytes,
      rowsDigest: this.#result.digest(),
    });
    this.#under?.settle();
  }

  /** Tells the budgets what they have not heard of yet, when it is at least a step. */
  #tellBudgets(step: { readonly rows: number; readonly bytes: number }, running: boolean): void {
    const rowsRead = this.#result.rows + this.#copiedOut - this.#used.rows;
    const bytes = this.#result.bytes - this.#used.bytes;
    if (rowsRead < step.rows && bytes < step.bytes) return;
    const rowsWritten = this.#written;
    this.#written = 0;
    this.#used = { rows: this.#used.rows + rowsRead, bytes: this.#result.bytes };
    this.#use({ rowsRead, bytes, rowsWritten }, running);
  }
}

/** Tags of commands that change rows. CREATE TABLE AS and SELECT INTO, which make them, are tagged SELECT. */
const changesRows = /^(?:INSERT|UPDATE|DELETE|MERGE)\b/;
