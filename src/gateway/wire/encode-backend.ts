import { authentication, backend, type TransactionStatus } from './constants.ts';
import type { NoticeFields } from './fields.ts';
import { MessageBuilder } from './message-builder.ts';

export const authenticationOk = (): Buffer =>
  new MessageBuilder(backend.authentication).int32(authentication.ok).build();

export const authenticationCleartextPassword = (): Buffer =>
  new MessageBuilder(backend.authentication).int32(authentication.cleartextPassword).build();

/** The SASL mechanisms to choose from. */
export function authenticationSasl(mechanisms: readonly string[]): Buffer {
  const message = new MessageBuilder(backend.authentication).int32(authentication.sasl);
  for (const mechanism of mechanisms) message.cstring(mechanism);
  return message.int8(0).build();
}

export const authenticationSaslContinue = (challenge: Buffer): Buffer =>
  new MessageBuilder(backend.authentication).int32(authentication.saslContinue).bytes(challenge).build();

export const backendKeyData = (processId: number, secretKey: Buffer): Buffer =>
  new MessageBuilder(backend.backendKeyData).int32(processId).bytes(secretKey).build();

export const parameterStatus = (name: string, value: string): Buffer =>
  new MessageBuilder(backend.parameterStatus).cstring(name).cstring(value).build();

export const readyForQuery = (status: TransactionStatus): Buffer =>
  new MessageBuilder(backend.readyForQuery).int8(status.charCodeAt(0)).build();

/** NegotiateProtocolVersion: the newest minor version we speak, and the options we do not know. */
export function negotiateProtocolVersion(newestMinor: number, unknownOptions: readonly string[]): Buffer {
  const message = new MessageBuilder(backend.negotiateProtocolVersion).int32(newestMinor).int32(unknownOptions.length);
  for (const option of unknownOptions) message.cstring(option);
  return message.build();
}

/** What an error or notice of ours says; the letters of the protocol are added here. */
export interface ErrorText {
  readonly severity: 'ERROR' | 'FATAL' | 'NOTICE' | 'WARNING';
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

export const errorResponse = (text: ErrorText): Buffer => fieldsMessage(backend.errorResponse, toFields(text));
export const noticeResponse = (text: ErrorText): Buffer => fieldsMessage(backend.noticeResponse, toFields(text));

/** An ErrorResponse ('E') or NoticeResponse ('N') with the given fields, in their order. */
export function fieldsMessage(type: number, fields: NoticeFields): Buffer {
  const message = new MessageBuilder(type);
  for (const [letter, value] of Object.entries(fields)) {
    message.int8(letter.charCodeAt(0)).cstring(value.replaceAll('\0', ''));
  }
  return message.int8(0).build();
}

function toFields(text: ErrorText): NoticeFields {
  return {
    S: text.severity,
    V: text.severity,
    C: text.sqlstate,
    M: text.message,
    ...(text.detail === undefined ? {} : { D: text.detail }),
    ...(text.hint === undefined ? {} : { H: text.hint }),
  };
}
