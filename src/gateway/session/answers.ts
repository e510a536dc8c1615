import { parameterStatusAllowed, scrubNotification } from '../masking/doors.ts';
import { scrubFields } from '../masking/scrub.ts';
import type { MaskingProfile, MaskPlan } from '../masking/types.ts';
import type { ParsedStatement } from '../sql/effects.ts';
import { backend, type TransactionStatus } from '../wire/constants.ts';
import {
  decodeCommandComplete,
  decodeDataRow,
  decodeFields,
  decodeParameterStatus,
  decodeReadyForQuery,
  decodeRowDescription,
} from '../wire/decode-backend.ts';
import { errorResponse, fieldsMessage } from '../wire/encode-backend.ts';
import type { FieldDescription, NoticeFields } from '../wire/fields.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { type NameRegistry, portalsEndedBy } from './names.ts';
import { withoutPayload } from './notification.ts';
import type { Owed, Portal } from './owed.ts';
import { OwedQueue } from './owed-queue.ts';
import { describePortal, Portals } from './portals.ts';
import type { Recorder } from './recorder.ts';
import type { RunningStatement } from './running-statement.ts';

export interface AnswersOptions {
  readonly names: NameRegistry;
  readonly recorder: Recorder;
  /** Sends a frame to the client; frames of one chunk are written together. */
  readonly send: (frame: Buffer) => void;
  /** The masks of this moment: they also decide about notifications and reported settings. */
  readonly profile: () => MaskingProfile;
  readonly parameterChanged: (name: string, value: string) => void;
  /** A statement completed or failed; its effects on what we know of the database are now real. */
  readonly completed: (running: RunningStatement) => void;
}

