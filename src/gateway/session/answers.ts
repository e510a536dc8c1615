import type { MaskingProfile, MaskPlan } from '../masking/types.ts';
import type { ParsedStatement } from '../sql/effects.ts';
import { backend, type TransactionStatus } from '../wire/constants.ts';
import {
  decodeCommandComplete,
  decodeDataRow,
  decodeReadyForQuery,
  decodeRowDescription,
} from '../wire/decode-backend.ts';
import { errorResponse, readyForQuery } from '../wire/encode-backend.ts';
import type { FieldDescription } from '../wire/fields.ts';
import { MessagePart } from '../wire/message-stream.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { RowMemory } from '../wire/row-memory.ts';
import { Asides, isAside } from './asides.ts';
import { CopyProgress } from './copy-progress.ts';
import { comesInParts, LargeAnswer } from './large-answer.ts';
import { type NameRegistry, portalsEndedBy } from './names.ts';
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
  /** Sends the row that was written last. */
  readonly sendRow: (rows: RowMemory) => void;
  /** The masks of this moment: they also decide about notifications and reported settings. */
  readonly profile: () => MaskingProfile;
  readonly parameterChanged: (name: string, value: string) => void;
  /** ReadyForQuery came, and before it every change of a setting that it reports. */
  readonly ready: () => void;
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
  readonly #asides: Asides;
  #status: TransactionStatus = 'I';
  #fatal = false;
  readonly #copy = new CopyProgress();
  /** Why we ended a copy ourselves, until the server says how it ended. */
  #copyEndedBecause: string | null = null;
  #plan: MaskPlan | null = null;
  /** Masked rows, where they are not kept for the journal. */
  readonly #rows = new RowMemory();
  /** Statements of the running Query that are complete. */
  #command = 0;
  /** The large message that is coming in parts. */
  #large: LargeAnswer | null = null;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#asides = new Asides({ ...options, send: (frame) => this.#send(frame) });
  }

  get idle(): boolean {
    return this.#owed.idle;
  }

  /** So much is owed that nothing more should be asked for now. */
  get crowded(): boolean {
    return this.#owed.crowded;
  }

  /** The client has got the beginning of a message whose rest is still to come: nothing else may be said to it now. */
  get midMessage(): boolean {
    return this.#large?.forwarded === true;
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

  /** How far the unit is in its COPY FROM STDINs. */
  get copy(): Pick<CopyProgress, 'waits' | 'ended'> {
    return this.#copy;
  }

  /** A fence is to be sent before anything can be said of what is owed (see owed-queue.ts). */
  get fenceDue(): 'alone' | 'behind a Sync' | null {
    return this.#owed.fenceDue;
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

  /** So many portals are open that no other named one may be made. */
  get portalsFull(): boolean {
    return this.#portals.full;
  }

  /** A message of COPY FROM STDIN went to the server. */
  copiedIn(type: number, bytes: Buffer): void {
    this.#copy.sent(type);
    this.#owed.running?.copyData(bytes);
  }

  /** A Sync went to the server in the middle of COPY FROM STDIN. */
  syncAmidCopy(): void {
    this.#owed.syncAmidCopy();
  }

  /** A CopyFail of ours went to the server: when it is what fails the copy, the session cannot go on (ProtocolError with this reason). */
  endsCopy(reason: string): void {
    this.#copyEndedBecause = reason;
  }

  /** Something was sent that the server will answer. */
  expect(owed: Owed): void {
    if (owed.kind === 'query') this.#command = 0;
    if (this.#owed.idle) this.#copy.restart();
    this.#owed.expect(owed);
  }

  /** One whole message of the server. Throws ProtocolError when it answers nothing that was asked. */
  handle(frame: Buffer): void {
    const type = frame[0] as number;
    switch (type) {
      case backend.dataRow:
        return this.#dataRow(frame);
      case backend.noticeResponse:
      case backend.notificationResponse:
      case backend.parameterStatus:
      case backend.errorResponse:
        return this.#aside(type, frame);
      case backend.readyForQuery:
        return this.#readyForQuery(frame);
      case backend.rowDescription:
        return this.#rowDescription(frame);
      case backend.commandComplete:
        return this.#commandComplete(frame);
      case backend.copyInResponse:
        this.#copy.begins();
        this.#owed.copyBegins(this.#copy.begun);
        return this.#send(frame);
      case backend.copyData:
        this.#owed.running?.copyData(frame);
        return this.#send(frame);
      case backend.copyOutResponse:
      case backend.copyDone:
        return this.#send(frame);
      default:
        return this.#simpleAnswer(type, frame);
    }
  }

  /** Whether a message above `limit.gathered` bytes is handed on in parts. Throws ProtocolError when it may not come at all. */
  inParts(type: number, size: number): boolean {
    return comesInParts(type, size, this.#owed.head, this.#rowPlan);
  }

  /** A part of a message that `inParts` was true for. */
  handlePart(part: MessagePart): void {
    if (part.first) this.#handleHead(part);
    if (this.#large?.take(part) === true) this.#options.send(part.bytes);
    if (part.last) this.#large = null;
  }

  /** The connection ends. */
  abandon(): void {
    this.#owed.abandon();
    this.#portals.abandon();
  }

  #handleHead(part: MessagePart): void {
    const { type, bytes } = part;
    const large = new LargeAnswer(bytes);
    this.#large = large;
    if (isAside(type)) return this.#aside(type, part);
    if (type === backend.functionCallResponse && this.#owed.head?.kind !== 'function_call') throw unexpected(type);
    large.running = type === backend.dataRow ? this.#rowOf(bytes) : this.#owed.running;
    this.#send(bytes);
  }

  #send(frame: Buffer): void {
    this.#large?.sent(frame);
    this.#options.send(frame);
  }

  #aside(type: number, message: Buffer | MessagePart): void {
    const { head, running } = this.#owed;
    if (type === backend.errorResponse) return this.#error(message);
    if (type === backend.noticeResponse) {
      // About a text of the client that we only had a look at: it comes again with the text itself.
      if (head?.kind === 'parse' && head.hidden) return;
      return this.#asides.notice(message, running, head?.kind === 'sync');
    }
    if (type === backend.parameterStatus) return this.#asides.parameterStatus(message);
    this.#asides.notification(message instanceof MessagePart ? message.bytes : message);
  }

  #simpleAnswer(type: number, frame: Buffer): void {
    const head = this.#owed.head;
    switch (type) {
      case backend.parseComplete: {
        const owed = this.#owed.take('parse');
        this.#options.names.setPrepared(owed.name, owed.definition);
        this.#portals.forgetStatement(owed.name);
        if (!owed.hidden) this.#send(frame);
        return;
      }
      case backend.bindComplete: {
        const owed = this.#owed.take('bind');
        if (owed.portal !== null) {
          this.#portals.set(owed.name, owed.portal);
          this.#options.names.setCursor(owed.name, owed.portal.definition);
        }
        if (!owed.hidden) this.#send(frame);
        return;
      }
      case backend.closeComplete: {
        if (head?.kind === 'fence') return this.#fencePassed();
        const owed = this.#owed.take('close');
        this.#closed(owed.target, owed.name);
        if (!owed.hidden) this.#send(frame);
        owed.settled?.();
        return;
      }
      case backend.parameterDescription:
        if (head?.kind !== 'describe') throw unexpected(type);
        return this.#send(frame);
      case backend.noData: {
        const owed = this.#owed.take('describe');
        if (owed.portal !== null) owed.portal.fields = [];
        if (!owed.hidden) this.#send(frame);
        return;
      }
      case backend.portalSuspended: {
        this.#owed.take('execute');
        return this.#send(frame);
      }
      case backend.emptyQueryResponse:
        if (head?.kind === 'execute') {
          this.#owed.take('execute');
          head.portal.running.finish('ok');
        } else if (head?.kind !== 'query') throw unexpected(type);
        return this.#send(frame);
      case backend.functionCallResponse:
        if (head?.kind !== 'function_call') throw unexpected(type);
        head.running.copyData(frame);
        return this.#send(frame);
      default:
        throw unexpected(type);
    }
  }

  #dataRow(frame: Buffer): void {
    const head = this.#owed.head;
    if (head?.kind === 'internal_execute') return head.onRow(decodeDataRow(frame));
    const running = this.#rowOf(frame);
    const plan = this.#rowPlan;
    if (plan?.write !== undefined && running.countsRows) {
      if (plan.write(frame, this.#rows)) {
        running.countRow(this.#rows);
        this.#options.sendRow(this.#rows);
        return;
      }
      running.row(frame);
      return this.#send(frame);
    }
    const shown = plan === null ? frame : plan.apply(frame);
    running.row(shown);
    this.#send(shown);
  }

  /** How the row that comes next is masked; null when it leaves as it is. */
  get #rowPlan(): MaskPlan | null {
    const { head } = this.#owed;
    return head?.kind === 'execute' ? head.portal.plan : this.#plan;
  }

  /** The statement whose row begins so. Throws ProtocolError when none is running, or it cannot be told what to mask. */
  #rowOf(start: Buffer): RunningStatement {
    const { head, running } = this.#owed;
    if (running === null) throw unexpected(backend.dataRow);
    if (head?.kind === 'execute' && !running.described) describePortal(head.portal, start);
    // On a masked connection a row whose columns were never described cannot be judged, so it does not leave.
    if (running.mayMask && !running.described) {
      throw new ProtocolError('the server sent rows without describing their columns');
    }
    return running;
  }

  #rowDescription(frame: Buffer): void {
    const head = this.#owed.head;
    const fields = decodeRowDescription(frame);
    if (head?.kind === 'describe') {
      this.#owed.take('describe');
      if (head.portal !== null) {
        head.portal.fields = fields;
        head.portal.plan = head.portal.running.plan(fields);
      }
      if (head.statement !== null) this.#portals.describedStatement(head.statement, fields);
      if (!head.hidden) this.#send(frame);
      return;
    }
    if (head?.kind !== 'query') throw unexpected(backend.rowDescription);
    this.#plan = head.running.plan(fields);
    head.running.describe(fields, this.#plan);
    this.#send(frame);
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
    this.#copy.stops();
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
    this.#send(frame);
  }

  /** Names that SQL closed or declared anew no longer mean what Bind made of them. */
  #acknowledge(statement: ParsedStatement): void {
    this.#options.names.acknowledge(statement);
    const ended = portalsEndedBy(statement);
    if (ended.all) this.#portals.endAll();
    else for (const name of ended.names) this.#portals.end(name);
  }

  #error(message: Buffer | MessagePart): void {
    const { head, running, hidden } = this.#owed;
    this.#copy.stops();
    this.#owed.commandFails();
    this.#plan = null;
    this.#failedByUs(message);
    const { frame, fields } = this.#asides.shown(message, running, head?.kind === 'sync');
    if (fields.V === 'FATAL' || fields.V === 'PANIC' || fields.S === 'FATAL') this.#fatal = true;
    if (head === undefined || running === null) {
      // An error in an exchange of our own is ours to bear; the transaction state that follows tells the client what it must know.
      if (!hidden) this.#asides.record(fields, null);
      if (this.#fatal || !hidden) this.#send(frame);
      if (head?.kind === 'parse') head.failed?.(fields);
      if (head !== undefined) this.#owed.skipSegment('error');
      return;
    }
    const refusal = head.kind === 'query' || head.kind === 'refused_parse' ? head.refusal : null;
    if (refusal !== null) {
      running.failed({ C: refusal.sqlstate, M: refusal.message });
      running.finish(refusal.sqlstate === '57014' ? 'cancelled' : 'refused');
      this.#send(errorResponse(refusal));
    } else {
      running.failed(fields);
      this.#send(frame);
    }
    if (head.kind === 'query' || head.kind === 'function_call') return; // its ReadyForQuery ends it
    this.#owed.skipSegment(running.finished ? 'skipped' : 'error');
  }

  /** The server quotes the reason of the CopyFail that it took, whatever the language of its messages. */
  #failedByUs(message: Buffer | MessagePart): void {
    const reason = this.#copyEndedBecause;
    this.#copyEndedBecause = null;
    const bytes = message instanceof MessagePart ? message.bytes : message;
    if (reason !== null && bytes.includes(reason)) throw new ProtocolError(reason);
  }

  #readyForQuery(frame: Buffer): void {
    const status = decodeReadyForQuery(frame);
    const fenced = this.#owed.head;
    this.#copy.stops();
    this.#options.ready();
    if (fenced?.kind === 'fence' && fenced.ready !== null) fenced.ready.push(status);
    else this.#ready(this.#owed.takeReady(), status, frame);
  }

  /** What came before the fence is shown now, but for the answer to the Sync of ours. */
  #fencePassed(): void {
    const ready = this.#owed.takeFence();
    for (const [index, status] of ready.entries()) {
      this.#ready({ kind: 'sync', hidden: index === ready.length - 1 }, status, readyForQuery(status));
    }
  }

  #ready(
    head: Extract<Owed, { kind: 'sync' | 'query' | 'function_call' }>,
    status: TransactionStatus,
    frame: Buffer,
  ): void {
    this.#status = status;
    if (head.kind !== 'sync') {
      head.running.finish(head.running.hasFailed ? 'error' : 'ok');
      this.#options.completed(head.running);
      // A simple Query destroys the unnamed statement (manual, "Extended Query").
      this.#options.names.deletePrepared('');
    }
    if (status === 'I') {
      this.#portals.endAll();
      this.#options.names.endTransaction();
    }
    if (head.kind !== 'sync' || !head.hidden) this.#send(frame);
    if (head.kind === 'sync') head.onReady?.();
  }

  #closed(target: 'S' | 'P', name: string): void {
    if (target === 'S') return this.#options.names.deletePrepared(name);
    this.#options.names.deleteCursor(name);
    this.#portals.end(name);
  }
}

const unexpected = (type: number): ProtocolError =>
  new ProtocolError(`unexpected message "${String.fromCharCode(type)}" from the server`);
