import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startupCode } from '../../../src/gateway/wire/constants.ts';
import { decodeBackendKeyData, decodeFields } from '../../../src/gateway/wire/decode-backend.ts';
import {
  cancelRequest,
  passwordMessage,
  query,
  sslRequest,
  startupMessage,
} from '../../../src/gateway/wire/encode-frontend.ts';
import { Framer } from '../../../src/gateway/wire/framer.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';
import { told } from '../../support/raw-client.ts';

let database: TestDatabase;
let gate: TestGate;
let strict: TestGate;
let plain: TestGate;
beforeAll(async () => {
  database = await createDatabase();
  const start = (tls: 'allow' | 'require' | 'off') =>
    startGate({ database: database.name, policy: 'observe', listener: { tls } });
  [gate, strict, plain] = await Promise.all([start('allow'), start('require'), start('off')]);
});
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
  await Promise.all([gate.stop(), strict.stop(), plain.stop()]);
  await database.drop();
});

const gssRequest = new MessageBuilder(null).uint32(startupCode.gssEncRequest).build();
const start = (): Buffer => startupMessage(Object.entries({ user: 'claude', database: 'shop' }));

const tcp = async (at: TestGate): Promise<Socket> => {
  const socket = connectTcp({ host: '127.0.0.1', port: at.port, noDelay: true });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
};
/** The next `size` bytes as text, or what came before the end. */
const reads = async (socket: Socket, size: number): Promise<string> => {
  let heard = '';
  while (heard.length < size) {
    const chunk: unknown = await Promise.race([
      once(socket, 'data').then(([data]) => data),
      once(socket, 'end').then(() => null),
      once(socket, 'close').then(() => null),
    ]);
    if (chunk === null) return heard;
    heard += String(chunk);
  }
  return heard;
};
const secured = async (socket: Socket, at: TestGate, more: ConnectionOptions = {}): Promise<TLSSocket> => {
  const secure = connectTls({ socket, ca: readFileSync(at.certificateFile), servername: 'localhost', ...more });
  sockets.push(secure);
  secure.on('error', () => undefined);
  await Promise.race([
    once(secure, 'secureConnect'),
    once(secure, 'close').then(() => Promise.reject(new Error('closed'))),
  ]);
  return secure;
};
/** TLS as libpq begins it. */
const encrypted = async (at: TestGate, more: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = await tcp(at);
  socket.write(sslRequest());
  expect(await reads(socket, 1)).toBe('S');
  return secured(socket, at, more);
};
const direct = async (at: TestGate, protocols: string[] | undefined): Promise<TLSSocket> =>
  secured(await tcp(at), at, protocols === undefined ? {} : { ALPNProtocols: protocols });
/** Every message up to the `count`-th ReadyForQuery or the end. */
const messages = (socket: Socket, count = 1): Promise<Buffer[]> =>
  new Promise((resolve) => {
    const framer = new Framer();
    const heard: Buffer[] = [];
    let left = count;
    socket.on('data', (chunk) => {
      framer.push(chunk);
      for (let frame = framer.next(); frame !== null; frame = framer.next()) {
        heard.push(Buffer.from(frame));
        if (frame[0] === 0x5a && --left === 0) resolve(heard);
      }
    });
    socket.on('close', () => resolve(heard));
    socket.on('end', () => resolve(heard));
  });
const logIn = (socket: Socket, at: TestGate): Promise<Buffer[]> => {
  socket.write(Buffer.concat([start(), passwordMessage(at.key)]));
  return messages(socket);
};
const refusal = (heard: readonly Buffer[]): string => {
  const { C, M } = decodeFields(heard.at(-1) as Buffer);
  return `${C} ${M}`;
};

/** Why the last client was refused, once the gate has noted a refusal of a connection that left no other trace. */
const lastReason = (at: TestGate): Promise<string> =>
  until(() => {
    const last = gateRecords(at).at(-1);
    return last?.type === 'login_refused' && last.reason.includes('TLS') ? last.reason : null;
  });

