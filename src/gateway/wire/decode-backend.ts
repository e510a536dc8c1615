import { backend, type TransactionStatus } from './constants.ts';
import type { FieldDescription, NoticeFields } from './fields.ts';
import { MessageReader } from './message-reader.ts';
import type { MessagePart } from './message-stream.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * The columns of a RowDescription; anything short or long is a ProtocolError, for the mask plan is made from them. Names are
 * decoded leniently: they are shown, never judged.
 */
export function decodeRowDescription(frame: Buffer): FieldDescription[] {
  const reader = readerOf(frame, backend.rowDescription);
  const fields = Array.from({ length: reader.uint16() }, () => ({
    name: reader.cbytes().toString('utf8'),
    tableOid: reader.uint32(),
    attributeNumber: reader.int16(),
    typeOid: reader.uint32(),
    typeSize: reader.int16(),
    typeModifier: reader.int32(),
    format: formatOf(reader.int16()),
  }));
  reader.end();
  return fields;
}

function formatOf(code: number): 0 | 1 {
  if (code !== 0 && code !== 1) throw new ProtocolError(`unknown format code ${code}`);
  return code;
}

/** Reads one message of the server, of which the caller knows the type. */
function readerOf(frame: Buffer, type: number): MessageReader {
  if (frame[0] !== type) throw new ProtocolError(`expected message "${String.fromCharCode(type)}" from the server`);
  return new MessageReader(frame);
}

/** Fields of an ErrorResponse or NoticeResponse. */
export function decodeFields(frame: Buffer): NoticeFields {
  const reader = new MessageReader(frame);
  const fields: Record<string, string> = {};
  for (;;) {
    const letter = reader.int8();
    if (letter === 0) {
      reader.end();
      return fields;
    }
    fields[String.fromCharCode(letter)] = reader.cbytes().toString('utf8');
  }
}

/** The fields in the head of such a message; the one that the head cuts says that it is cut. */
export function decodeFieldsOfHead({ bytes, size }: MessagePart): NoticeFields {
  const fields: Record<string, string> = {};
  for (let offset = 5; offset < bytes.length && bytes[offset] !== 0; ) {
    const letter = String.fromCharCode(bytes[offset] ?? 0);
    const end = bytes.indexOf(0, offset + 1);
    const text = bytes.toString('utf8', offset + 1, end < 0 ? bytes.length : end);
    fields[letter] = end < 0 ? `${text} … (cut: a message of ${size} bytes in all)` : text;
    offset = end < 0 ? bytes.length : end + 1;
  }
  return fields;
}

export function decodeParameterStatus(frame: Buffer): { name: string; value: string } {
  const reader = readerOf(frame, backend.parameterStatus);
  const name = reader.cbytes().toString('utf8');
  const value = reader.cbytes().toString('utf8');
  reader.end();
  return { name, value };
}

/** Name and the beginning of the value in the head of a ParameterStatus. Throws ProtocolError when not even the name is in it. */
export function decodeParameterStatusOfHead({ bytes }: MessagePart): { name: string; value: string } {
  const reader = new MessageReader(bytes);
  return { name: reader.cbytes().toString('utf8'), value: reader.rest().toString('utf8') };
}

/** The secret key is a copy: it outlives the frame. */
export function decodeBackendKeyData(frame: Buffer): { processId: number; secretKey: Buffer } {
  const reader = new MessageReader(frame);
  return { processId: reader.int32(), secretKey: Buffer.from(reader.rest()) };
}

export function decodeReadyForQuery(frame: Buffer): TransactionStatus {
  const reader = new MessageReader(frame);
  const letter = String.fromCharCode(reader.int8());
  reader.end();
  if (letter !== 'I' && letter !== 'T' && letter !== 'E')
    throw new ProtocolError(`unknown transaction status "${letter}"`);
  return letter;
}

/** The command tag, e.g. `UPDATE 3`. */
export function decodeCommandComplete(frame: Buffer): string {
  const reader = readerOf(frame, backend.commandComplete);
  const tag = reader.cbytes().toString('utf8');
  reader.end();
  return tag;
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
