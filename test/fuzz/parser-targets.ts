import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JournalError } from '../../src/gateway/journal/errors.ts';
import { readJournal } from '../../src/gateway/journal/reader.ts';
import { verifyJournal } from '../../src/gateway/journal/verifier.ts';
import { MaskingFault } from '../../src/gateway/masking/masking-error.ts';
import { createMaskPlan } from '../../src/gateway/masking/plan.ts';
import { scrubFields } from '../../src/gateway/masking/scrub.ts';
import { backend, frontend, limit, startupCode } from '../../src/gateway/wire/constants.ts';
import * as decodeServer from '../../src/gateway/wire/decode-backend.ts';
import * as decodeClient from '../../src/gateway/wire/decode-frontend.ts';
import { fieldsMessage, negotiateProtocolVersion, parameterStatus } from '../../src/gateway/wire/encode-backend.ts';
import * as encode from '../../src/gateway/wire/encode-frontend.ts';
import { Framer } from '../../src/gateway/wire/framer.ts';
import { MessageBuilder } from '../../src/gateway/wire/message-builder.ts';
import { headSize, MessagePart, MessageStream } from '../../src/gateway/wire/message-stream.ts';
import { ProtocolError } from '../../src/gateway/wire/protocol-error.ts';
import { readStartup } from '../../src/gateway/wire/startup.ts';
import { valueToText } from '../../src/gateway/wire/values.ts';
import { mutate, type Random, withLength } from './random.ts';

/** A parser under test: inputs that it takes, and what must hold of any input. Throws what is wrong. */
export interface Target {
  readonly name: string;
  /** Valid inputs; they are mutated, cut and mixed. */
  readonly samples: readonly Buffer[];
  /** Puts right after a mutation what the caller of the parser guarantees (a length that fits its frame). */
  readonly repair?: (bytes: Buffer) => Buffer;
  /** True when the input was taken. */
  readonly check: (bytes: Buffer, random: Random) => boolean;
  /** How many inputs of a thousand it gets in a long run. */
  readonly share: number;
}

const typed = (type: number): MessageBuilder => new MessageBuilder(type);