describe('TLS asked for', () => {
  test('pg verifies the gate by the handed-out certificate and name, and the session says so', async () => {
    const { user, password, port } = gate.address;
    const parameters = `sslmode=verify-full&sslrootcert=${encodeURIComponent(gate.certificateFile)}`;
    for (const host of ['localhost', '127.0.0.1']) {
      const client = new pg.Client({
        connectionString: `postgresql://${user}:${password}@${host}:${port}/shop?${parameters}`,
      });
      await client.connect();
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      expect(gate.gateway.liveSessions().map(({ summary }) => summary.clientTls)).toEqual([
        'TLSv1.3 TLS_AES_256_GCM_SHA384',
      ]);
      await client.end();
      await until(() => (gate.gateway.liveSessions().length === 0 ? true : null));
      expect((await gate.journal())[0]?.body).toMatchObject({
        type: 'session_start',
        clientTls: 'TLSv1.3 TLS_AES_256_GCM_SHA384',
      });
    }
  });

  test('a client that trusts another installation does not come in', async () => {
    await expect(encrypted(gate, { ca: readFileSync(strict.certificateFile) })).rejects.toThrow();
    expect(gate.gateway.liveSessions()).toEqual([]);
  });

  test('something else than a handshake behind S is closed, and noted', async () => {
    const socket = await tcp(gate);
    socket.write(sslRequest());
    expect(await reads(socket, 1)).toBe('S');
    socket.write(start());
    await reads(socket, 1000);
    expect(await lastReason(gate)).toContain('TLS handshake was not completed');
  });

  test('a large result and a large parameter pass whole', async () => {
    const client = await gate.connect({ ssl: { ca: readFileSync(gate.certificateFile) } });
    const { rows } = await client.query("SELECT repeat('x', 20000000) AS big, length($1) AS size", [
      'y'.repeat(5_000_000),
    ]);
    expect([rows[0].big.length, rows[0].size]).toEqual([20_000_000, 5_000_000]);
    await client.end();
  });

  test('only TLS 1.2 and newer', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(encrypted(gate, old)).rejects.toThrow();
    const secure = await encrypted(gate, { maxVersion: 'TLSv1.2' });
    expect(secure.getProtocol()).toBe('TLSv1.2');
    expect(told(await logIn(secure, gate)).at(-1)).toBe('Z I');
  });

  test('ALPN need not be named there, but nothing else may be', async () => {
    expect((await encrypted(gate, { ALPNProtocols: ['postgresql'] })).alpnProtocol).toBe('postgresql');
    await expect(encrypted(gate, { ALPNProtocols: ['http/1.1'] })).rejects.toThrow();
  });

  test('after a declined GSS encryption is granted as well', async () => {
    const socket = await tcp(gate);
    socket.write(gssRequest);
    expect(await reads(socket, 1)).toBe('N');
    socket.write(sslRequest());
    expect(await reads(socket, 1)).toBe('S');
    expect(told(await logIn(await secured(socket, gate), gate)).at(-1)).toBe('Z I');
  });

  test.each([
    ['SSL', sslRequest(), '1234.5679'],
    ['GSS encryption', gssRequest, '1234.5680'],
  ])('inside TLS no more is negotiated: %s is refused in the server’s words', async (_, request, version) => {
    const secure = await encrypted(gate);
    secure.write(request);
    expect(refusal(await messages(secure))).toBe(
      `0A000 unsupported frontend protocol ${version}: server supports 3.0 to 3.2`,
    );
  });

  test('bytes in the clear behind the request end the connection before any handshake (CVE-2021-23214)', async () => {
    const socket = await tcp(gate);
    socket.write(Buffer.concat([sslRequest(), start(), passwordMessage(gate.key)]));
    const heard = await messages(socket);
    expect(heard.map((frame) => decodeFields(frame).M)).toEqual(['received unencrypted data after SSL request']);
    expect(gate.gateway.liveSessions()).toEqual([]);
  });

  test('a session that the operator ends hears why, over TLS too', async () => {
    const secure = await encrypted(gate);
    await logIn(secure, gate);
    const heard = messages(secure);
    const id = gate.gateway.liveSessions()[0]?.summary.id ?? '';
    gate.gateway.terminateSession(id, 'the test says so');
    expect(refusal(await heard)).toBe('57P01 Postern ended this session: the test says so');
  });
});

