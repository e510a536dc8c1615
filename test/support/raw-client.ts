import { connect, type Socket } from 'node:net';
import { inject } from 'vitest';
import { connectUpstream } from '../../src/gateway/upstream/connect.ts';
import { startupCode } from '../../src/gateway/wire/constants.ts';
import { decodeBackendKeyData, decodeFields, decodeRowDescription } from '../../src/gateway/wire/decode-backend.ts';
import { cancelRequest, passwordMessage, startupMessage } from '../../src/gateway/wire/encode-frontend.ts';
import { Framer } from '../../src/gateway/wire/framer.ts';

/** Where and as whom a raw client comes in. */
export interface RawAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A client that sends exactly the bytes it is told to, and keeps every message that comes back. */
export class RawClient {
  readonly socket: Socket;
  /** What a CancelRequest for this session carries; known once it is logged in. */
  key: { readonly processId: number; readonly secretKey: Buffer } = { processId: 0, secretKey: Buffer.alloc(0) };
  /** Messages received and not yet taken. */
  #frames: Buffer[] = [];
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    const framer = new Framer();
    socket.on('data', (chunk) => {
      framer.push(chunk);
      for (let frame = framer.next(); frame !== null; frame = framer.next()) this.#frames.push(Buffer.from(frame));
      this.#wake();
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => this.#end());
    socket.on('end', () => this.#end());
  }

  /** A socket to the address, nothing sent. */
  static async open(address: Pick<RawAddress, 'host' | 'port'>): Promise<RawClient> {
    const socket = connect({ host: address.host, port: address.port, noDelay: true });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return client;
  }

  /** A session of a gate that is ready. Rejects with what the server said instead. */
  static async logIn(
    address: RawAddress,
    more: Readonly<Record<string, string>> = {},
    protocol: number = startupCode.protocol30,
  ): Promise<RawClient> {
    const client = await RawClient.open(address);
    const { user, database, password } = address;
    client.send(startupMessage(Object.entries({ user, database, ...more }), protocol));
    for (;;) {
      const frame = await client.next();
      if (frame === null) throw new Error('the connection ended during start-up');
      const kind = letter(frame);
      if (kind === 'E') throw new Error(JSON.stringify(decodeFields(frame)));
      if (kind === 'R' && frame.readInt32BE(5) !== 0) client.send(passwordMessage(password));
      if (kind === 'K') client.key = decodeBackendKeyData(frame);
      if (kind === 'Z') return client;
    }
  }

  /** Sends a CancelRequest over a connection of its own; resolves when the other side has closed that, which is all it answers. */
  static async cancel(address: Pick<RawAddress, 'host' | 'port'>, key: RawClient['key']): Promise<void> {
    const client = await RawClient.open(address);
    client.send(cancelRequest(key.processId, key.secretKey));
    const heard = await client.rest();
    client.close();
    if (heard.length > 0) throw new Error('a CancelRequest was answered');
  }

  /** A session directly on the run's server, past every gate. */
  static async direct(database: string, more: Readonly<Record<string, string>> = {}): Promise<RawClient> {
    const server = inject('postgres');
    const target = {
      ...server,
      database,
      sslmode: 'disable',
      sslrootcert: undefined,
      requireAuth: ['scram-sha-256'],
    } as const;
    const { socket, rest, processId, secretKey } = await connectUpstream(target, new Map(Object.entries(more)));
    const client = new RawClient(socket);
    client.key = { processId, secretKey };
    socket.resume();
    if (rest.length > 0) throw new Error('the server spoke before it was asked');
    return client;
  }

  send(...frames: readonly Buffer[]): this {
    this.socket.write(Buffer.concat(frames));
    return this;
  }

  /** The next message, or null when the connection has ended. */
  async next(): Promise<Buffer | null> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame !== undefined) return frame;
      if (this.#closed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next message; null when the connection has ended, or nothing came for so many milliseconds. */
  async nextWithin(milliseconds: number): Promise<Buffer | null> {
    if (this.#frames.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#frames.shift() ?? null;
  }

  /** Messages up to and with the `count`-th ReadyForQuery, or to the end of the connection. */
  async untilReady(count = 1): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for (let left = count; left > 0; ) {
      const frame = await this.next();
      if (frame === null) return frames;
      frames.push(frame);
      if (letter(frame) === 'Z') left -= 1;
    }
    return frames;
  }

  /** Messages up to and with the first of the given kind. */
  async untilKind(kind: string): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame === null) return frames;
      frames.push(frame);
      if (letter(frame) === kind) return frames;
    }
  }

  /** Everything until the other side closes. */
  async rest(): Promise<Buffer[]> {
    const frames: Buffer[] = [];
    for (let frame = await this.next(); frame !== null; frame = await this.next()) frames.push(frame);
    return frames;
  }

  close(): void {
    this.socket.destroy();
  }

  #end(): void {
    this.#closed = true;
    this.#wake();
  }
}

const letter = (frame: Buffer): string => String.fromCharCode(frame[0] ?? 0);

/**
 * Messages as short readable lines: `D one|2`, `C SELECT 1`, `E 42501`, `Z I`, `T name`; others by their letter alone.
 * Notices and ParameterStatus, which may come at any time, are left out.
 */
export function told(frames: readonly Buffer[]): string[] {
  return frames.flatMap((frame) => {
    const kind = letter(frame);
    switch (kind) {
      case 'N':
      case 'S':
        return [];
      case 'E':
        return [`E ${decodeFields(frame).C}`];
      case 'C':
        return [`C ${frame.toString('utf8', 5, frame.length - 1)}`];
      case 'Z':
        return [`Z ${String.fromCharCode(frame[5] ?? 0)}`];
      case 'T':
        return [
          `T ${decodeRowDescription(frame)
            .map((field) => field.name)
            .join(',')}`,
        ];
      case 'D':
        return [`D ${row(frame).join('|')}`];
      default:
        return [kind];
    }
  });
}

/** Values of a DataRow as text; NULL is `∅`. */
export function row(frame: Buffer): string[] {
  const values: string[] = [];
  let offset = 7;
  for (let left = frame.readUInt16BE(5); left > 0; left -= 1) {
    const size = frame.readInt32BE(offset);
    offset += 4;
    values.push(size < 0 ? '∅' : frame.toString('utf8', offset, offset + Math.max(size, 0)));
    offset += Math.max(size, 0);
  }
  return values;
}
