import { limit, sqlstate, startupCode } from './constants.ts';
import { MessageReader } from './message-reader.ts';
import { ProtocolError } from './protocol-error.ts';

/** The first packet of a client, once it is whole. */
export type StartupPacket =
  | { readonly kind: 'ssl_request' }
  | { readonly kind: 'gss_encryption_request' }
  | { readonly kind: 'cancel_request'; readonly processId: number; readonly secretKey: Buffer }
  | {
      readonly kind: 'startup';
      readonly minorVersion: number;
      readonly parameters: ReadonlyMap<string, string>;
      /** `_pq_.` options, none of which we know. */
      readonly protocolOptions: readonly string[];
    };

export interface StartupRead {
  readonly packet: StartupPacket;
  /** Bytes behind the packet. */
  readonly rest: Buffer;
}

/**
 * Reads the first packet from what came so far; null when more is needed. Strict as the server: a wrong length, a missing
 * terminator or an old protocol throws ProtocolError.
 */
export function readStartup(bytes: Buffer): StartupRead | null {
  if (bytes.length < 4) return null;
  const length = bytes.readUInt32BE(0);
  if (length < 8 || length - 4 > limit.startupPacket) throw new ProtocolError('invalid length of startup packet');
  if (bytes.length < length) return null;
  const frame = bytes.subarray(0, length);
  return { packet: decode(frame), rest: bytes.subarray(length) };
}

function decode(frame: Buffer): StartupPacket {
  const reader = new MessageReader(frame, 4);
  const code = reader.uint32();
  switch (code) {
    case startupCode.sslRequest:
      reader.end();
      return { kind: 'ssl_request' };
    case startupCode.gssEncRequest:
      reader.end();
      return { kind: 'gss_encryption_request' };
    case startupCode.cancelRequest: {
      const processId = reader.int32();
      const secretKey = Buffer.from(reader.rest());
      if (secretKey.length < 4 || secretKey.length > 256) throw new ProtocolError('invalid length of cancel key');
      return { kind: 'cancel_request', processId, secretKey };
    }
    default:
      return decodeParameters(code, reader);
  }
}

/** The server's refusal of a version that it does not speak, or of a request code where none is due. */
export function unsupportedProtocol(code: number): ProtocolError {
  const version = `${code >>> 16}.${code & 0xffff}`;
  return new ProtocolError(
    `unsupported frontend protocol ${version}: server supports 3.0 to 3.2`,
    sqlstate.featureNotSupported,
  );
}

function decodeParameters(code: number, reader: MessageReader): StartupPacket {
  const major = code >>> 16;
  if (major !== 3) throw unsupportedProtocol(code);
  const parameters = new Map<string, string>();
  const protocolOptions: string[] = [];
  for (;;) {
    const name = reader.cstring();
    if (name === '') break;
    const value = reader.cstring();
    if (name.startsWith('_pq_.')) protocolOptions.push(name);
    else parameters.set(name, value);
  }
  if (reader.remaining !== 0)
    throw new ProtocolError('invalid startup packet layout: expected terminator as last byte');
  if ((parameters.get('user') ?? '') === '')
    throw new ProtocolError('no PostgreSQL user name specified in startup packet', '28000');
  return { kind: 'startup', minorVersion: code & 0xffff, parameters, protocolOptions };
}
