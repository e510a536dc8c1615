import type { Socket } from 'node:net';
import type { DoorClient } from '../door/client.ts';
import { tlsHandshakeByte } from '../door/tls.ts';
import { frontend, limit, sqlstate, startupCode } from '../wire/constants.ts';
import { decodePassword } from '../wire/decode-frontend.ts';
import { authenticationCleartextPassword, errorResponse, negotiateProtocolVersion } from '../wire/encode-backend.ts';
import { Framer } from '../wire/framer.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { readStartup, type StartupPacket, unsupportedProtocol } from '../wire/startup.ts';
import { closeClient } from './close-client.ts';

/** The newest minor version of protocol 3 that we speak towards clients. */
const newestMinorVersion = 2;

export type Startup = Extract<StartupPacket, { kind: 'startup' }>;

export type FirstPacket =
  /** `rest` came behind the StartupMessage: a client may send its password before it is asked. */
  | { readonly kind: 'startup'; readonly startup: Startup; readonly rest: Buffer }
  | Extract<StartupPacket, { kind: 'cancel_request' }>;

/** The client went away, or took too long, before its start-up was complete. Nothing is owed to it. */
export class ClientGone extends Error {}

/** Reads a socket chunk by chunk while start-up lasts; afterwards the socket is paused and free of our listeners. */
class StartupReader {
  readonly #socket: Socket;
  readonly #deadline: AbortSignal;

  constructor(socket: Socket, deadline: AbortSignal) {
    this.#socket = socket;
    this.#deadline = deadline;
  }

  read(): Promise<Buffer> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const done = (finish: () => void): void => {
        socket.pause();
        socket.off('data', onData).off('end', onGone).off('close', onGone).off('error', onGone);
        this.#deadline.removeEventListener('abort', onLate);
        finish();
      };
      const onData = (chunk: Buffer): void => done(() => resolve(chunk));
      const onGone = (): void => done(() => reject(new ClientGone('the client closed the connection during start-up')));
      const onLate = (): void => done(() => reject(new ClientGone('the client did not finish start-up in time')));
      if (this.#deadline.aborted || socket.destroyed) return onGone();
      socket.on('data', onData).on('end', onGone).on('close', onGone).on('error', onGone);
      this.#deadline.addEventListener('abort', onLate);
      socket.resume();
    });
  }
}

/**
 * Reads the first packet of a client. A request for TLS is granted where the listener has it, one for GSS encryption
 * declined, each once, and the client goes on inside; direct TLS is taken as the first thing only. Bytes that came in the
 * clear behind such a request are refused (CVE-2021-23214). Throws ProtocolError, ClientGone or HandshakeFailed.
 */
export async function readFirstPacket(client: DoorClient, deadline: AbortSignal): Promise<FirstPacket> {
  const asked = { ssl: false, gss: false };
  let first = true;
  let reader = new StartupReader(client.socket, deadline);
  let bytes: Buffer = Buffer.alloc(0);
  const encrypt = async (direct: boolean): Promise<void> => {
    await client.encrypt({ direct, deadline });
    reader = new StartupReader(client.socket, deadline);
    bytes = Buffer.alloc(0);
  };
  for (;;) {
    if (first && bytes[0] === tlsHandshakeByte && client.mayEncrypt) {
      client.socket.unshift(bytes);
      await encrypt(true);
      first = false;
      continue;
    }
    const read = readStartup(bytes);
    if (read === null) {
      bytes = Buffer.concat([bytes, await reader.read()]);
      continue;
    }
    first = false;
    const { packet, rest } = read;
    if (packet.kind === 'startup') return { kind: 'startup', startup: packet, rest };
    if (packet.kind === 'cancel_request') return packet;
    const which = packet.kind === 'ssl_request' ? 'ssl' : 'gss';
    if (asked[which]) throw unknownProtocol(packet.kind);
    if (rest.length > 0 || client.socket.readableLength > 0) {
      throw new ProtocolError(`received unencrypted data after ${which.toUpperCase()} request`);
    }
    asked[which] = true;
    bytes = Buffer.alloc(0);
    if (which === 'ssl' && client.mayEncrypt) {
      client.socket.write('S');
      await encrypt(false);
      asked.gss = true; // as the server: inside TLS that was asked for, nothing more is negotiated
    } else {
      client.socket.write('N');
    }
  }
}

/** What the server says of a request that is no longer one: it reads its code as a version. */
function unknownProtocol(kind: 'ssl_request' | 'gss_encryption_request'): ProtocolError {
  const code = kind === 'ssl_request' ? startupCode.sslRequest : startupCode.gssEncRequest;
  return unsupportedProtocol(code);
}

/** Tells a client that asked for more than we speak what we do speak; says nothing when there is no need. */
export function negotiation(startup: Startup): Buffer | null {
  if (startup.minorVersion <= newestMinorVersion && startup.protocolOptions.length === 0) return null;
  // Never a newer version than was asked for: libpq takes that for a broken server.
  const newest = startupCode.protocol30 + Math.min(startup.minorVersion, newestMinorVersion);
  return negotiateProtocolVersion(newest, startup.protocolOptions);
}

export interface PasswordRead {
  readonly password: string;
  /** What came behind the password: a client may send statements before it is told that it may. */
  readonly rest: Buffer;
}

/** Asks for the password and reads it, `early` bytes first. Anything but a PasswordMessage is a ProtocolError. */
export async function readPassword(socket: Socket, deadline: AbortSignal, early: Buffer): Promise<PasswordRead> {
  socket.write(authenticationCleartextPassword());
  const reader = new StartupReader(socket, deadline);
  // By the first byte: what is no password is never gathered, however long it says it is.
  const framer = new Framer((type) => {
    if (type !== frontend.password) throw new ProtocolError('expected password response');
    return limit.password;
  });
  if (early.length > 0) framer.push(early);
  for (;;) {
    const frame = framer.next();
    if (frame === null) {
      framer.push(await reader.read());
      continue;
    }
    const password = decodePassword(frame);
    if (password === '') throw new ProtocolError('empty password returned by client', sqlstate.invalidPassword);
    return { password, rest: framer.drain() };
  }
}

/** Sends a last FATAL and closes; what the client sends meanwhile is ignored. */
export function refuseClient(
  socket: Socket,
  state: string,
  message: string,
  more: { detail?: string | undefined; hint?: string | undefined } = {},
): void {
  closeClient(socket, errorResponse({ severity: 'FATAL', sqlstate: state, message, ...more }));
}
