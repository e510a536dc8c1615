import { frontend } from '../wire/constants.ts';

/**
 * What is judged and sent as one: extended-protocol messages up to a Sync (or a Flush, where the client wants to see
 * answers before it goes on), one Query, or one FunctionCall.
 */
export type Unit =
  | { readonly kind: 'segment'; readonly frames: readonly Buffer[]; readonly end: 'sync' | 'flush' }
  | { readonly kind: 'query'; readonly frame: Buffer }
  | { readonly kind: 'function_call'; readonly frame: Buffer };

/** A message of COPY FROM STDIN that came before the segment which begins the copy was sent; it only waits its turn. */
export interface EarlyCopyMessage {
  readonly kind: 'copy';
  readonly frame: Buffer;
}

/** Messages or bytes after which a segment is sent on without waiting for its Sync, so that memory stays bounded. */
export const segmentLimit = { messages: 10_000, bytes: 16 * 1024 * 1024 } as const;

/** Gathers frames until a unit is complete. */
export class SegmentCollector {
  #frames: Buffer[] = [];
  #bytes = 0;

  get empty(): boolean {
    return this.#frames.length === 0;
  }

  /** Takes a Parse, Bind, Describe, Execute, Close, Flush or Sync; returns the segment when it is complete. */
  add(frame: Buffer): Unit | null {
    const type = frame[0];
    if (type === frontend.sync) return this.take('sync');
    if (type === frontend.flush) return this.take('flush');
    this.#frames.push(frame);
    this.#bytes += frame.length;
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

/** Messages that COPY FROM STDIN is made of. Outside a copy the server ignores them. */
export const isCopyMessage = (type: number): boolean =>
  type === frontend.copyData || type === frontend.copyDone || type === frontend.copyFail;
