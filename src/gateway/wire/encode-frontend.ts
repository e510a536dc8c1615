import { frontend, startupCode } from './constants.ts';
import { MessageBuilder } from './message-builder.ts';

/** StartupMessage with its parameters in order. `protocol` is a number of `startupCode`. */
export function startupMessage(
  parameters: Iterable<readonly [string, string]>,
  protocol: number = startupCode.protocol30,
): Buffer {
  const message = new MessageBuilder(null).int32(protocol);
  for (const [name, value] of parameters) message.cstring(name).cstring(value);
  return message.int8(0).build();
}

export const sslRequest = (): Buffer => new MessageBuilder(null).int32(startupCode.sslRequest).build();

export const cancelRequest = (processId: number, secretKey: Buffer): Buffer =>
  new MessageBuilder(null).int32(startupCode.cancelRequest).int32(processId).bytes(secretKey).build();

export const passwordMessage = (password: string): Buffer =>
  new MessageBuilder(frontend.password).cstring(password).build();

export const saslInitialResponse = (mechanism: string, response: Buffer): Buffer =>
  new MessageBuilder(frontend.password).cstring(mechanism).int32(response.length).bytes(response).build();

export const saslResponse = (response: Buffer): Buffer => new MessageBuilder(frontend.password).bytes(response).build();

export const query = (text: string): Buffer => new MessageBuilder(frontend.query).cstring(text).build();

export function parse(name: string, text: string, parameterTypes: readonly number[] = []): Buffer {
  const message = new MessageBuilder(frontend.parse).cstring(name).cstring(text).int16(parameterTypes.length);
  for (const oid of parameterTypes) message.uint32(oid);
  return message.build();
}

/** A Bind whose parameters are all in text format and whose results are all in `resultFormat`. */
export function bind(
  portal: string,
  statement: string,
  values: readonly (string | null)[] = [],
  resultFormat: 0 | 1 = 0,
): Buffer {
  const message = new MessageBuilder(frontend.bind).cstring(portal).cstring(statement).int16(0).int16(values.length);
  for (const value of values) {
    if (value === null) message.int32(-1);
    else message.int32(Buffer.byteLength(value)).bytes(Buffer.from(value));
  }
  return message.int16(1).int16(resultFormat).build();
}

export const describe = (kind: 'S' | 'P', name: string): Buffer =>
  new MessageBuilder(frontend.describe).int8(kind.charCodeAt(0)).cstring(name).build();

export const close = (kind: 'S' | 'P', name: string): Buffer =>
  new MessageBuilder(frontend.close).int8(kind.charCodeAt(0)).cstring(name).build();

export const execute = (portal: string, maximumRows = 0): Buffer =>
  new MessageBuilder(frontend.execute).cstring(portal).int32(maximumRows).build();

export const sync = (): Buffer => new MessageBuilder(frontend.sync).build();
export const flush = (): Buffer => new MessageBuilder(frontend.flush).build();
export const terminate = (): Buffer => new MessageBuilder(frontend.terminate).build();
