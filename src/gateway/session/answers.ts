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
  #owed: Owed[] = [];
  #status: TransactionStatus = 'I';
  #skipping = false;
  #segmentOpen = false;
  #fatal = false;
  #copy: 'none' | 'in' | 'out' = 'none';
  #plan: MaskPlan | null = null;
  #command = 0;
  #ignoredSyncs = 0;
  readonly #portals = new Map<string, Portal>();
  /** Columns of prepared statements that the client had described; used for the journal only, never for masking. */
  readonly #statementFields = new Map<string, readonly FieldDescription[]>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Nothing is owed: the state of the server is known. */
  get idle(): boolean {
    return this.#owed.length === 0;
  }

  get transaction(): 'idle' | 'open' | 'failed' {
    return this.#status === 'I' ? 'idle' : this.#status === 'T' ? 'open' : 'failed';
  }

  /** Messages of the extended protocol were sent and no Sync yet: a Sync now would commit them. */
  get segmentOpen(): boolean {
    return this.#segmentOpen;
  }

  /** The server ignores everything until the next Sync, after an error in the extended protocol. */
  get skipping(): boolean {
    return this.#skipping;
  }

  get copyIn(): boolean {
    return this.#copy === 'in';
  }

  statementFields(name: string): readonly FieldDescription[] | null {
    return this.#statementFields.get(name) ?? null;
  }

  /** A FATAL error was passed on: the client knows why the connection ends. */
  get fatal(): boolean {
    return this.#fatal;
  }

  /** A message of COPY FROM STDIN went to the server. */
  copiedIn(frame: Buffer): void {
    this.#running()?.copyData(frame);
  }

  portal(name: string): Portal | undefined {
    return this.#portals.get(name);
  }

  expect(owed: Owed): void {
    if (owed.kind === 'sync') this.#skipping = false;
    if (owed.kind === 'query') this.#command = 0;
    this.#segmentOpen = owed.kind !== 'sync' && owed.kind !== 'query' && owed.kind !== 'function_call';
    this.#owed.push(owed);
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
        this.#copy = 'in';
        this.#dropSyncsBeforeCopy();
        return this.#options.send(frame);
      case backend.copyOutResponse:
        this.#copy = 'out';
        return this.#options.send(frame);
      case backend.copyData:
        this.#running()?.copyData(frame);
        return this.#options.send(frame);
      case backend.copyDone:
        return this.#options.send(frame);
      default:
        return this.#simpleAnswer(type, frame);
    }
  }

  /**
   * A Sync sent before the data of a copy is ignored by the server (manual, "COPY Operations"), unless the copy fails
   * before anything was read (a BEFORE STATEMENT trigger): then it is answered after all.
   */
  #dropSyncsBeforeCopy(): void {
    const kept = this.#owed.filter((owed) => owed.kind !== 'sync' || owed.afterCopy === true);
    this.#ignoredSyncs = this.#owed.length - kept.length;
    this.#owed = kept;
  }

  /** The connection ends: what still ran is lost, what was never reached is skipped. */
  abandon(): void {
    const first = this.#running()?.hasFailed === true ? 'error' : 'lost';
    const owed = this.#owed;
    this.#owed = [];
    for (const [index, answer] of owed.entries()) this.#finish(answer, index === 0 ? first : 'skipped');
    for (const answer of owed) if (answer.kind === 'sync') answer.onReady?.();
    for (const portal of this.#portals.values()) portal.running.finish('skipped');
    this.#portals.clear();
  }

  #simpleAnswer(type: number, frame: Buffer): void {
    const head = this.#owed[0];
    switch (type) {
      case backend.parseComplete: {
        const owed = this.#take('parse');
        this.#options.names.setPrepared(owed.name, owed.definition);
        this.#statementFields.delete(owed.name);
        if (!owed.hidden) this.#options.send(frame);
        return;
      }
      case backend.bindComplete: {
        const owed = this.#take('bind');
        if (owed.portal !== null) {
          this.#portals.set(owed.name, owed.portal);
          this.#options.names.setCursor(owed.name, owed.portal.definition);
        }
        if (!owed.hidden) this.#options.send(frame);
        return;
      }
      case backend.closeComplete: {
        const owed = this.#take('close');
        this.#closed(owed.target, owed.name);
        if (!owed.hidden) this.#options.send(frame);
        owed.settled?.();
        return;
      }
      case backend.parameterDescription:
        if (head?.kind !== 'describe') throw unexpected(type);
        return this.#options.send(frame);
      case backend.noData: {
        const owed = this.#take('describe');
        if (owed.portal !== null) owed.portal.fields = [];
        if (!owed.hidden) this.#options.send(frame);
        return;
      }
      case backend.portalSuspended: {
        this.#take('execute');
        return this.#options.send(frame);
      }
      case backend.emptyQueryResponse:
        if (head?.kind === 'execute') {
          this.#owed.shift();
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
    const head = this.#owed[0];
    if (head?.kind === 'internal_execute') return head.onRow(decodeDataRow(frame));
    const running = this.#running();
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
    const head = this.#owed[0];
    const fields = decodeRowDescription(frame);
    if (head?.kind === 'describe') {
      this.#owed.shift();
      if (head.portal !== null) {
        head.portal.fields = fields;
        head.portal.plan = head.portal.judged.masking?.plan(fields) ?? null;
      }
      if (head.statement !== null) this.#statementFields.set(head.statement, fields);
      if (!head.hidden) this.#options.send(frame);
      return;
    }
    if (head?.kind !== 'query') throw unexpected(backend.rowDescription);
    this.#plan = head.running.judged.masking?.plan(fields) ?? null;
    head.running.describe(fields, this.#plan);
    this.#options.send(frame);
  }

  #commandComplete(frame: Buffer): void {
    const head = this.#owed[0];
    if (head?.kind === 'internal_execute') {
      this.#owed.shift();
      return head.onComplete();
    }
    const running = this.#running();
    if (running === null || (head?.kind !== 'query' && head?.kind !== 'execute'))
      throw unexpected(backend.commandComplete);
    this.#copy = 'none';
    this.#ignoredSyncs = 0;
    this.#plan = null;
    running.complete(decodeCommandComplete(frame));
    if (head.kind === 'execute') {
      this.#owed.shift();
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
    for (const name of ended.all ? [...this.#portals.keys()] : ended.names) this.#endPortal(name);
  }

  #endPortal(name: string): void {
    const portal = this.#portals.get(name);
    this.#portals.delete(name);
    portal?.running.finish(portal.running.started ? 'ok' : 'skipped');
  }

  #error(frame: Buffer): void {
    const head = this.#owed[0];
    const running = this.#running();
    this.#copy = 'none';
    this.#plan = null;
    const fields = decodeFields(frame);
    if (fields.V === 'FATAL' || fields.V === 'PANIC' || fields.S === 'FATAL') this.#fatal = true;
    if (head === undefined || running === null) {
      // An error in an exchange of our own is ours to bear; the transaction state that follows tells the client what it must know.
      const hidden = this.#owed.find((owed) => owed.kind === 'sync')?.hidden === true;
      const shown = this.#shown(fields, null);
      if (!hidden) this.#record(shown, null);
      if (this.#fatal || !hidden)
        this.#options.send(shown === fields ? frame : fieldsMessage(backend.errorResponse, shown));
      if (head !== undefined) this.#skipSegment('error');
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
    this.#skipSegment(running.finished ? 'skipped' : 'error');
  }

  /** After an error in the extended protocol the server drops everything up to the Sync; what that was is recorded as skipped. */
  #skipSegment(first: 'error' | 'skipped'): void {
    const end = this.#owed.findIndex((owed) => owed.kind === 'sync');
    const dropped = this.#owed.splice(0, end < 0 ? this.#owed.length : end);
    for (const [index, owed] of dropped.entries()) this.#finish(owed, index === 0 ? first : 'skipped');
    this.#skipping = end < 0;
  }

  #readyForQuery(frame: Buffer): void {
    const head = this.#owed.shift() ?? this.#ignoredSync();
    if (head?.kind !== 'sync' && head?.kind !== 'query' && head?.kind !== 'function_call')
      throw unexpected(backend.readyForQuery);
    this.#status = decodeReadyForQuery(frame);
    this.#copy = 'none';
    this.#skipping = false;
    if (head.kind !== 'sync') {
      this.#finish(head, head.running.hasFailed ? 'error' : 'ok');
      this.#options.completed(head.running);
      // A simple Query destroys the unnamed statement (manual, "Extended Query").
      this.#options.names.deletePrepared('');
    }
    if (this.#status === 'I') this.#endTransaction();
    if (head.kind !== 'sync' || !head.hidden) this.#options.send(frame);
    if (head.kind === 'sync') head.onReady?.();
  }

  #ignoredSync(): Owed | undefined {
    if (this.#ignoredSyncs === 0) return undefined;
    this.#ignoredSyncs -= 1;
    return { kind: 'sync', hidden: false };
  }

  #endTransaction(): void {
    for (const portal of this.#portals.values()) portal.running.finish(portal.running.started ? 'ok' : 'skipped');
    this.#portals.clear();
    this.#options.names.endTransaction();
  }

  #closed(target: 'S' | 'P', name: string): void {
    if (target === 'S') return this.#options.names.deletePrepared(name);
    this.#options.names.deleteCursor(name);
    this.#endPortal(name);
  }

  #finish(owed: Owed, status: 'ok' | 'error' | 'skipped' | 'lost'): void {
    switch (owed.kind) {
      case 'query':
      case 'function_call':
      case 'refused_parse':
        return owed.running.finish(status);
      case 'execute':
        return owed.portal.running.finish(status);
      case 'bind':
        return owed.portal?.running.finish(status);
      case 'close':
        return owed.settled?.();
      default:
        return;
    }
  }

  /** The statement that the next answer is about. */
  #running(): RunningStatement | null {
    const head = this.#owed[0];
    switch (head?.kind) {
      case 'query':
      case 'function_call':
      case 'refused_parse':
        return head.running;
      case 'execute':
        return head.portal.running;
      case 'bind':
      case 'describe':
        return head.portal?.running ?? null;
      default:
        return null;
    }
  }

  #notice(frame: Buffer): void {
    const running = this.#running();
    const fields = decodeFields(frame);
    const shown = this.#shown(fields, running);
    this.#record(shown, running);
    this.#options.send(shown === fields ? frame : fieldsMessage(backend.noticeResponse, shown));
  }

  /** What the client may see of an error or notice. At a Sync it comes from deferred constraints and triggers: any code, any row. */
  #shown(fields: NoticeFields, running: RunningStatement | null): NoticeFields {
    if (running !== null) return running.judged.masking?.scrub(fields) ?? fields;
    return this.#owed[0]?.kind === 'sync' && this.#options.profile().active ? scrubFields(fields, '', true) : fields;
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

  #take<K extends Owed['kind']>(kind: K): Extract<Owed, { kind: K }> {
    const head = this.#owed[0];
    if (head?.kind !== kind) throw new ProtocolError(`the server answered ${kind}, which was not asked next`);
    this.#owed.shift();
    return head as Extract<Owed, { kind: K }>;
  }
}

/** Tells the journal what a portal's rows are, as well as it is known; without any Describe only count and format are. */
function describePortal(portal: Portal, frame: Buffer): void {
  if (portal.judged.masking !== null) {
    if (portal.fields !== null) portal.running.describe(portal.fields, portal.plan);
    return;
  }
  const formats = portal.resultFormats;
  const format = (index: number): 0 | 1 => ((formats.length === 1 ? formats[0] : formats[index]) === 1 ? 1 : 0);
  const known =
    portal.fields ?? decodeDataRow(frame).map((_, index) => ({ ...unknownField, name: `column ${index + 1}` }));
  portal.running.describe(
    known.map((field, index) => ({ ...field, format: format(index) })),
    null,
  );
}

const unknownField = {
  tableOid: 0,
  attributeNumber: 0,
  typeOid: 0,
  typeSize: -1,
  typeModifier: -1,
  format: 0,
} as const;

const unexpected = (type: number): ProtocolError =>
  new ProtocolError(`unexpected message "${String.fromCharCode(type)}" from the server`);
