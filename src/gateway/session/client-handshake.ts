import type { Socket } from 'node:net';
import type { DoorClient } from '../door/client.ts';
import { tlsHandshakeByte } from '../door/tls.ts';
import { startupCode } from '../wire/constants.ts';
import { errorResponse, negotiateProtocolVersion } from '../wire/encode-backend.ts';
import { ProtocolError } from '../wire/protocol-error.ts';
import { readStartup, type StartupPacket, unsupportedProtocol } from '../wire/startup.ts';
import { closeClient } from './close-client.ts';
import { StartupReader } from './startup-reader.ts';

/** The newest minor version of protocol 3 that we speak towards clients. */
const newestMinorVersion = 2;

export type Startup = Extract<StartupPacket, { kind: 'startup' }>;

export type FirstPacket =
  /** `rest` came behind the StartupMessage: a client may send its password before it is asked. */
  | { readonly kind: 'startup'; readonly startup: Startup; readonly rest: Buffer }
  | Extract<StartupPacket, { kind: 'cancel_request' }>;

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

/** Sends a last FATAL and closes; what the client sends meanwhile is ignored. */
export function refuseClient(
  socket: Socket,
  state: string,
  message: string,
  more: { detail?: string | undefined; hint?: string | undefined } = {},
): void {
  closeClient(socket, errorResponse({ severity: 'FATAL', sqlstate: state, message, ...more }));
}
