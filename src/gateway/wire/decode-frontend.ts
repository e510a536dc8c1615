import { frontend, limit } from './constants.ts';
import { MessageReader } from './message-reader.ts';
import { ProtocolError } from './protocol-error.ts';

/** Largest length field of a frontend message, by type. Unknown types are refused as the server refuses them. */
export function frontendLengthLimit(type: number): number {
  switch (type) {
    case frontend.query:
    case frontend.parse:
    case frontend.bind:
    case frontend.functionCall:
    case frontend.copyData:
      return limit.frontendMessage;
    case frontend.password:
      return limit.password;
    case frontend.describe:
    case frontend.execute:
    case frontend.close:
    case frontend.flush:
    case frontend.sync:
    case frontend.terminate:
    case frontend.copyDone:
    case frontend.copyFail:
      return limit.smallMessage;
    default:
      throw new ProtocolError(`invalid frontend message type ${type}`);
  }
}

/** The bytes of a Query's text, as the server will read them; whether they are text that we understand is for the judge to say. */
export const decodeQuery = (frame: Buffer): Buffer => {
  const reader = new MessageReader(frame);
  const text = reader.cbytes();
  reader.end();
  return text;
};

export interface ParseMessage {
  readonly name: string;
  /** Bytes, as for a Query. */
  readonly text: Buffer;
  readonly parameterTypes: readonly number[];
}

export function decodeParse(frame: Buffer): ParseMessage {
  const reader = new MessageReader(frame);
  const name = reader.name();
  const text = reader.cbytes();
  const parameterTypes = Array.from({ length: reader.uint16() }, () => reader.uint32());
  reader.end();
  return { name, text, parameterTypes };
}

export interface BindMessage {
  readonly portal: string;
  readonly statement: string;
  readonly parameterFormats: readonly number[];
  /** Views of the frame; null is SQL NULL. */
  readonly values: readonly (Buffer | null)[];
  readonly resultFormats: readonly number[];
}

export function decodeBind(frame: Buffer): BindMessage {
  const reader = new MessageReader(frame);
  const portal = reader.name();
  const statement = reader.name();
  const parameterFormats = Array.from({ length: reader.uint16() }, () => reader.uint16());
  const values = Array.from({ length: reader.uint16() }, () => {
    const size = reader.int32();
    return size === -1 ? null : reader.bytes(size);
  });
  const resultFormats = Array.from({ length: reader.uint16() }, () => reader.uint16());
  reader.end();
  return { portal, statement, parameterFormats, values, resultFormats };
}

/** Describe and Close: a statement ('S') or a portal ('P') by name. */
export function decodeTarget(frame: Buffer): { kind: 'S' | 'P'; name: string } {
  const reader = new MessageReader(frame);
  const kind = String.fromCharCode(reader.int8());
  if (kind !== 'S' && kind !== 'P') throw new ProtocolError(`invalid message subtype "${kind}"`);
  const name = reader.name();
  reader.end();
  return { kind, name };
}

export function decodeExecute(frame: Buffer): { portal: string; maximumRows: number } {
  const reader = new MessageReader(frame);
  const portal = reader.name();
  const maximumRows = reader.int32();
  reader.end();
  return { portal, maximumRows };
}

/** The function's OID; the arguments are not understood and not shown. */
export function decodeFunctionCall(frame: Buffer): { functionOid: number } {
  return { functionOid: new MessageReader(frame).uint32() };
}

export function decodePassword(frame: Buffer): string {
  const reader = new MessageReader(frame);
  const password = reader.cstring();
  reader.end();
  return password;
}

/** The mechanism that a client chose, and its first response; null when it waits for a challenge first. */
export function decodeSaslInitialResponse(frame: Buffer): { mechanism: string; response: Buffer | null } {
  const reader = new MessageReader(frame);
  const mechanism = reader.cstring();
  const size = reader.int32();
  const response = size === -1 ? null : reader.bytes(size);
  reader.end();
  return { mechanism, response };
}

export const decodeSaslResponse = (frame: Buffer): Buffer => new MessageReader(frame).rest();
