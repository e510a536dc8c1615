import { describe, expect, test } from 'vitest';
import { backend, frontend } from '../../../src/gateway/wire/constants.ts';
import * as decode from '../../../src/gateway/wire/decode-backend.ts';
import * as client from '../../../src/gateway/wire/decode-frontend.ts';
import * as server from '../../../src/gateway/wire/encode-backend.ts';
import * as encode from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { decodeUtf8 } from '../../../src/gateway/wire/message-reader.ts';
import { ProtocolError } from '../../../src/gateway/wire/protocol-error.ts';
import fc from '../../support/property.ts';

const text = fc.string({ maxLength: 30, unit: 'grapheme' }).filter((value) => !value.includes('\0'));
const name = text.filter((value) => Buffer.byteLength(value) <= 63);
const oid = fc.integer({ min: 0, max: 0xffffffff });
const longName = 'n'.repeat(64);

/** The same message with bytes behind its last field, its length corrected. */
const withTail = (frame: Buffer): Buffer => new MessageBuilder(frame[0] ?? 0).bytes(frame.subarray(5)).int8(0).build();
/** The same message without its last byte, its length corrected. */
const cut = (frame: Buffer): Buffer => new MessageBuilder(frame[0] ?? 0).bytes(frame.subarray(5, -1)).build();

describe('messages of clients come back as they were sent', () => {
  test('Query', () => {
    fc.assert(
      fc.property(text, (query) => {
        expect(decodeUtf8(client.decodeQuery(encode.query(query)))).toBe(query);
      }),
    );
  });

  test('Parse', () => {
    fc.assert(
      fc.property(name, text, fc.array(oid, { maxLength: 5 }), (statement, query, parameterTypes) => {
        const { text: bytes, ...rest } = client.decodeParse(encode.parse(statement, query, parameterTypes));
        expect({ ...rest, text: decodeUtf8(bytes) }).toEqual({ name: statement, text: query, parameterTypes });
      }),
    );
  });

  test('Bind', () => {
    fc.assert(
      fc.property(name, name, fc.array(fc.option(text), { maxLength: 5 }), (portal, statement, values) => {
        expect(client.decodeBind(encode.bind(portal, statement, values, 1))).toEqual({
          portal,
          statement,
          parameterFormats: values.map(() => 0),
          values: values.map((value) => (value === null ? null : Buffer.from(value))),
          resultFormats: [1],
        });
      }),
    );
  });

  test('Describe, Close and Execute', () => {
    fc.assert(
      fc.property(fc.constantFrom('S' as const, 'P' as const), name, fc.nat(), (kind, target, maximumRows) => {
        expect(client.decodeTarget(encode.describe(kind, target))).toEqual({ kind, name: target });
        expect(client.decodeTarget(encode.close(kind, target))).toEqual({ kind, name: target });
        expect(client.decodeExecute(encode.execute(target, maximumRows))).toEqual({ portal: target, maximumRows });
      }),
    );
  });

  test('PasswordMessage and FunctionCall', () => {
    expect(client.decodePassword(encode.passwordMessage('pässword'))).toBe('pässword');
    const call = new MessageBuilder(frontend.functionCall).uint32(4_000_000_000).int16(0).int16(0).int16(0).build();
    expect(client.decodeFunctionCall(call)).toEqual({ functionOid: 4_000_000_000 });
  });
});

describe('names', () => {
  test('that differ only by a byte order mark stay different', () => {
    expect(client.decodeParse(encode.parse('\uFEFFx', '')).name).toBe('\uFEFFx');
  });

  test('of 63 bytes are taken', () => {
    expect(client.decodeTarget(encode.close('S', longName.slice(1))).name).toBe(longName.slice(1));
  });

  test.each([
    ['Parse', () => client.decodeParse(encode.parse(longName, ''))],
    ['Bind of a portal', () => client.decodeBind(encode.bind(longName, ''))],
    ['Bind of a statement', () => client.decodeBind(encode.bind('', longName))],
    ['Describe', () => client.decodeTarget(encode.describe('S', longName))],
    ['Close', () => client.decodeTarget(encode.close('P', longName))],
    ['Execute', () => client.decodeExecute(encode.execute(longName))],
    ['Parse, counted in bytes', () => client.decodeParse(encode.parse('é'.repeat(32), ''))],
  ])('that the server would cut are refused in %s', (_, read) => {
    expect(read).toThrow(expect.objectContaining({ name: 'ProtocolError', sqlstate: '42622' }));
  });
});