/**
 * Follows what the server answers: which message each answer is for, what the client may see of it, and what it changes.
 * Frames that need nothing are passed on as they came.
 */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #owed = new OwedQueue();
  readonly #portals = new Portals();
  #status: TransactionStatus = 'I';
  #fatal = false;
  #copyIn = false;
  #plan: MaskPlan | null = null;
  /** Statements of the running Query that are complete. */
  #command = 0;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  get idle(): boolean {
    return this.#owed.idle;
  }

  get segmentOpen(): boolean {
    return this.#owed.segmentOpen;
  }

  get skipping(): boolean {
    return this.#owed.skipping;
  }

  get transaction(): 'idle' | 'open' | 'failed' {
    return this.#status === 'I' ? 'idle' : this.#status === 'T' ? 'open' : 'failed';
  }

  get copyIn(): boolean {
    return this.#copyIn;
  }

  /** A FATAL error was passed on: the client knows why the connection ends. */
  get fatal(): boolean {
    return this.#fatal;
  }

  statementFields(name: string): readonly FieldDescription[] | null {
    return this.#portals.statementFields(name);
  }

  portal(name: string): Portal | undefined {
    return this.#portals.get(name);
  }

  /** A message of COPY FROM STDIN went to the server. */
  copiedIn(frame: Buffer): void {
    this.#owed.running?.copyData(frame);
  }

  /** Something was sent that the server will answer. */
  expect(owed: Owed): void {
    if (owed.kind === 'query') this.#command = 0;
    this.#owed.expect(owed);
  }

  /** One whole message of the server. Throws ProtocolError when it answers nothing that was asked. */
  handle(frame: Buffer): void {
    const type = frame[0] as number;
    switch (type) {
      case backend.dataRow:
        return this.#dataRow(frame);
      case backend.noticeResponse:
        return this.#notice(frame);
      case backend.notificationResponse:
        return this.#options.send(
          scrubNotification(this.#options.profile()) === 'forward' ? frame : withoutPayload(frame),
        );
      case backend.parameterStatus:
        return this.#parameterStatus(frame);
      case backend.errorResponse:
        return this.#error(frame);
      case backend.readyForQuery:
        return this.#readyForQuery(frame);
      case backend.rowDescription:
        return this.#rowDescription(frame);
      case backend.commandComplete:
        return this.#commandComplete(frame);
      case backend.copyInResponse:
        this.#copyIn = true;
        this.#owed.copyBegins();
        return this.#options.send(frame);
      case backend.copyData:
        this.#owed.running?.copyData(frame);
        return this.#options.send(frame);
      case backend.copyOutResponse:
      case backend.copyDone:
        return this.#options.send(frame);
      default:
        return this.#simpleAnswer(type, frame);
    }
  }

  /** The connection ends. */
  abandon(): void {
    this.#owed.abandon();
    this.#portals.abandon();
  }

  #simpleAnswer(type: number, frame: Buffer): void {
    const head = this.#owed.head;
    switch (type) {
      case backend.parseComplete: {
        const owed = this.#owed.take('parse');
        this.#options.names.setPrepared(owed.name, owed.definition);
        this.#portals.forgetStatement(owed.name);
        if (!owed.hidden) this.#options.send(frame);
        return;
      }
      case backend.bindComplete: {
        const owed = this.#owed.take('bind');
        if (owed.portal !== null) {
          this.#portals.set(owed.name, owed.portal);
          this.#options.names.setCursor(owed.name, owed.portal.definition);
        }
        if (!owed.hidden) this.#options.send(frame);
        return;
      }
      case backend.closeComplete: {
        const owed = this.#owed.take('close');
        this.#closed(owed.target, owed.name);
        if (!owed.hidden) this.#options.send(frame);
        owed.settled?.();
        return;
      }
      case backend.parameterDescription:
        if (head?.kind !== 'describe') throw unexpected(type);
        return this.#options.send(frame);
      case backend.noData: {
        const owed = this.#owed.take('describe');
        if (owed.portal !== null) owed.portal.fields = [];
        if (!owed.hidden) this.#options.send(frame);
        return;
      }
      case backend.portalSuspended: {
        this.#owed.take('execute');
        return this.#options.send(frame);
      }
      case backend.emptyQueryResponse:
        if (head?.kind === 'execute') {
          this.#owed.take('execute');
          head.portal.running.finish('ok');
        } else if (head?.kind !== 'query') throw unexpected(type);
        return this.#options.send(frame);
      case backend.functionCallResponse:
        if (head?.kind !== 'function_call') throw unexpected(type);
        head.running.copyData(frame);
        return this.#options.send(frame);
      default:
        throw unexpected(type);
    }
  }

  #dataRow(frame: Buffer): void {
    const head = this.#owed.head;
    if (head?.kind === 'internal_execute') return head.onRow(decodeDataRow(frame));
    const running = this.#owed.running;
    if (running === null) throw unexpected(backend.dataRow);
    const plan = head?.kind === 'execute' ? head.portal.plan : this.#plan;
    if (head?.kind === 'execute' && !running.described) describePortal(head.portal, frame);
    // On a masked connection a row whose columns were never described cannot be judged, so it does not leave.
    if (running.judged.masking !== null && !running.described) {
      throw new ProtocolError('the server sent rows without describing their columns');
    }
    const shown = plan === null ? frame : plan.apply(frame);
    running.row(shown);
    this.#options.send(shown);
  }

  #rowDescription(frame: Buffer): void {
    const head = this.#owed.head;
    const fields = decodeRowDescription(frame);
    if (head?.kind === 'describe') {
      this.#owed.take('describe');
      if (head.portal !== null) {
        head.portal.fields = fields;
        head.portal.plan = head.portal.judged.masking?.plan(fields) ?? null;
      }
      if (head.statement !== null) this.#portals.describedStatement(head.statement, fields);
      if (!head.hidden) this.#options.send(frame);
      return;
    }
    if (head?.kind !== 'query') throw unexpected(backend.rowDescription);
    this.#plan = head.running.judged.masking?.plan(fields) ?? null;
    head.running.describe(fields, this.#plan);
    this.#options.send(frame);
  }

  #commandComplete(frame: Buffer): void {
    const head = this.#owed.head;
    if (head?.kind === 'internal_execute') {
      this.#owed.take('internal_execute');
      return head.onComplete();
    }
    const running = this.#owed.running;
    if (running === null || (head?.kind !== 'query' && head?.kind !== 'execute'))
      throw unexpected(backend.commandComplete);
    this.#copyIn = false;
    this.#owed.commandCompletes();
    this.#plan = null;
    running.complete(decodeCommandComplete(frame));
    if (head.kind === 'execute') {
      this.#owed.take('execute');
      for (const statement of running.judged.statements) this.#acknowledge(statement);
      running.finish('ok');
      this.#options.completed(running);
    } else {
      const statement = running.judged.statements[this.#command];
      this.#command += 1;
      if (statement !== undefined) this.#acknowledge(statement);
    }
    this.#options.send(frame);
  }

  /** Names that SQL closed or declared anew no longer mean what Bind made of them. */
  #acknowledge(statement: ParsedStatement): void {
    this.#options.names.acknowledge(statement);
    const ended = portalsEndedBy(statement);
    if (ended.all) this.#portals.endAll();
    else for (const name of ended.names) this.#portals.end(name);
  }

  #error(frame: Buffer): void {
    const head = this.#owed.head;
    const running = this.#owed.running;
    this.#copyIn = false;
    this.#plan = null;
    const fields = decodeFields(frame);
    if (fields.V === 'FATAL' || fields.V === 'PANIC' || fields.S === 'FATAL') this.#fatal = true;
    if (head === undefined || running === null) {
      // An error in an exchange of our own is ours to bear; the transaction state that follows tells the client what it must know.
      const { hidden } = this.#owed;
      const shown = this.#shown(fields, null);
      if (!hidden) this.#record(shown, null);
      if (this.#fatal || !hidden)
        this.#options.send(shown === fields ? frame : fieldsMessage(backend.errorResponse, shown));
      if (head !== undefined) this.#owed.skipSegment('error');
      return;
    }
    const refusal = head.kind === 'query' || head.kind === 'refused_parse' ? head.refusal : null;
    if (refusal !== null) {
      running.failed({ C: refusal.sqlstate, M: refusal.message });
      running.finish(refusal.sqlstate === '57014' ? 'cancelled' : 'refused');
      this.#options.send(errorResponse(refusal));
    } else {
      const shown = this.#shown(fields, running);
      running.failed(shown);
      this.#options.send(shown === fields ? frame : fieldsMessage(backend.errorResponse, shown));
    }
    if (head.kind === 'query' || head.kind === 'function_call') return; // its ReadyForQuery ends it
    this.#owed.skipSegment(running.finished ? 'skipped' : 'error');
  }

  #readyForQuery(frame: Buffer): void {
    const head = this.#owed.takeReady();
    this.#status = decodeReadyForQuery(frame);
    this.#copyIn = false;
    if (head.kind !== 'sync') {
      head.running.finish(head.running.hasFailed ? 'error' : 'ok');
      this.#options.completed(head.running);
      // A simple Query destroys the unnamed statement (manual, "Extended Query").
      this.#options.names.deletePrepared('');
    }
    if (this.#status === 'I') {
      this.#portals.endAll();
      this.#options.names.endTransaction();
    }
    if (head.kind !== 'sync' || !head.hidden) this.#options.send(frame);
    if (head.kind === 'sync') head.onReady?.();
  }

  #closed(target: 'S' | 'P', name: string): void {
    if (target === 'S') return this.#options.names.deletePrepared(name);
    this.#options.names.deleteCursor(name);
    this.#portals.end(name);
  }

  #notice(frame: Buffer): void {
    const running = this.#owed.running;
    const fields = decodeFields(frame);
    const shown = this.#shown(fields, running);
    this.#record(shown, running);
    this.#options.send(shown === fields ? frame : fieldsMessage(backend.noticeResponse, shown));
  }

  /** What the client may see of an error or notice. At a Sync it comes from deferred constraints and triggers: any code, any row. */
  #shown(fields: NoticeFields, running: RunningStatement | null): NoticeFields {
    if (running !== null) return running.judged.masking?.scrub(fields) ?? fields;
    return this.#owed.head?.kind === 'sync' && this.#options.profile().active ? scrubFields(fields, '', true) : fields;
  }

  #record(shown: NoticeFields, running: RunningStatement | null): void {
    this.#options.recorder.append({
      type: 'notice',
      statement: running?.seq ?? null,
      severity: shown.S ?? 'NOTICE',
      sqlstate: shown.C ?? '00000',
      message: (shown.M ?? '').slice(0, 1000),
    });
  }

  #parameterStatus(frame: Buffer): void {
    const { name, value } = decodeParameterStatus(frame);
    this.#options.parameterChanged(name, value);
    if (!this.#options.profile().active || parameterStatusAllowed(name, value)) this.#options.send(frame);
  }
}

const unexpected = (type: number): ProtocolError =>
  new ProtocolError(`unexpected message "${String.fromCharCode(type)}" from the server`);
