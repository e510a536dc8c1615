import type { Socket } from 'node:net';
import { frontend, limit, sqlstate } from '../wire/constants.ts';
import { decodePassword } from '../wire/decode-frontend.ts';
import { authenticationCleartextPassword } from '../wire/encode-backend.ts';
import { Framer } from '../wire/framer.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { StartupReader } from './startup-reader.ts';

export interface ProofReaderOptions {
  readonly deadline: AbortSignal;
  /** What came before it was asked for. */
  readonly early: Buffer;
  /** Largest length field of a message. */
  readonly limit: number;
  /** What the client should have sent instead of another message, in the server's words. */
  readonly expected: string;
}

/** Reads the messages by which a client proves who it is. They are all of one type, `p`. */
export class ProofReader {
  readonly #reader: StartupReader;
  readonly #framer: Framer;

  constructor(socket: Socket, { deadline, early, limit: longest, expected }: ProofReaderOptions) {
    this.#reader = new StartupReader(socket, deadline);
    // By the first byte: what is no proof is never gathered, however long it says it is.
    this.#framer = new Framer((type) => {
      if (type !== frontend.password) throw new ProtocolError(expected);
      return longest;
    });
    if (early.length > 0) this.#framer.push(early);
  }

  /** The next message. Anything but one of type `p` is a ProtocolError. Throws ClientGone as well. */
  async next(): Promise<Buffer> {
    for (;;) {
      const frame = this.#framer.next();
      if (frame !== null) return frame;
      this.#framer.push(await this.#reader.read());
    }
  }

  /** What came behind: a client may send statements before it is told that it may. */
  rest(): Buffer {
    return this.#framer.drain();
  }
}

export interface PasswordRead {
  readonly password: string;
  /** What came behind the password. */
  readonly rest: Buffer;
}

/** Asks for the password and reads it, `early` bytes first. Anything but a PasswordMessage is a ProtocolError. */
export async function readPassword(socket: Socket, deadline: AbortSignal, early: Buffer): Promise<PasswordRead> {
  socket.write(authenticationCleartextPassword());
  const expected = 'expected password response';
  const reader = new ProofReader(socket, { deadline, early, limit: limit.password, expected });
  const password = decodePassword(await reader.next());
  if (password === '') throw new ProtocolError('empty password returned by client', sqlstate.invalidPassword);
  return { password, rest: reader.rest() };
}
