import type { Socket } from 'node:net';
import { frontend, limit, sqlstate, startupCode } from '../wire/constants.ts';
import { decodePassword } from '../wire/decode-frontend.ts';
import { authenticationCleartextPassword, errorResponse, negotiateProtocolVersion } from '../wire/encode-backend.ts';
import { Framer } from '../wire/framer.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { readStartup, type StartupPacket } from '../wire/startup.ts';
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
 * Reads the first packet of a client: answers SSLRequest and GSSENCRequest with N (each at most once) and stays on the
 * socket. Bytes that come together with such a request are refused (CVE-2021-23214). Throws ProtocolError or ClientGone.
 */
export async function readFirstPacket(socket: Socket, deadline: AbortSignal): Promise<FirstPacket> {
  const reader = new StartupReader(socket, deadline);
  const asked = new Set<string>();
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const read = readStartup(bytes);
    if (read === null) {
      bytes = Buffer.concat([bytes, await reader.read()]);
      continue;
    }
    const { packet, rest } = read;
    if (packet.kind === 'startup') return { kind: 'startup', startup: packet, rest };
    if (rest.length > 0) throw new ProtocolError('received unencrypted data after the first packet');
    if (packet.kind === 'cancel_request') return packet;
    if (asked.has(packet.kind)) throw new ProtocolError('duplicate encryption request');
    asked.add(packet.kind);
    socket.write('N');
    bytes = Buffer.alloc(0);
  }
}

/** Tells a client that asked for more than we speak what we do speak; says nothing when there is no need. */
export function negotiation(startup: Startup): Buffer | null {
  if (startup.minorVersion <= newestMinorVersion && startup.protocolOptions.length === 0) return null;
  // Never a newer version than was asked for: libpq takes that for a broken server.
  const newest = startupCode.protocol30 + Math.min(startup.minorVersion, newestMinorVersion);
  return negotiateProtocolVersion(newest, startup.protocolOptions);
}

/** Asks for the password and reads it, `early` bytes first. Anything but one PasswordMessage is a ProtocolError. */
export async function readPassword(socket: Socket, deadline: AbortSignal, early: Buffer): Promise<string> {
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
    if (framer.buffered > 0) throw new ProtocolError('unexpected data behind the password');
    if (password === '') throw new ProtocolError('empty password returned by client', sqlstate.invalidPassword);
    return password;
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