describe('messages of clients are read as strictly as the server reads them', () => {
  const readers: [string, Buffer, (frame: Buffer) => unknown][] = [
    ['Query', encode.query('SELECT 1'), client.decodeQuery],
    ['Parse', encode.parse('a', 'SELECT $1', [23]), client.decodeParse],
    ['Bind', encode.bind('p', 'a', ['1', null]), client.decodeBind],
    ['Describe', encode.describe('S', 'a'), client.decodeTarget],
    ['Execute', encode.execute('p', 5), client.decodeExecute],
    ['PasswordMessage', encode.passwordMessage('secret'), client.decodePassword],
  ];
  test.each(readers)('%s with bytes behind its last field is refused', (_, frame, read) => {
    expect(() => read(withTail(frame))).toThrow(expect.objectContaining({ sqlstate: '08P01' }));
  });
  test.each(readers)('%s that ends early is refused', (_, frame, read) => {
    expect(() => read(cut(frame))).toThrow(expect.objectContaining({ sqlstate: '08P01' }));
  });

  const bind = (): MessageBuilder => new MessageBuilder(frontend.bind).cstring('').cstring('');
  test.each([
    [
      'a Query without a terminator',
      () => client.decodeQuery(new MessageBuilder(frontend.query).bytes(Buffer.from('SELECT')).build()),
    ],
    [
      'a Parse that announces more types than it has',
      () => client.decodeParse(new MessageBuilder(frontend.parse).cstring('').cstring('').int16(2).int32(23).build()),
    ],
    [
      'a Bind that announces more values than it has',
      () => client.decodeBind(bind().int16(0).int16(1).int16(0).build()),
    ],
    ['a value longer than its message', () => client.decodeBind(bind().int16(0).int16(1).int32(9).int16(0).build())],
    ['a value of length -2', () => client.decodeBind(bind().int16(0).int16(1).int32(-2).int16(0).build())],
    [
      'a Describe of neither statement nor portal',
      () => client.decodeTarget(new MessageBuilder(frontend.describe).int8(0x58).cstring('').build()),
    ],
  ])('%s is refused', (_, read) => {
    expect(read).toThrow(expect.objectContaining({ name: 'ProtocolError', sqlstate: '08P01' }));
  });

  test('text that is not UTF-8 is refused rather than mended', () => {
    const frame = new MessageBuilder(frontend.query).bytes(Buffer.from([0xc3, 0x28, 0])).build();
    expect(() => decodeUtf8(client.decodeQuery(frame))).toThrow(expect.objectContaining({ sqlstate: '22021' }));
  });

  test('messages that carry no data have the server’s own small limit', () => {
    const limits = [...'QPBFd', ...'pDECHSXcf'].map((letter) => client.frontendLengthLimit(letter.charCodeAt(0)));
    expect(limits).toEqual([...Array(5).fill(1_073_741_822), 65_536, ...Array(8).fill(10_000)]);
  });
});

