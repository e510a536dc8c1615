import { afterEach, describe, expect, test } from 'vitest';
import { connectUpstream } from '../../../src/gateway/upstream/connect.ts';
import { UpstreamError } from '../../../src/gateway/upstream/error.ts';
import type { UpstreamTarget } from '../../../src/gateway/upstream/types.ts';
import { authentication, backend } from '../../../src/gateway/wire/constants.ts';
import {
  authenticationOk,
  backendKeyData,
  errorResponse,
  negotiateProtocolVersion,
  noticeResponse,
  parameterStatus,
  readyForQuery,
} from '../../../src/gateway/wire/encode-backend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { readStartup } from '../../../src/gateway/wire/startup.ts';
import { type Conversation, type FakeServer, startFakeServer } from '../../support/fake-server.ts';
import fc from '../../support/property.ts';
import { ScramServer } from '../../support/scram-server.ts';

const password = 'canary-password';
const servers: FakeServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(script: (conversation: Conversation) => Promise<void>): Promise<UpstreamTarget> {
  const server = await startFakeServer(script);
  servers.push(server);
  return {
    host: server.host,
    port: server.port,
    database: 'shop',
    user: 'app',
    sslmode: 'disable',
    sslrootcert: undefined,
    requireAuth: ['scram-sha-256'],
    password,
  };
}

/** Answers the start-up packet with these bytes. */
const answering =
  (...bytes: Buffer[]) =>
  async ({ packet, send }: Conversation): Promise<void> => {
    await packet(false);
    send(...bytes);
  };

const failure = async (target: UpstreamTarget, options = {}): Promise<UpstreamError> => {
  const result = await connectUpstream(target, new Map(), options).catch((error: unknown) => error);
  if (!(result instanceof UpstreamError)) throw new Error('the connection was expected to fail');
  expect(JSON.stringify([result.message, result.detail, result.hint, result.stack])).not.toContain(password);
  return result;
};

const request = (code: number, data: Buffer = Buffer.alloc(0)): Buffer =>
  new MessageBuilder(backend.authentication).int32(code).bytes(data).build();
const offer = request(authentication.sasl, Buffer.from('SCRAM-SHA-256\0\0'));
const key = Buffer.from([1, 2, 3, 4]);
const session = [
  parameterStatus('server_version', '18.4'),
  parameterStatus('client_encoding', 'UTF8'),
  backendKeyData(4711, key),
  readyForQuery('I'),
];

/** A server that knows `known`, sent through `write` so that a test can cut the bytes as it likes. */
const scramServer =
  (known: string, write: (conversation: Conversation, bytes: Buffer) => void, tamper: (final: string) => string) =>
  async (conversation: Conversation): Promise<void> => {
    const scram = new ScramServer(known);
    await conversation.packet(false);
    write(conversation, offer);
    const first = (await conversation.packet(true)).subarray(5 + 'SCRAM-SHA-256\0'.length + 4).toString();
    write(conversation, request(authentication.saslContinue, Buffer.from(scram.first(first))));
    const final = scram.final((await conversation.packet(true)).subarray(5).toString());
    if (final === null) {
      write(conversation, errorResponse({ severity: 'FATAL', sqlstate: '28P01', message: 'wrong' }));
      return;
    }
    const proof = request(authentication.saslFinal, Buffer.from(tamper(final)));
    write(conversation, Buffer.concat([proof, authenticationOk(), ...session]));
  };
const whole = ({ send }: Conversation, bytes: Buffer): void => send(bytes);
const untouched = (final: string): string => final;

describe('the start-up packet', () => {
  test('carries user and database of the target and the forwarded parameters, without protocol options', async () => {
    const packets: Buffer[] = [];
    const target = await serve(async ({ packet, send }) => {
      packets.push(await packet(false));
      send(authenticationOk(), ...session);
    });
    const startup = new Map([
      ['user', 'somebody else'],
      ['application_name', 'agent'],
      ['_pq_.option', 'on'],
      ['options', '-c search_path=a'],
    ]);
    const { socket } = await connectUpstream({ ...target, requireAuth: ['none'] }, startup);
    socket.destroy();
    expect(packets.map(readStartup)).toEqual([
      {
        rest: Buffer.alloc(0),
        packet: {
          kind: 'startup',
          minorVersion: 0,
          parameters: new Map([
            ['user', 'app'],
            ['database', 'shop'],
            ['application_name', 'agent'],
            ['options', '-c search_path=a'],
          ]),
          protocolOptions: [],
        },
      },
    ]);
  });

  test('is not sent when a value would end it early', async () => {
    const target = await serve(answering(authenticationOk()));
    const smuggled = new Map([['application_name', 'x\0user\0postgres']]);
    await expect(connectUpstream(target, smuggled)).rejects.toMatchObject({ code: 'protocol' });
  });
});

