import { connect, type Socket } from 'node:net';
import { frontend } from '../src/gateway/wire/constants.ts';
import { passwordMessage, startupMessage, terminate } from '../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../src/gateway/wire/message-builder.ts';

/** Where a client connects, and as whom. */
export interface Address {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** What came back for one request. */
export interface Reply {
  readonly rows: number;
  readonly bytes: number;
}

const code = { authentication: 0x52, error: 0x45, readyForQuery: 0x5a, dataRow: 0x44, copyIn: 0x47 } as const;
const headerSize = 5;

/**
 * A PostgreSQL client that parses nothing but message headers, so that what is measured is the server and the way to it,
 * not a driver. One request at a time.
 */
export class RawClient {
  readonly #socket: Socket;
  readonly #header = Buffer.alloc(headerSize);
  #headerFilled = 0;
  /** Bytes of the current message's body that are still to come. */
  #skip = 0;
  #body: Buffer[] | null = null;
  #rows = 0;
  #bytes = 0;
  #settle: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | null = null;
  #error: Error | null = null;
  #onPasswordAsked: (() => void) | null = null;
  #onCopyIn: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  /** Resolves when the server is ready for a query. The server must ask for a cleartext password. */
  static async connect({ port, user, password, database }: Address): Promise<RawClient> {
    const client = new RawClient(connect({ host: '127.0.0.1', port, noDelay: true }));
    const parameters = [
      ['user', user],
      ['database', database],
    ] as const;
    client.#onPasswordAsked = () => client.#socket.write(passwordMessage(password));
    await client.request(startupMessage(parameters));
    return client;
  }

  /** Sends bytes that end with one ReadyForQuery and resolves with what came before it. Rejects with the server's error. */
  request(bytes: Buffer): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#rows = 0;
      this.#bytes = 0;
      this.#socket.write(bytes);
    });
  }

  /** Sends a COPY FROM STDIN and `times` times a message of its data, as fast as the other side takes it. */
  async copyIn(statement: Buffer, data: Buffer, times: number): Promise<Reply> {
    const begins = new Promise<void>((resolve) => {
      this.#onCopyIn = resolve;
    });
    const reply = this.request(statement);
    await Promise.race([begins, reply]);
    for (let left = times; left > 0; left -= 1) {
      if (this.#socket.write(data)) continue;
      await new Promise<void>((resolve) => this.#socket.once('drain', resolve));
    }
    this.#socket.write(new MessageBuilder(frontend.copyDone).build());
    return reply;
  }

  /** Reads nothing for a while, once something came. */
  stall(milliseconds: number): void {
    this.#socket.once('data', () => {
      this.#socket.pause();
      setTimeout(() => this.#socket.resume(), milliseconds);
    });
  }

  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = null;
      if (this.#socket.closed) return resolve();
      this.#socket.once('close', () => resolve());
      this.#socket.end(terminate());
    });
  }

  #read(chunk: Buffer): void {
    this.#bytes += chunk.length;
    let at = 0;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, chunk.length - at);
        this.#body?.push(Buffer.from(chunk.subarray(at, at + taken)));
        this.#skip -= taken;
        at += taken;
        if (this.#skip === 0) this.#endOfMessage();
        continue;
      }
      const wanted = Math.min(headerSize - this.#headerFilled, chunk.length - at);
      chunk.copy(this.#header, this.#headerFilled, at, at + wanted);
      this.#headerFilled += wanted;
      at += wanted;
      if (this.#headerFilled < headerSize) return;
      this.#headerFilled = 0;
      this.#skip = this.#header.readUInt32BE(1) - 4;
      this.#body = this.#header[0] === code.error ? [] : null;
      if (this.#skip === 0) this.#endOfMessage();
    }
  }

  #endOfMessage(): void {
    switch (this.#header[0]) {
      case code.dataRow:
        this.#rows += 1;
        return;
      case code.copyIn:
        this.#onCopyIn();
        return;
      case code.authentication:
        // Asked once: the second such message is AuthenticationOk.
        this.#onPasswordAsked?.();
        this.#onPasswordAsked = null;
        return;
      case code.error:
        // Fields are NUL-separated: enough to tell a person what went wrong.
        this.#error = new Error(
          Buffer.concat(this.#body ?? [])
            .toString('utf8')
            .replaceAll('\0', ' | '),
        );
        return;
      case code.readyForQuery: {
        const settle = this.#settle;
        const error = this.#error;
        this.#settle = null;
        this.#error = null;
        if (error !== null) settle?.reject(error);
        else settle?.resolve({ rows: this.#rows, bytes: this.#bytes });
      }
    }
  }

  #fail(error: Error): void {
    this.#settle?.reject(this.#error ?? error);
    this.#settle = null;
  }
}
