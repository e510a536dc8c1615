import { describe, expect, test } from 'vitest';
import { startupCode } from '../../../src/gateway/wire/constants.ts';
import { cancelRequest, sslRequest, startupMessage } from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { ProtocolError } from '../../../src/gateway/wire/protocol-error.ts';
import { readStartup } from '../../../src/gateway/wire/startup.ts';
import fc from '../../support/property.ts';

const untyped = (code: number): MessageBuilder => new MessageBuilder(null).uint32(code);
const read = (bytes: Buffer) => readStartup(bytes)?.packet;
const text = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((value) => !value.includes('\0'));

describe('readStartup', () => {
  test('reads the parameters of a StartupMessage, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          text.filter((name) => !name.startsWith('_pq_.')),
          text,
        ),
        (more) => {
          const parameters = new Map(Object.entries({ ...more, user: 'claude' }));
          expect(read(startupMessage(parameters))).toEqual({
            kind: 'startup',
            minorVersion: 0,
            parameters,
            protocolOptions: [],
          });
        },
      ),
    );
  });

  test('gives nothing until the whole packet is there, and then what lies behind it', () => {
    const packet = startupMessage([['user', 'claude']]);
    for (let size = 0; size < packet.length; size += 1) expect(readStartup(packet.subarray(0, size))).toBeNull();
    const behind = Buffer.from('behind');
    expect(readStartup(Buffer.concat([packet, behind]))?.rest).toEqual(behind);
  });

  test.each([
    ['SSLRequest', sslRequest(), { kind: 'ssl_request' }],
    ['GSSENCRequest', untyped(startupCode.gssEncRequest).build(), { kind: 'gss_encryption_request' }],
    [
      'a CancelRequest of protocol 3.0',
      cancelRequest(77, Buffer.alloc(4, 9)),
      { kind: 'cancel_request', processId: 77, secretKey: Buffer.alloc(4, 9) },
    ],
    [
      'a CancelRequest of protocol 3.2',
      cancelRequest(-1, Buffer.alloc(32, 9)),
      { kind: 'cancel_request', processId: -1, secretKey: Buffer.alloc(32, 9) },
    ],
  ])('reads %s', (_, bytes, packet) => {
    expect(read(bytes)).toEqual(packet);
  });

  test('tells the minor version and the options that only a newer protocol knows', () => {
    const bytes = startupMessage(
      [
        ['user', 'claude'],
        ['_pq_.compression', 'zstd'],
      ],
      startupCode.protocol32,
    );
    expect(read(bytes)).toEqual({
      kind: 'startup',
      minorVersion: 2,
      parameters: new Map([['user', 'claude']]),
      protocolOptions: ['_pq_.compression'],
    });
  });

  const withLength = (length: number): Buffer => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(length);
    return bytes;
  };
  test.each([
    ['a length below 8', withLength(7), 'invalid length of startup packet', '08P01'],
    ['a length above 10,004, its field included', withLength(10_005), 'invalid length of startup packet', '08P01'],
    ['a TLS ClientHello', Buffer.from('16030100a5010000', 'hex'), 'invalid length of startup packet', '08P01'],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'invalid length of startup packet', '08P01'],
    ['protocol 2.0', untyped(131072).int8(0).build(), 'unsupported frontend protocol 2.0', '0A000'],
    [
      'protocol 4.0',
      untyped(4 << 16)
        .int8(0)
        .build(),
      'unsupported frontend protocol 4.0',
      '0A000',
    ],
    ['an SSLRequest with a body', untyped(startupCode.sslRequest).int8(0).build(), 'invalid message format', '08P01'],
    ['a cancel key of 3 bytes', cancelRequest(1, Buffer.alloc(3)), 'invalid length of cancel key', '08P01'],
    ['a cancel key of 257 bytes', cancelRequest(1, Buffer.alloc(257)), 'invalid length of cancel key', '08P01'],
    ['a CancelRequest without a key', untyped(startupCode.cancelRequest).build(), 'insufficient data', '08P01'],
    ['no user', startupMessage([['database', 'shop']]), 'no PostgreSQL user name', '28000'],
    ['an empty user', startupMessage([['user', '']]), 'no PostgreSQL user name', '28000'],
    [
      'a name without a value',
      untyped(startupCode.protocol30).cstring('user').build(),
      'invalid string in message',
      '08P01',
    ],
    [
      'no terminator',
      untyped(startupCode.protocol30).cstring('user').cstring('claude').build(),
      'invalid string in message',
      '08P01',
    ],
    [
      'bytes behind the terminator',
      untyped(startupCode.protocol30).cstring('user').cstring('claude').int8(0).int8(0).build(),
      'invalid startup packet layout',
      '08P01',
    ],
    [
      'a value that is not UTF-8',
      untyped(startupCode.protocol30)
        .cstring('user')
        .bytes(Buffer.from([0xff, 0]))
        .int8(0)
        .build(),
      'invalid byte sequence',
      '22021',
    ],
  ])('refuses %s', (_, bytes, message, sqlstate) => {
    const caught = (() => {
      try {
        return readStartup(bytes);
      } catch (error) {
        return error;
      }
    })();
    expect(caught).toBeInstanceOf(ProtocolError);
    expect(caught).toMatchObject({ message: expect.stringContaining(message), sqlstate });
  });
});
