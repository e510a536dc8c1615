import type { ParsedStatement } from '../../sql/effects.ts';
import { backend, type TransactionStatus } from '../../wire/constants.ts';
import { decodeCommandComplete, decodeReadyForQuery } from '../../wire/decode-backend.ts';
import { errorResponse, readyForQuery } from '../../wire/encode-backend.ts';
import type { MessagePart } from '../../wire/message-stream.ts';
import { portalsEndedBy } from '../names.ts';
import type { Owed } from '../owed.ts';
import type { Copies } from './copies.ts';
import { type AnswerParts, unexpected } from './parts.ts';
import type { Rows } from './rows.ts';

/** How commands and units end: complete, failed, ready for the next. */
export class Endings {
  readonly #parts: AnswerParts;
  readonly #rows: Rows;
  readonly #copies: Copies;
  #status: TransactionStatus = 'I';
  #fatal = false;
  /** Statements of the running Query that are complete. */
  #command = 0;

  constructor(parts: AnswerParts, rows: Rows, copies: Copies) {
    this.#parts = parts;
    this.#rows = rows;
    this.#copies = copies;
  }

  get status(): TransactionStatus {
    return this.#status;
  }

  /** A FATAL error was passed on: the client knows why the connection ends. */
  get fatal(): boolean {
    return this.#fatal;
  }

  /** A Query goes to the server. */
  queryBegins(): void {
    this.#command = 0;
  }

  commandComplete(frame: Buffer): void {
    const { owed, options, send } = this.#parts;
    const { head, running } = owed;
    if (head?.kind === 'internal_execute') {
      owed.take('internal_execute');
      return head.onComplete();
    }
    if (running === null || (head?.kind !== 'query' && head?.kind !== 'execute'))
      throw unexpected(backend.commandComplete);
    this.#copies.stops();
    owed.commandCompletes();
    this.#rows.end();
    running.complete(decodeCommandComplete(frame));
    if (head.kind === 'execute') {
      owed.take('execute');
      for (const statement of running.judged.statements) this.#acknowledge(statement);
      running.finish('ok');
      options.completed(running);
    } else {
      const statement = running.judged.statements[this.#command];
      this.#command += 1;
      if (statement !== undefined) this.#acknowledge(statement);
    }
    send(frame);
  }

  error(message: Buffer | MessagePart): void {
    const { owed, asides, send } = this.#parts;
    const { head, running } = owed;
    this.#copies.stops();
    owed.commandFails();
    this.#rows.end();
    this.#copies.failed(message);
    const { frame, fields } = asides.shown(message, running, head?.kind === 'sync');
    if (fields.V === 'FATAL' || fields.V === 'PANIC' || fields.S === 'FATAL') this.#fatal = true;
    if (head === undefined || running === null) {
      const failed = head?.kind === 'parse' || head?.kind === 'describe' ? head.failed : undefined;
      const hidden = owed.hidden || failed !== undefined;
      // An error in an exchange of our own is ours to bear; the transaction state that follows tells the client what it must know.
      if (!hidden) asides.record(fields, null);
      if (this.#fatal || !hidden) send(frame);
      failed?.(fields);
      if (head !== undefined) owed.skipSegment('error');
      return;
    }
    const refusal = head.kind === 'query' || head.kind === 'refused_parse' ? head.refusal : null;
    if (refusal !== null) {
      running.failed({ C: refusal.sqlstate, M: refusal.message });
      running.finish(refusal.sqlstate === '57014' ? 'cancelled' : 'refused');
      send(errorResponse(refusal));
    } else {
      running.failed(fields);
      send(frame);
    }
    if (head.kind === 'query' || head.kind === 'function_call') return; // its ReadyForQuery ends it
    owed.skipSegment(running.finished ? 'skipped' : 'error');
  }

  readyForQuery(frame: Buffer): void {
    const { owed, options } = this.#parts;
    const status = decodeReadyForQuery(frame);
    const fenced = owed.head;
    this.#copies.stops();
    options.ready();
    if (fenced?.kind === 'fence' && fenced.ready !== null) fenced.ready.push(status);
    else this.#ready(owed.takeReady(), status, frame);
  }

  /** What came before the fence is shown now, but for the answer to the Sync of ours. */
  fencePassed(): void {
    const ready = this.#parts.owed.takeFence();
    for (const [index, status] of ready.entries()) {
      this.#ready({ kind: 'sync', hidden: index === ready.length - 1 }, status, readyForQuery(status));
    }
  }

  #ready(
    head: Extract<Owed, { kind: 'sync' | 'query' | 'function_call' }>,
    status: TransactionStatus,
    frame: Buffer,
  ): void {
    const { options, portals, send } = this.#parts;
    this.#status = status;
    if (head.kind !== 'sync') {
      head.running.finish(head.running.hasFailed ? 'error' : 'ok');
      options.completed(head.running);
      // A simple Query destroys the unnamed statement (manual, "Extended Query").
      options.names.deletePrepared('');
    }
    if (status === 'I') {
      portals.endAll();
      options.names.endTransaction();
    }
    if (head.kind !== 'sync' || !head.hidden) send(frame);
    if (head.kind === 'sync') head.onReady?.();
  }

  /** Names that SQL closed or declared anew no longer mean what Bind made of them. */
  #acknowledge(statement: ParsedStatement): void {
    const { options, portals } = this.#parts;
    options.names.acknowledge(statement);
    const ended = portalsEndedBy(statement);
    if (ended.all) portals.endAll();
    else for (const name of ended.names) portals.end(name);
  }
}