/** Runs a decoder; null when it refused with a ProtocolError. Any other error passes through, and is a finding. */
function decoded<T>(decode: () => T): { readonly value: T } | null {
  try {
    return { value: decode() };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function same(frame: Buffer, encodedAgain: Buffer, what: string): void {
  if (!frame.equals(encodedAgain)) {
    throw new Error(`${what} was taken for ${encodedAgain.toString('hex')}, which is another message`);
  }
}

const startup: Target = {
  name: 'start-up packet',
  share: 100,
  samples: [
    encode.startupMessage([
      ['user', 'claude'],
      ['database', 'shop'],
      ['options', '-c search_path=a,b'],
    ]),
    encode.startupMessage(
      [
        ['user', 'claude'],
        ['_pq_.x', '1'],
        ['replication', 'true'],
      ],
      startupCode.protocol32,
    ),
    encode.sslRequest(),
    encode.cancelRequest(4711, Buffer.alloc(32, 7)),
    new MessageBuilder(null).int32(startupCode.gssEncRequest).build(),
    new MessageBuilder(null)
      .int32(2 << 16)
      .cstring('user')
      .build(),
  ],
  check(bytes) {
    const read = decoded(() => readStartup(bytes))?.value;
    if (read === undefined || read === null) return false;
    const length = bytes.readUInt32BE(0);
    if (length > limit.startupPacket || read.rest.length !== bytes.length - length)
      throw new Error('the rest is wrong');
    const { packet } = read;
    if (packet.kind !== 'startup') return true;
    // Every parameter must stand in the packet as it was understood, or the server would be told something else.
    for (const [name, value] of packet.parameters) {
      if (!bytes.includes(Buffer.from(`${name}\0${value}\0`)))
        throw new Error(`parameter ${name} is not in the packet`);
    }
    return true;
  },
};

/** Accepted means understood: what was understood, written again, is the very message. */
function canonical(frame: Buffer): Buffer | null {
  switch (frame[0]) {
    case frontend.query:
      return typed(frontend.query).bytes(decodeClient.decodeQuery(frame)).int8(0).build();
    case frontend.parse: {
      const { name, text, parameterTypes } = decodeClient.decodeParse(frame);
      const message = typed(frontend.parse).cstring(name).bytes(text).int8(0).int16(short(parameterTypes.length));
      for (const oid of parameterTypes) message.uint32(oid);
      return message.build();
    }
    case frontend.bind: {
      const { portal, statement, parameterFormats, values, resultFormats } = decodeClient.decodeBind(frame);
      const message = typed(frontend.bind).cstring(portal).cstring(statement).int16(short(parameterFormats.length));
      for (const format of parameterFormats) message.int16(short(format));
      message.int16(short(values.length));
      for (const value of values) {
        if (value === null) message.int32(-1);
        else message.int32(value.length).bytes(value);
      }
      message.int16(short(resultFormats.length));
      for (const format of resultFormats) message.int16(short(format));
      return message.build();
    }
    case frontend.describe:
    case frontend.close: {
      const { kind, name } = decodeClient.decodeTarget(frame);
      return typed(frame[0]).int8(kind.charCodeAt(0)).cstring(name).build();
    }
    case frontend.execute: {
      const { portal, maximumRows } = decodeClient.decodeExecute(frame);
      return typed(frontend.execute).cstring(portal).int32(maximumRows).build();
    }
    case frontend.password:
      return encode.passwordMessage(decodeClient.decodePassword(frame));
    case frontend.functionCall:
      decodeClient.decodeFunctionCall(frame);
      return null;
    default:
      decodeClient.frontendLengthLimit(frame[0] ?? 0);
      return null;
  }
}

const short = (value: number): number => (value << 16) >> 16;

const frontendMessages: Target = {
  name: 'frontend messages',
  share: 250,
  repair: withLength,
  samples: [
    encode.query("SELECT 'ä' FROM item WHERE id = 1"),
    encode.parse('named', 'SELECT $1, $2', [23, 25]),
    encode.bind('portal', 'named', ['1', null, 'text'], 1),
    typed(frontend.bind).cstring('').cstring('').int16(2).int16(0).int16(1).int16(1).int32(-1).int16(0).build(),
    encode.describe('S', 'named'),
    encode.close('P', 'portal'),
    encode.execute('portal', 10),
    encode.sync(),
    encode.passwordMessage('pstn_secret'),
    typed(frontend.functionCall).uint32(47).int16(0).int16(1).int32(4).bytes(Buffer.alloc(4)).int16(1).build(),
  ],
  check(frame) {
    const again = decoded(() => canonical(frame));
    if (again === null) return false;
    if (again.value !== null) same(frame, again.value, 'a frontend message');
    return true;
  },
};

const rowDescription = (fields: readonly string[]): Buffer => {
  const message = typed(backend.rowDescription).int16(fields.length);
  for (const [index, name] of fields.entries()) {
    message
      .cstring(name)
      .uint32(16_400 + index)
      .int16(index + 1)
      .uint32(25)
      .int16(-1)
      .int32(-1)
      .int16(index % 2);
  }
  return message.build();
};
const dataRow = (values: readonly (string | null)[]): Buffer => {
  const message = typed(backend.dataRow).int16(values.length);
  for (const value of values) {
    if (value === null) message.int32(-1);
    else message.int32(Buffer.byteLength(value)).bytes(Buffer.from(value));
  }
  return message.build();
};

const fromServer = (frame: Buffer): Buffer | null => {
  switch (frame[0]) {
    case backend.rowDescription: {
      const fields = decodeServer.decodeRowDescription(frame);
      const message = typed(backend.rowDescription).int16(short(fields.length));
      for (const field of fields) {
        message.cstring(field.name).uint32(field.tableOid).int16(field.attributeNumber).uint32(field.typeOid);
        message.int16(field.typeSize).int32(field.typeModifier).int16(field.format);
      }
      return message.build();
    }
    case backend.dataRow: {
      const values = decodeServer.decodeDataRow(frame);
      const message = typed(backend.dataRow).int16(short(values.length));
      for (const value of values) {
        if (value === null) message.int32(-1);
        else message.int32(value.length).bytes(value);
      }
      return message.build();
    }
    case backend.errorResponse:
    case backend.noticeResponse: {
      const fields = decodeServer.decodeFields(frame);
      scrubFields(fields, 'SELECT 1', frame.length % 2 === 0);
      return null;
    }
    case backend.parameterStatus: {
      const { name, value } = decodeServer.decodeParameterStatus(frame);
      return parameterStatus(name, value);
    }
    case backend.commandComplete: {
      const tag = decodeServer.decodeCommandComplete(frame);
      if (!(decodeServer.rowsOfTag(tag) >= 0)) throw new Error(`${tag} has no count of rows`);
      return typed(backend.commandComplete).cstring(tag).build();
    }
    case backend.readyForQuery:
      return typed(backend.readyForQuery).int8(decodeServer.decodeReadyForQuery(frame).charCodeAt(0)).build();
    case backend.backendKeyData: {
      const { processId, secretKey } = decodeServer.decodeBackendKeyData(frame);
      return typed(backend.backendKeyData).int32(processId).bytes(secretKey).build();
    }
    case backend.authentication: {
      const { code, data } = decodeServer.decodeAuthentication(frame);
      return typed(backend.authentication).int32(code).bytes(data).build();
    }
    default:
      return null;
  }
};

const backendMessages: Target = {
  name: 'backend messages',
  share: 250,
  repair: withLength,
  samples: [
    rowDescription(['id', 'email', 'näme']),
    rowDescription([]),
    dataRow(['1', null, 'alice@example.com', '']),
    fieldsMessage(backend.errorResponse, { S: 'ERROR', V: 'ERROR', C: '22012', M: 'division by zero', P: '8' }),
    fieldsMessage(backend.noticeResponse, { S: 'NOTICE', C: '00000', M: 'relation "x" already exists, skipping' }),
    parameterStatus('client_encoding', 'UTF8'),
    typed(backend.commandComplete).cstring('INSERT 0 12').build(),
    typed(backend.readyForQuery).int8(0x54).build(),
    typed(backend.backendKeyData).int32(4711).bytes(Buffer.alloc(32, 3)).build(),
    typed(backend.authentication).int32(10).cstring('SCRAM-SHA-256').int8(0).build(),
    negotiateProtocolVersion(196_610, ['_pq_.x']),
  ],
  check(frame) {
    const again = decoded(() => fromServer(frame));
    if (again === null) return false;
    // Text that is no UTF-8 is shown with a replacement character, and cannot come back as it was.
    const legible = Buffer.from(frame.toString('utf8')).equals(frame) || frame[0] === backend.dataRow;
    if (again.value !== null && legible) same(frame, again.value, 'a backend message');
    return true;
  },
};

const framer: Target = {
  name: 'framer',
  share: 200,
  samples: [
    Buffer.concat([encode.query('SELECT 1'), encode.sync(), encode.parse('', 'SELECT $1'), encode.flush()]),
    Buffer.concat([
      rowDescription(['id']),
      dataRow(['1']),
      dataRow([null]),
      typed(backend.readyForQuery).int8(73).build(),
    ]),
    Buffer.concat(Array.from({ length: 20 }, encode.sync)),
  ],
  check(stream, random) {
    const lengthLimit = random.below(2) === 0 ? decodeClient.frontendLengthLimit : (): number => 4096;
    const whole = cut(stream, lengthLimit, [stream.length]);
    const sizes = Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(20));
    const pieces = cut(stream, lengthLimit, sizes);
    if (whole.frames.length !== pieces.frames.length || whole.refused !== pieces.refused) {
      throw new Error(`cut at ${sizes} it gives ${pieces.frames.length} messages instead of ${whole.frames.length}`);
    }
    for (const [index, frame] of whole.frames.entries())
      same(frame, pieces.frames[index] ?? Buffer.alloc(0), 'a frame');
    const bytes = Buffer.concat([...whole.frames, whole.rest]);
    if (whole.refused === null) same(stream, bytes, 'the stream');
    return whole.refused === null && whole.frames.length > 0;
  },
};

interface Cut {
  readonly frames: readonly Buffer[];
  readonly rest: Buffer;
  readonly refused: string | null;
}

/** What a framer makes of a stream that comes in pieces of these sizes, over and over. */
export function cut(stream: Buffer, lengthLimit: (type: number) => number, sizes: readonly number[]): Cut {
  const framing = new Framer(lengthLimit);
  const frames: Buffer[] = [];
  try {
    for (let offset = 0, turn = 0; offset < stream.length; turn += 1) {
      const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
      framing.push(stream.subarray(offset, offset + size));
      offset += size;
      for (let frame = framing.next(); frame !== null; frame = framing.next()) frames.push(Buffer.from(frame));
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { frames, rest: Buffer.alloc(0), refused: error.message };
  }
  return { frames, rest: framing.drain(), refused: null };
}

const shownTypes = [
  16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 142, 700, 701, 1042, 1043, 1082, 1114, 1184, 2950, 3802, 0,
];
const values: Target = {
  name: 'values as text',
  share: 80,
  samples: [
    Buffer.alloc(4, 0x80),
    Buffer.alloc(8, 0x7f),
    Buffer.alloc(16, 1),
    Buffer.from('2026-03-02'),
    Buffer.alloc(0),
  ],
  check(value, random) {
    const text = valueToText(value, random.pick(shownTypes), random.below(3));
    if (text.length > 2 * value.length + 64) throw new Error(`${value.length} bytes became ${text.length} characters`);
    return true;
  },
};

const cell = { mask: (value: Buffer) => (value.length % 2 === 0 ? Buffer.alloc(3, 0x2a) : null) };
const maskPlans: Target = {
  name: 'masked rows',
  share: 60,
  repair: withLength,
  samples: [dataRow(['1', 'alice@example.com', null]), dataRow(['', '', 'x'])],
  check(frame) {
    try {
      const row = createMaskPlan([null, { constant: Buffer.from('***') }, cell], []).apply(frame);
      // A row that the plan took has the announced shape before and after.
      if (decodeServer.decodeDataRow(row).length !== 3 || decodeServer.decodeDataRow(frame).length !== 3)
        throw new Error('a masked row has another shape');
      return true;
    } catch (error) {
      if (error instanceof MaskingFault) return false;
      throw error;
    }
  },
};

/** Reads and verifies the bytes as a journal file in `folder`: records, or JournalError, nothing else. */
export const journals = (folder: string, sample: Buffer): Target => ({
  name: 'journal',
  share: 10,
  samples: [sample],
  check(bytes) {
    const path = join(folder, 's-1.journal');
    writeFileSync(path, bytes);
    try {
      const { findings } = verifyJournal(path, null);
      let records = 0;
      for (const _ of readJournal(path)) records += 1;
      const changed = !bytes.equals(sample);
      if (!changed && (findings.length !== 1 || records === 0)) throw new Error('the sample is not sound');
      return true;
    } catch (error) {
      if (error instanceof JournalError) return false;
      throw error;
    } finally {
      rmSync(path);
    }
  },
});

/** Large messages come in parts: cut anywhere, they are the bytes of the stream, and small ones come whole as ever. */
const largeMessages: Target = {
  name: 'large messages in parts',
  share: 50,
  samples: [
    Buffer.concat([dataRow(['x'.repeat(headSize)]), dataRow(['1']), dataRow(['y'.repeat(2 * headSize)])]),
    Buffer.concat([encode.query(`SELECT '${'z'.repeat(headSize)}'`), encode.sync()]),
  ],
  check(stream, random) {
    const large = { above: headSize, inParts: (type: number) => type !== frontend.query };
    const sizes = Array.from({ length: 1 + random.below(4) }, () => 1 + random.below(9000));
    const messages = new MessageStream(() => 100_000, large);
    const taken: Buffer[] = [];
    let left = 0;
    try {
      for (let offset = 0, turn = 0; offset < stream.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        messages.push(stream.subarray(offset, offset + size));
        offset += size;
        for (let message = messages.next(); message !== null; message = messages.next()) {
          if (message instanceof MessagePart) {
            if (message.first !== (left === 0)) throw new Error('a part came where none was due');
            left = message.size - message.offset - message.bytes.length;
            if (message.last !== (left === 0)) throw new Error('the last part is not the last');
            taken.push(Buffer.from(message.bytes));
          } else {
            if (left > 0 || message.readUInt32BE(1) !== message.length - 1) throw new Error('a message is not whole');
            taken.push(Buffer.from(message));
          }
        }
      }
    } catch (error) {
      if (error instanceof ProtocolError) return false;
      throw error;
    }
    const bytes = Buffer.concat(taken);
    same(stream.subarray(0, bytes.length), bytes, 'the stream');
    if (messages.buffered !== stream.length - bytes.length) throw new Error('bytes were lost');
    return true;
  },
};

export const targets: readonly Target[] = [
  startup,
  frontendMessages,
  backendMessages,
  framer,
  largeMessages,
  values,
  maskPlans,
];

/** An input of a target: now and then pure noise, mostly a sample that was changed a few times or mixed with another. */
export function input({ samples, repair }: Target, random: Random): Buffer {
  let bytes = random.below(20) === 0 ? random.bytes(random.below(80)) : random.pick(samples);
  if (random.below(12) === 0) bytes = Buffer.concat([bytes, random.pick(samples)]);
  for (let left = random.below(4); left > 0; left -= 1) bytes = mutate(bytes, random);
  return repair?.(bytes) ?? bytes;
}
