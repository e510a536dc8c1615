import { frontend } from '../wire/constants.ts';
import { MessagePart } from '../wire/message-stream.ts';
import { Oversized } from './oversized.ts';

/** A message that is judged: whole, or what is kept of one that was too long to be taken. */
export type JudgedMessage = Buffer | Oversized;

/**
 * What is judged and sent as one: extended-protocol messages up to a Sync (or a Flush, where the client wants to see
 * answers before it goes on), one Query, or one FunctionCall.
 */
export type Unit =
  | { readonly kind: 'segment'; readonly frames: readonly JudgedMessage[]; readonly end: 'sync' | 'flush' }
  | { readonly kind: 'query'; readonly frame: JudgedMessage }
  | { readonly kind: 'function_call'; readonly frame: JudgedMessage };

/** A message of COPY FROM STDIN that came before the segment which begins the copy was sent; it only waits its turn. */
export interface WaitingCopyData {
  readonly kind: 'copy';
  readonly frame: Buffer | MessagePart;
}

/** Messages or bytes after which a segment is sent on without waiting for its Sync, so that memory stays bounded. */
export const segmentLimit = { messages: 10_000, bytes: 16 * 1024 * 1024 } as const;

/** Gathers messages until a unit is complete. */
export class SegmentCollector {
  #frames: JudgedMessage[] = [];
  #bytes = 0;

  get empty(): boolean {
    return this.#frames.length === 0;
  }

  /** What the segment begins with, as far as it has come. */
  get first(): JudgedMessage | undefined {
    return this.#frames[0];
  }

  /** Takes a Parse, Bind, Describe, Execute, Close, Flush or Sync; returns the segment when it is complete. */
  add(message: JudgedMessage): Unit | null {
    const type = typeOf(message);
    if (type === frontend.sync) return this.take('sync');
    if (type === frontend.flush) return this.take('flush');
    this.#frames.push(message);
    this.#bytes += message instanceof Oversized ? message.start.length : message.length;
    if (this.#frames.length >= segmentLimit.messages || this.#bytes >= segmentLimit.bytes) return this.take('flush');
    return null;
  }

  take(end: 'sync' | 'flush'): Unit {
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    return { kind: 'segment', frames, end };
  }
}

/** The type byte of a message, in whichever form it came. */
export const typeOf = (message: Buffer | MessagePart | Oversized): number =>
  message instanceof MessagePart || message instanceof Oversized ? message.type : (message[0] as number);

/** Messages that COPY FROM STDIN is made of. Outside a copy the server ignores them. */
export function isCopyMessage(message: Buffer | MessagePart | Oversized): message is Buffer | MessagePart {
  const type = typeOf(message);
  return type === frontend.copyData || type === frontend.copyDone || type === frontend.copyFail;
}

/** What the server would meet first of a unit that came in the middle of a copy; undefined when it belongs to the copy. */
export function strayMessage(unit: Unit | WaitingCopyData | undefined): JudgedMessage | undefined {
  if (unit === undefined || unit.kind === 'copy') return undefined;
  return unit.kind === 'segment' ? unit.frames[0] : unit.frame;
}
