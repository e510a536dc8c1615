import type { MaskPlan } from '../../masking/types.ts';
import { backend } from '../../wire/constants.ts';
import { decodeDataRow, decodeRowDescription } from '../../wire/decode-backend.ts';
import { ProtocolError } from '../../wire/protocol-error.ts';
import { RowMemory } from '../../wire/row-memory.ts';
import { describePortal } from '../portals.ts';
import type { RunningStatement } from '../running-statement.ts';
import { type AnswerParts, unexpected } from './parts.ts';

/** Rows of results, and what describes them. */
export class Rows {
  readonly #parts: AnswerParts;
  /** How the rows of the running Query are masked. */
  #plan: MaskPlan | null = null;
  /** Masked rows, where they are not kept for the journal. */
  readonly #rows = new RowMemory();

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  /** How the row that comes next is masked; null when it leaves as it is. */
  get plan(): MaskPlan | null {
    const { head } = this.#parts.owed;
    return head?.kind === 'execute' ? head.portal.plan : this.#plan;
  }

  /** The result is over. */
  end(): void {
    this.#plan = null;
  }

  row(frame: Buffer): void {
    const { owed, send, options } = this.#parts;
    const { head } = owed;
    if (head?.kind === 'internal_execute') return head.onRow(decodeDataRow(frame));
    const running = this.rowOf(frame);
    const { plan } = this;
    if (plan?.write !== undefined && running.countsRows) {
      if (plan.write(frame, this.#rows)) {
        running.countRow(this.#rows);
        options.sendRow(this.#rows);
        return;
      }
      running.row(frame);
      return send(frame);
    }
    const shown = plan === null ? frame : plan.apply(frame);
    running.row(shown);
    send(shown);
  }

  /** The statement whose row begins so. Throws ProtocolError when none is running, or it cannot be told what to mask. */
  rowOf(start: Buffer): RunningStatement {
    const { head, running } = this.#parts.owed;
    if (running === null) throw unexpected(backend.dataRow);
    if (head?.kind === 'execute' && !running.described) describePortal(head.portal, start);
    // On a masked connection a row whose columns were never described cannot be judged, so it does not leave.
    if (running.mayMask && !running.described) {
      throw new ProtocolError('the server sent rows without describing their columns');
    }
    return running;
  }

  /** A RowDescription. */
  described(frame: Buffer): void {
    const { owed, portals, send } = this.#parts;
    const { head } = owed;
    const fields = decodeRowDescription(frame);
    if (head?.kind === 'describe') {
      owed.take('describe');
      if (head.portal !== null) {
        head.portal.fields = fields;
        head.portal.plan = head.portal.running.plan(fields);
      }
      if (head.statement !== null) portals.describedStatement(head.statement, fields);
      head.described?.(fields);
      if (!head.hidden) send(frame);
      return;
    }
    if (head?.kind !== 'query') throw unexpected(backend.rowDescription);
    this.#plan = head.running.plan(fields);
    head.running.describe(fields, this.#plan);
    send(frame);
  }

  /** NoData, in the place of a RowDescription. */
  none(frame: Buffer): void {
    const described = this.#parts.owed.take('describe');
    if (described.portal !== null) described.portal.fields = [];
    if (!described.hidden) this.#parts.send(frame);
  }
}