describe('log-in', () => {
  test('hands over a paused socket, parameters, key and notices, and the bytes behind ReadyForQuery', async () => {
    const notice = noticeResponse({ severity: 'NOTICE', sqlstate: '00000', message: 'password expires soon' });
    const behind = noticeResponse({ severity: 'NOTICE', sqlstate: '00000', message: 'later' });
    const target = await serve(
      answering(negotiateProtocolVersion(0, []), notice, authenticationOk(), ...session, behind.subarray(0, 9)),
    );
    const { socket, ...connection } = await connectUpstream({ ...target, requireAuth: ['none'] }, new Map());
    const listeners = { data: socket.listenerCount('data'), close: socket.listenerCount('close') };
    const paused = socket.isPaused();
    socket.destroy();
    expect({ ...connection, listeners, paused }).toEqual({
      rest: behind.subarray(0, 9),
      parameters: new Map([
        ['server_version', '18.4'],
        ['client_encoding', 'UTF8'],
      ]),
      processId: 4711,
      secretKey: key,
      notices: [notice],
      encrypted: false,
      authMethod: 'none',
      identity: null,
      listeners: { data: 0, close: 0 },
      paused: true,
    });
  });

  test('understands the dialogue wherever TCP cuts it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.integer({ min: 1, max: 12 })), async (sizes) => {
        const pieces = ({ socket }: Conversation, bytes: Buffer): void => {
          for (let offset = 0; offset < bytes.length; ) {
            const size = sizes.next().value ?? 1;
            const piece = bytes.subarray(offset, offset + size);
            offset += size;
            setImmediate(() => socket.write(piece));
          }
        };
        const target = await serve(scramServer(password, pieces, untouched));
        const { socket, parameters, processId, authMethod } = await connectUpstream(target, new Map());
        socket.destroy();
        expect({ parameters: parameters.size, processId, authMethod }).toEqual({
          parameters: 2,
          processId: 4711,
          authMethod: 'scram-sha-256',
        });
      }),
      { numRuns: 25 },
    );
  });

  test('a pooler without BackendKeyData is taken, with an empty cancel key', async () => {
    const target = await serve(answering(authenticationOk(), readyForQuery('I')));
    const { socket, processId, secretKey } = await connectUpstream({ ...target, requireAuth: ['none'] }, new Map());
    socket.destroy();
    expect({ processId, secretKey }).toEqual({ processId: 0, secretKey: Buffer.alloc(0) });
  });
});

describe('a server that is not what it should be', () => {
  const cases: [behaviour: string, bytes: Buffer[], code: string][] = [
    ['lets anybody in', [authenticationOk(), ...session], 'auth_method_refused'],
    ['asks for the password in the clear', [request(authentication.cleartextPassword)], 'auth_method_refused'],
    ['asks for MD5', [request(authentication.md5Password, key)], 'auth_method_refused'],
    ['asks for GSSAPI', [request(authentication.gss)], 'auth_method_refused'],
    [
      'offers no SASL mechanism that we know',
      [request(authentication.sasl, Buffer.from('X\0\0'))],
      'auth_method_refused',
    ],
    [
      'offers only channel binding without TLS',
      [request(authentication.sasl, Buffer.from('SCRAM-SHA-256-PLUS\0\0'))],
      'auth_method_refused',
    ],
    ['skips the SCRAM dialogue', [offer, authenticationOk(), ...session], 'auth_protocol'],
    ['sends its proof first', [offer, request(authentication.saslFinal, Buffer.from('v=x'))], 'auth_protocol'],
    [
      'sends a malformed challenge',
      [offer, request(authentication.saslContinue, Buffer.from('r=x,i=4096'))],
      'auth_protocol',
    ],
    ['begins with a session message', [...session], 'protocol'],
    ['negotiates a version that was not asked for', [negotiateProtocolVersion(2, [])], 'protocol'],
    ['sends a message of a gigabyte', [Buffer.from([0x52, 0x40, 0, 0, 0])], 'protocol'],
    ['sends a truncated authentication request', [Buffer.from([0x52, 0, 0, 0, 5, 0])], 'protocol'],
    ['speaks HTTP', [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], 'protocol'],
  ];

  test.each(cases)('that %s is refused', async (_behaviour, bytes, code) => {
    expect((await failure(await serve(answering(...bytes)))).code).toBe(code);
  });

  test('that cannot prove it knows the password is refused after its proof', async () => {
    const forge = (): string => `v=${Buffer.alloc(32).toString('base64')}`;
    const error = await failure(await serve(scramServer(password, whole, forge)));
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'auth_protocol',
      message: expect.stringMatching(/broken off: the server could not prove that it knows the password$/),
    });
  });

  test('that repeats our own nonce is refused', async () => {
    const target = await serve(async ({ packet, send }) => {
      await packet(false);
      send(offer);
      const nonce = (await packet(true)).toString().split(',r=')[1] ?? '';
      send(request(authentication.saslContinue, Buffer.from(`r=${nonce},s=c2FsdA==,i=4096`)));
    });
    expect((await failure(target)).message).toMatch(/the nonce of the server does not extend ours$/);
  });

  test.each([1, 4095, 100_001, 2_000_000_000])('that asks for %i SCRAM iterations is refused', async (iterations) => {
    const target = await serve(async ({ packet, send }) => {
      const scram = new ScramServer(password, iterations);
      await packet(false);
      send(offer);
      const first = (await packet(true)).subarray(5 + 'SCRAM-SHA-256\0'.length + 4).toString();
      send(request(authentication.saslContinue, Buffer.from(scram.first(first))));
    });
    const error = await failure(target);
    expect(error.code).toBe('auth_protocol');
    expect(error.message).toContain(`${iterations} SCRAM iterations; 4096 to 100000 are accepted`);
  });

  test('that floods us with notices before the session is refused', async () => {
    const notice = noticeResponse({ severity: 'NOTICE', sqlstate: '00000', message: 'x'.repeat(60_000) });
    const error = await failure(await serve(answering(...Array.from({ length: 30 }, () => notice))));
    expect(error.code).toBe('protocol');
  });
});

