import type {
  BackendMessage,
  CommandCompleteMessage,
  MessageName,
  ParameterStatusMessage,
  RowDescriptionMessage,
} from 'pg-protocol/dist/messages.js';
import { Parser } from 'pg-protocol/dist/parser.js';
import { messageOf } from '../../contract/index.ts';
import type { TransactionStatus } from './constants.ts';
import type { FieldDescription, NoticeFields } from './fields.ts';
import { MessageReader } from './message-reader.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * pg-protocol's reading of one whole message. It is used for messages that have to be understood; what is forwarded keeps
 * its own bytes. Our framer has cut and measured the frame: pg-protocol itself would wait for a message of any length.
 */
function understand<M extends BackendMessage>(frame: Buffer, name: MessageName): M {
  let message: BackendMessage | null = null;
  try {
    new Parser().parse(frame, (parsed) => {
      message = parsed;
    });
  } catch (error) {
    throw new ProtocolError(`the server sent a malformed ${name} message: ${messageOf(error)}`);
  }
  const found = message as BackendMessage | null;
  if (found?.name !== name) throw new ProtocolError(`the server sent a malformed ${name} message`);
  return found as M;
}

/** The columns of a RowDescription. Names are decoded leniently: they are shown, never judged. */
export function decodeRowDescription(frame: Buffer): FieldDescription[] {
  return understand<RowDescriptionMessage>(frame, 'rowDescription').fields.map((field) => ({
    name: field.name,
    tableOid: field.tableID,
    attributeNumber: field.columnID,
    typeOid: field.dataTypeID,
    typeSize: field.dataTypeSize,
    typeModifier: field.dataTypeModifier,
    format: field.format === 'binary' ? 1 : 0,
  }));
}

/** Fields of an ErrorResponse or NoticeResponse. */
export function decodeFields(frame: Buffer): NoticeFields {
  const reader = new MessageReader(frame);
  const fields: Record<string, string> = {};
  for (;;) {
    const letter = reader.int8();
    if (letter === 0) return fields;
    fields[String.fromCharCode(letter)] = reader.cbytes().toString('utf8');
  }
}

export function decodeParameterStatus(frame: Buffer): { name: string; value: string } {
  const { parameterName, parameterValue } = understand<ParameterStatusMessage>(frame, 'parameterStatus');
  return { name: parameterName, value: parameterValue };
}

/** The secret key is a copy: it outlives the frame. */
export function decodeBackendKeyData(frame: Buffer): { processId: number; secretKey: Buffer } {
  const reader = new MessageReader(frame);
  return { processId: reader.int32(), secretKey: Buffer.from(reader.rest()) };
}

export function decodeReadyForQuery(frame: Buffer): TransactionStatus {
  const letter = String.fromCharCode(new MessageReader(frame).int8());
  if (letter !== 'I' && letter !== 'T' && letter !== 'E')
    throw new ProtocolError(`unknown transaction status "${letter}"`);
  return letter;
}

/** The command tag, e.g. `UPDATE 3`. */
export function decodeCommandComplete(frame: Buffer): string {
  return understand<CommandCompleteMessage>(frame, 'commandComplete').text;
}

/** Rows that a command tag reports; 0 for tags without a count. */
export function rowsOfTag(tag: string): number {
  const match = /^(?:INSERT \d+|[A-Z ]+) (\d+)$/.exec(tag);
  return match === null ? 0 : Number(match[1]);
}

/** An Authentication message: its code and what follows it. */
export function decodeAuthentication(frame: Buffer): { code: number; data: Buffer } {
  const reader = new MessageReader(frame);
  return { code: reader.int32(), data: Buffer.from(reader.rest()) };
}

/** The values of a DataRow as views of the frame; null is SQL NULL. */
export function decodeDataRow(frame: Buffer): (Buffer | null)[] {
  const reader = new MessageReader(frame);
  const count = reader.uint16();
  const values: (Buffer | null)[] = [];
  for (let index = 0; index < count; index++) {
    const size = reader.int32();
    values.push(size === -1 ? null : reader.bytes(size));
  }
  reader.end();
  return values;
}