describe('direct TLS', () => {
  test('with ALPN postgresql is a session', async () => {
    const secure = await direct(gate, ['postgresql']);
    expect(secure.alpnProtocol).toBe('postgresql');
    expect(told(await logIn(secure, gate)).at(-1)).toBe('Z I');
  });

  test('answers a request for TLS inside with N, once, as the server does', async () => {
    const secure = await direct(gate, ['postgresql']);
    secure.write(sslRequest());
    expect(await reads(secure, 1)).toBe('N');
    secure.write(sslRequest());
    expect(refusal(await messages(secure))).toContain('unsupported frontend protocol 1234.5679');
  });

  test('without ALPN is closed without a word, and noted', async () => {
    const secure = await direct(gate, undefined);
    secure.write(start());
    expect(await reads(secure, 1)).toBe('');
    expect(await lastReason(gate)).toBe('direct TLS without the ALPN protocol "postgresql"');
  });

  test('with another protocol is refused in the handshake', () => expect(direct(gate, ['h2'])).rejects.toThrow());

  test('is taken as the first thing only', async () => {
    const socket = await tcp(gate);
    socket.write(gssRequest);
    expect(await reads(socket, 1)).toBe('N');
    socket.write(Buffer.from('16030100a5010000', 'hex'));
    expect(refusal(await messages(socket))).toBe('08P01 invalid length of startup packet');
  });
});

describe('cancelling', () => {
  test.each([
    ['behind a request for TLS', () => encrypted(gate)],
    ['over direct TLS', () => direct(gate, ['postgresql'])],
    ['in the clear', () => tcp(gate)],
  ])('works %s', async (_, open) => {
    const secure = await encrypted(gate);
    const greeting = await logIn(secure, gate);
    const key = greeting.filter((frame) => frame[0] === 0x4b).map((frame) => decodeBackendKeyData(frame))[0];
    if (key === undefined) throw new Error('no key');
    const answer = messages(secure);
    secure.write(query('SELECT pg_sleep(20)'));
    await until(async () => {
      const { rowCount } = await database.query(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(20)%'",
      );
      return rowCount === 0 ? null : true;
    });
    const cancel = await open();
    const ended = reads(cancel, 1);
    cancel.write(cancelRequest(key.processId, key.secretKey));
    expect(told(await answer)).toEqual(['T pg_sleep', 'E 57014', 'Z I']);
    expect(await ended).toBe('');
  });

  test('in the clear works where a session needs TLS: older clients know no other way', async () => {
    const cancel = await tcp(strict);
    cancel.write(cancelRequest(1, Buffer.alloc(4)));
    expect(await reads(cancel, 1)).toBe('');
    expect(gateRecords(strict).filter(({ type }) => type === 'login_refused')).toEqual([]);
  });
});

describe('a listener', () => {
  test('that requires TLS refuses a start-up in the clear before it asks for a password', async () => {
    const socket = await tcp(strict);
    socket.write(Buffer.concat([start(), passwordMessage(strict.key)]));
    const heard = await messages(socket);
    expect(told(heard)).toEqual(['E 28000']);
    expect(decodeFields(heard[0] as Buffer)).toMatchObject({
      M: 'Postern takes only TLS connections here',
      H: expect.stringContaining('sslmode=verify-full'),
    });
    expect(gateRecords(strict).at(-1)).toMatchObject({
      type: 'login_refused',
      user: 'claude',
      database: 'shop',
      reason: 'TLS is required on this listener',
    });
    expect(told(await logIn(await encrypted(strict), strict)).at(-1)).toBe('Z I');
  });

  test('without TLS declines it, once, and GSS encryption once', async () => {
    const socket = await tcp(plain);
    for (const request of [gssRequest, sslRequest()]) {
      socket.write(request);
      expect(await reads(socket, 1)).toBe('N');
    }
    expect(told(await logIn(socket, plain)).at(-1)).toBe('Z I');
    const twice = await tcp(plain);
    twice.write(sslRequest());
    expect(await reads(twice, 1)).toBe('N');
    twice.write(sslRequest());
    expect(refusal(await messages(twice))).toContain('unsupported frontend protocol');
  });

  test('without TLS takes a handshake for the broken start-up that it is', async () => {
    const socket = await tcp(plain);
    socket.write(Buffer.from('16030100a5010000', 'hex'));
    expect(refusal(await messages(socket))).toBe('08P01 invalid length of startup packet');
  });

  test('closes with clients half-way through a handshake', async () => {
    const other = await startGate({ database: database.name });
    const socket = await tcp(other);
    socket.write(sslRequest());
    expect(await reads(socket, 1)).toBe('S');
    await other.stop();
  });
});