describe('messages of servers', () => {
  test('ErrorResponse and NoticeResponse keep their fields', () => {
    const error = { severity: 'ERROR', sqlstate: '42501', message: 'no', detail: 'because', hint: 'ask' } as const;
    expect(decode.decodeFields(server.errorResponse(error))).toEqual({
      S: 'ERROR',
      V: 'ERROR',
      C: '42501',
      M: 'no',
      D: 'because',
      H: 'ask',
    });
    expect(server.noticeResponse({ ...error, severity: 'NOTICE' })[0]).toBe(backend.noticeResponse);
  });

  test('a zero inside a text of ours cannot end its field early', () => {
    const frame = server.errorResponse({ severity: 'ERROR', sqlstate: '42501', message: 'a\0C28000' });
    expect(decode.decodeFields(frame)).toEqual({ S: 'ERROR', V: 'ERROR', C: '42501', M: 'aC28000' });
  });

  test('fields without their terminator are refused', () => {
    expect(() =>
      decode.decodeFields(new MessageBuilder(backend.errorResponse).int8(0x53).cstring('ERROR').build()),
    ).toThrow('insufficient data');
  });

  test('RowDescription tells origin, type and format', () => {
    const frame = new MessageBuilder(backend.rowDescription)
      .int16(1)
      .cstring('email')
      .uint32(16_401)
      .int16(-2)
      .uint32(25)
      .int16(-1)
      .int32(-1)
      .int16(1)
      .build();
    expect(decode.decodeRowDescription(frame)).toEqual([
      { name: 'email', tableOid: 16_401, attributeNumber: -2, typeOid: 25, typeSize: -1, typeModifier: -1, format: 1 },
    ]);
    expect(() => decode.decodeRowDescription(cut(frame))).toThrow('insufficient data left in message');
    expect(() => decode.decodeRowDescription(withTail(frame))).toThrow('invalid message format');
    const otherFormat = Buffer.from(frame);
    otherFormat[frame.length - 1] = 2;
    expect(() => decode.decodeRowDescription(otherFormat)).toThrow('unknown format code 2');
  });

  test('a message of the server must end where its last field does, and every text of it with a zero', () => {
    const withoutZero = (frame: Buffer): Buffer => {
      const short = Buffer.from(frame.subarray(0, -1));
      short.writeUInt32BE(short.length - 1, 1);
      return short;
    };
    const status = server.parameterStatus('TimeZone', 'UTC');
    const complete = new MessageBuilder(backend.commandComplete).cstring('SELECT 1').build();
    const ready = server.readyForQuery('I');
    const error = server.errorResponse({ severity: 'ERROR', sqlstate: '22012', message: 'division by zero' });
    for (const read of [
      () => decode.decodeParameterStatus(withTail(status)),
      () => decode.decodeParameterStatus(withoutZero(status)),
      () => decode.decodeCommandComplete(withTail(complete)),
      () => decode.decodeCommandComplete(withoutZero(complete)),
      () => decode.decodeReadyForQuery(withTail(ready)),
      () => decode.decodeFields(withTail(error)),
      () => decode.decodeParameterStatus(complete),
    ]) {
      expect(read).toThrow(ProtocolError);
    }
  });

  test('DataRow tells NULL from the empty value', () => {
    const frame = new MessageBuilder(backend.dataRow)
      .int16(3)
      .int32(-1)
      .int32(0)
      .int32(2)
      .bytes(Buffer.from('ok'))
      .build();
    expect(decode.decodeDataRow(frame)).toEqual([null, Buffer.alloc(0), Buffer.from('ok')]);
    expect(() => decode.decodeDataRow(withTail(frame))).toThrow('invalid message format');
    expect(() => decode.decodeDataRow(cut(frame))).toThrow('insufficient data');
  });

  test('BackendKeyData, ParameterStatus, ReadyForQuery, Authentication', () => {
    const key = Buffer.alloc(32, 7);
    expect(decode.decodeBackendKeyData(server.backendKeyData(4711, key))).toEqual({ processId: 4711, secretKey: key });
    expect(decode.decodeParameterStatus(server.parameterStatus('TimeZone', 'UTC'))).toEqual({
      name: 'TimeZone',
      value: 'UTC',
    });
    expect(
      (['I', 'T', 'E'] as const).map((status) => decode.decodeReadyForQuery(server.readyForQuery(status))),
    ).toEqual(['I', 'T', 'E']);
    expect(() => decode.decodeReadyForQuery(new MessageBuilder(backend.readyForQuery).int8(0x58).build())).toThrow(
      'unknown transaction status "X"',
    );
    expect(decode.decodeAuthentication(server.authenticationOk())).toEqual({ code: 0, data: Buffer.alloc(0) });
    expect(decode.decodeAuthentication(server.authenticationCleartextPassword()).code).toBe(3);
  });

  test('NegotiateProtocolVersion lists what is not known', () => {
    const frame = server.negotiateProtocolVersion(196_610, ['_pq_.a', '_pq_.b']);
    expect(frame).toEqual(
      new MessageBuilder(backend.negotiateProtocolVersion)
        .int32(196_610)
        .int32(2)
        .cstring('_pq_.a')
        .cstring('_pq_.b')
        .build(),
    );
  });

  test.each([
    ['INSERT 0 3', 3],
    ['UPDATE 12', 12],
    ['SELECT 0', 0],
    ['CREATE TABLE AS 5', 5],
    ['SELECT 5', 5],
    ['COPY 9', 9],
    ['BEGIN', 0],
    ['CREATE TABLE', 0],
  ])('the tag %s reports %i rows', (tag, rows) => {
    const frame = new MessageBuilder(backend.commandComplete).cstring(tag).build();
    expect(decode.rowsOfTag(decode.decodeCommandComplete(frame))).toBe(rows);
  });
});
