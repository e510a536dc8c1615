import { serialize } from 'pg-protocol';
import { frontend, startupCode } from './constants.ts';
import { MessageBuilder } from './message-builder.ts';
import { ProtocolError } from './protocol-error.ts';

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

/** The client that drivers are built on writes what we say ourselves; what is forwarded keeps its own bytes. */
export const query = (text: string): Buffer => serialize.query(whole(text));

export const parse = (name: string, text: string, parameterTypes: readonly number[] = []): Buffer =>
  serialize.parse({ name: whole(name), text: whole(text), types: [...parameterTypes] });

/** A Bind whose parameters are all in text format and whose results are all in `resultFormat`. */
export const bind = (
  portal: string,
  statement: string,
  values: readonly (string | null)[] = [],
  resultFormat: 0 | 1 = 0,
): Buffer =>
  serialize.bind({
    portal: whole(portal),
    statement: whole(statement),
    values: [...values],
    binary: resultFormat === 1,
  });

export const describe = (type: 'S' | 'P', name: string): Buffer => serialize.describe({ type, name: whole(name) });

export const close = (type: 'S' | 'P', name: string): Buffer => serialize.close({ type, name: whole(name) });

export const execute = (portal: string, maximumRows = 0): Buffer =>
  serialize.execute({ portal: whole(portal), rows: maximumRows });

export const sync = (): Buffer => serialize.sync();
export const flush = (): Buffer => serialize.flush();
export const copyFail = (reason: string): Buffer => serialize.copyFail(whole(reason));
export const terminate = (): Buffer => serialize.end();

/** A zero inside would end the string early, and the server would read another message than was meant. */
function whole(text: string): string {
  if (text.includes('\0')) throw new ProtocolError('a zero byte inside a string of a message');
  return text;
}
