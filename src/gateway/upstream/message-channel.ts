import type { Socket } from 'node:net';
import { backend } from '../wire/constants.ts';
import { decodeFields } from '../wire/decode-backend.ts';
import type { NoticeFields } from '../wire/fields.ts';
import { Framer, type LengthLimit } from '../wire/framer.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { describeAddress, UpstreamError } from './error.ts';
import { closedError, networkError } from './network-error.ts';

/**
 * Largest message before the first ReadyForQuery. Nobody is authenticated yet, so a stranger must not make us keep more;
 * libpq's own limits there are 2,000 bytes for authentication and 30,000 for errors.
 */
const startupMessageLimit = 65_536;
/** All notices and parameters of a start-up together. */
const startupTotalLimit = 1024 * 1024;

/** Reads whole messages from a socket one at a time, for dialogues where each answer decides what is sent next. */
export class MessageChannel {
  readonly #socket: Socket;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #framer: Framer;
  readonly #totalLimit: number;
  #total = 0;
  #failure: UpstreamError | null = null;
  #waiting: (() => void) | null = null;

  /** `limits` apply to everything read through this channel; by default those of a start-up. */
  constructor(
    socket: Socket,
    target: { readonly host: string; readonly port: number },
    limits: { readonly message: LengthLimit; readonly total: number } = {
      message: () => startupMessageLimit,
      total: startupTotalLimit,
    },
    first: Buffer = Buffer.alloc(0),
  ) {
    this.#socket = socket;
    this.#target = target;
    this.#framer = new Framer(limits.message);
    this.#totalLimit = limits.total;
    if (first.length > 0) this.#framer.push(first);
    socket.on('data', this.#onData).on('error', this.#onError).on('close', this.#onClose);
    socket.resume();
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /**
   * The next whole message, valid until the next read. `waitingFor` completes "the server closed the connection while …".
   * Rejects with UpstreamError `unreachable` when the socket ends or fails, `protocol` on bytes that are no messages.
   */
  async read(waitingFor: string): Promise<Buffer> {
    for (;;) {
      const frame = this.#next();
      if (frame !== null) return frame;
      if (this.#failure !== null) throw this.#failure;
      if (this.#socket.destroyed) throw closedError(this.#target, waitingFor);
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** Starts counting anew: `total` then limits what one answer may hold. */
  resetTotal(): void {
    this.#total = 0;
  }

  /** Lets go of the socket, paused; returns what was received and not yet read. Rejects nothing, throws nothing. */
  release(): Buffer {
    this.#socket.pause();
    this.#socket.off('data', this.#onData).off('error', this.#onError).off('close', this.#onClose);
    return this.#framer.drain();
  }

  #next(): Buffer | null {
    try {
      return this.#framer.next();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw protocolError(this.#target, error.message);
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#total += chunk.length;
    if (this.#total > this.#totalLimit) {
      this.#failure ??= protocolError(this.#target, `an answer of more than ${this.#totalLimit} bytes`);
      this.#socket.destroy();
    } else {
      this.#framer.push(chunk);
    }
    this.#wake();
  };

  readonly #onError = (error: Error): void => {
    this.#failure ??= networkError(error, this.#target);
    this.#wake();
  };

  readonly #onClose = (): void => this.#wake();
}

/** The server said something that the protocol does not allow there. */
export function protocolError(target: { readonly host: string; readonly port: number }, what: string): UpstreamError {
  return new UpstreamError('protocol', {
    message: `${describeAddress(target)} does not speak the PostgreSQL protocol as expected: ${what}`,
    hint: 'Check that host and port are those of a PostgreSQL server or pooler, not of something else.',
  });
}

/** Fields of an ErrorResponse as it came before log-in, or a protocol error. */
export function readErrorFields(frame: Buffer, target: { readonly host: string; readonly port: number }): NoticeFields {
  if (frame[0] !== backend.errorResponse) throw protocolError(target, 'an error was expected');
  try {
    return decodeFields(frame);
  } catch (error) {
    if (error instanceof ProtocolError) throw protocolError(target, error.message);
    throw error;
  }
}
