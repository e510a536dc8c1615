import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { TlsMode } from '../../contract/index.ts';
import type { PeerProcess } from './peer-process.ts';
import { acceptTls, describeTls } from './tls.ts';
import type { AllowedUsers, Peer } from './types.ts';

/** What a listener says of a client that comes in. */
export interface DoorClientOptions {
  readonly tls: TlsMode;
  /** What a TLS handshake is done with, asked for at each; null where there is no TLS. */
  readonly secureContext: (() => SecureContext) | null;
  readonly allowedUsers: AllowedUsers;
  /** Settles soon, and never rejects. */
  readonly peer: Promise<Peer>;
  /** Looks for the program that it is, when somebody wants to know; never rejects. */
  readonly findProcess?: () => Promise<PeerProcess | null>;
}

/** A client at the door: its connection, which may become an encrypted one, and what is known of who it is. */
export class DoorClient {
  readonly allowedUsers: AllowedUsers;
  readonly peer: Promise<Peer>;
  /** Which program it is, while it is connected; null where that cannot be told. */
  readonly findProcess: () => Promise<PeerProcess | null>;
  /** True when a start-up in the clear is to be refused. */
  readonly tlsRequired: boolean;
  /** IP address without the port, or `[local]` for a Unix socket, as PostgreSQL has it. */
  readonly host: string;
  /** With the port, for the record. */
  readonly address: string;
  readonly #secureContext: (() => SecureContext) | null;
  #socket: Socket;
  #secure: TLSSocket | null = null;

  constructor(socket: Socket, options: DoorClientOptions) {
    this.#socket = socket;
    this.#secureContext = options.tls === 'off' ? null : options.secureContext;
    this.tlsRequired = options.tls === 'require';
    this.allowedUsers = options.allowedUsers;
    this.peer = options.peer;
    this.findProcess = options.findProcess ?? (() => Promise.resolve(null));
    this.host = socket.remoteAddress ?? '[local]';
    this.address = socket.remoteAddress === undefined ? this.host : `${this.host}:${socket.remotePort ?? 0}`;
  }

  /** Where the client's bytes are read and written now. */
  get socket(): Socket {
    return this.#socket;
  }

  /** Protocol and cipher, or null in the clear. */
  get encryption(): string | null {
    return this.#secure === null ? null : describeTls(this.#secure);
  }

  /** Whether a request for TLS is answered with S. */
  get mayEncrypt(): boolean {
    return this.#secureContext !== null && this.#secure === null;
  }

  /** Does the TLS handshake; from then on `socket` is the encrypted one. Throws HandshakeFailed. */
  async encrypt(options: { readonly direct: boolean; readonly deadline: AbortSignal }): Promise<void> {
    if (this.#secureContext === null) throw new Error('this listener has no TLS');
    this.#secure = await acceptTls(this.#socket, this.#secureContext(), options);
    this.#socket = this.#secure;
  }
}
