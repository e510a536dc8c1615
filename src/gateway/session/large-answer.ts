import type { MaskPlan } from '../masking/types.ts';
import { backend, limit, sqlstate } from '../wire/constants.ts';
import type { MessagePart } from '../wire/message-stream.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { isAside } from './asides.ts';
import type { Owed } from './owed.ts';
import type { RunningStatement } from './running-statement.ts';

/**
 * Whether a message of the server above `limit.gathered` bytes is handed on in parts. One that has to be understood or
 * masked as a whole is not, and has a limit: throws ProtocolError (54000) above it. `head` is the answer that is due,
 * `plan` how its rows are masked, `copyMasked` whether those of the running copy are.
 */
export function comesInParts(
  type: number,
  size: number,
  head: Owed | undefined,
  { plan, copyMasked }: { readonly plan: MaskPlan | null; readonly copyMasked: boolean },
): boolean {
  if (isAside(type) || type === backend.functionCallResponse) return true;
  if (type === backend.copyData) {
    return !copyMasked || gathers(size, limit.maskedRow, 'a row of a COPY with a column to mask');
  }
  if (type !== backend.dataRow || head?.kind === 'internal_execute') {
    return gathers(size, limit.understoodMessage, `a message "${String.fromCharCode(type)}"`);
  }
  return plan === null || gathers(size, limit.maskedRow, 'a row with a column to mask');
}

/** False: it is gathered whole. Throws when that would take more than `most` bytes. */
function gathers(size: number, most: number, what: string): false {
  if (size <= most) return false;
  throw new ProtocolError(
    `the server sent ${what} of ${size} bytes; Postern takes at most ${most} of such in memory, so nothing of it was forwarded and the session ends. Leave the large value out of the result, or read it in parts, each in a statement of its own.`,
    sqlstate.programLimitExceeded,
  );
}

/** A message that comes in parts. What becomes of its head becomes of the rest. */
export class LargeAnswer {
  readonly #head: Buffer;
  #forwarded = false;
  /** The statement whose rows or data it is. */
  running: RunningStatement | null = null;

  constructor(head: Buffer) {
    this.#head = head;
  }

  /** True once its head was sent to the client. */
  get forwarded(): boolean {
    return this.#forwarded;
  }

  /** A frame goes to the client; it may be the head. */
  sent(frame: Buffer): void {
    if (frame === this.#head) this.#forwarded = true;
  }

  /** Counts a part; true when it is to be sent, which for the head was decided elsewhere. */
  take(part: MessagePart): boolean {
    this.running?.part(part);
    return this.#forwarded && !part.first;
  }
}