describe('an answer to the request for TLS', () => {
  const asked =
    (answer: Buffer | string) =>
    async ({ packet, send }: Conversation) => {
      await packet(false);
      send(answer);
    };

  test.each(['S\x16\x03\x03', 'SR', 'NR'])('with bytes behind it (%j) is refused (CVE-2021-23214)', async (answer) => {
    const target = await serve(asked(answer));
    const error = await failure({ ...target, sslmode: 'prefer' });
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'protocol',
      message: expect.stringMatching(/unencrypted bytes followed the answer to the request for TLS$/),
    });
  });

  test('that is an error is not repeated, since nobody has proved to be the server', async () => {
    const lie = errorResponse({ severity: 'FATAL', sqlstate: '28000', message: 'send your password to mallory' });
    const error = await failure({ ...(await serve(asked(lie))), sslmode: 'require' });
    expect({ code: error.code, fields: error.fields, lie: error.message.includes('mallory') }).toEqual({
      code: 'tls_refused',
      fields: null,
      lie: false,
    });
  });

  test('followed by something else than a handshake is refused', async () => {
    const target = await serve(async ({ packet, send, socket }) => {
      await packet(false);
      send('S');
      socket.once('data', () => send('this is no handshake'));
    });
    expect((await failure({ ...target, sslmode: 'require' })).code).toBe('tls_refused');
  });
});

describe('a server that does not get that far', () => {
  test('keeps its own words', async () => {
    const full = errorResponse({ severity: 'FATAL', sqlstate: '53300', message: 'sorry, too many clients already' });
    const error = await failure(await serve(answering(full)));
    expect({ code: error.code, sqlstate: error.sqlstate, fields: error.fields }).toEqual({
      code: 'server_error',
      sqlstate: '53300',
      fields: { S: 'FATAL', V: 'FATAL', C: '53300', M: 'sorry, too many clients already' },
    });
  });

  test('and needs a password that nobody gave is told apart', async () => {
    const target = await serve(answering(offer));
    expect((await failure({ ...target, password: null })).code).toBe('credential_missing');
  });

  test('because nothing listens there is unreachable', async () => {
    const target = await serve(answering());
    await servers.pop()?.close();
    const error = await failure(target);
    expect({ code: error.code, sqlstate: error.sqlstate, message: error.message }).toEqual({
      code: 'unreachable',
      sqlstate: '08001',
      message: `cannot connect to 127.0.0.1:${target.port}: nothing accepts connections there (connection refused)`,
    });
  });

  test('because it closes at once is unreachable', async () => {
    const target = await serve(async ({ socket }) => void socket.end());
    expect((await failure(target)).code).toBe('unreachable');
    expect((await failure({ ...target, sslmode: 'prefer' })).code).toBe('unreachable');
  });

  test.each(['disable', 'require'] as const)('because it never answers times out (sslmode %s)', async (sslmode) => {
    const target = await serve(async () => undefined);
    const error = await failure({ ...target, sslmode }, { timeoutMs: 50 });
    expect({ code: error.code, message: error.message }).toEqual({
      code: 'timeout',
      message: `127.0.0.1:${target.port} did not answer within 0.05 s`,
    });
  });

  test('because the caller gave up closes the socket', async () => {
    const giveUp = new AbortController();
    let onClosed = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const target = await serve(async ({ packet, socket }) => {
      socket.once('close', () => onClosed());
      await packet(false);
      giveUp.abort();
    });
    expect((await failure(target, { signal: giveUp.signal })).code).toBe('aborted');
    await closed;
    expect((await failure(target, { signal: giveUp.signal })).code).toBe('aborted');
  });
});
