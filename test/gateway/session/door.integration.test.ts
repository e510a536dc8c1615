import { createServer } from 'node:net';
import { join } from 'node:path';
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
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions, until } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';
import { RawClient, told } from '../../support/raw-client.ts';

let database: TestDatabase;
let gate: TestGate;
const others: TestGate[] = [];
beforeAll(async () => {
  database = await createDatabase();
  gate = await startGate({ database: database.name, policy: 'observe' });
});
afterEach(async () => {
  for (const other of others.splice(0)) await other.stop();
});
afterAll(async () => {
  await gate.stop();
  await database.drop();
});

const anotherGate = async (options: Partial<TestGateOptions>): Promise<TestGate> => {
  const other = await startGate({ database: database.name, policy: 'observe', ...options });
  others.push(other);
  return other;
};
const start = (more: Record<string, string> = {}, protocol: number = startupCode.protocol30): Buffer =>
  startupMessage(Object.entries({ user: 'claude', database: 'shop', ...more }), protocol);
/** The fields of the only message that is heard before the connection ends, once the password is given. */
const refusalOf = async (at: TestGate, startup: Buffer, password = at.key): Promise<Record<string, string>> => {
  const client = await RawClient.open(at.address);
  client.send(startup);
  const first = await client.next();
  if (first?.[0] === 0x52) client.send(passwordMessage(password));
  const heard = first?.[0] === 0x45 ? [first] : [];
  heard.push(...(await client.rest()));
  expect(heard.map((frame) => String.fromCharCode(frame[0] ?? 0))).toEqual(['E']);
  client.close();
  return decodeFields(heard[0] as Buffer);
};
describe('who is not let in', () => {
  test('a wrong key gets 28P01 and no reason; the gate’s own journal has the attempt', async () => {
    const fields = await refusalOf(gate, start(), 'postern_wrong');
    expect(fields).toEqual({
      S: 'FATAL',
      H: expect.stringContaining('an agent key or an access token'), // the same for everybody
      V: 'FATAL',
      C: '28P01',
      M: 'password authentication failed for user "claude"',
    });
    const refused = gateRecords(gate).filter(({ type }) => type === 'login_refused');
    expect(refused.at(-1)).toMatchObject({ user: 'claude', database: 'shop', reason: expect.any(String) });
    expect(JSON.stringify(refused)).not.toContain('postern_wrong');
  });

  test('an empty password gets 28P01', async () => {
    expect(await refusalOf(gate, start(), '')).toMatchObject({ C: '28P01' });
  });

  test('a password of 64 KiB gets 08P01', async () => {
    expect(await refusalOf(gate, start(), 'x'.repeat(65_536))).toMatchObject({ C: '08P01' });
  });

  test('an unknown connection gets 3D000 and the names to choose from', async () => {
    expect(await refusalOf(gate, start({ database: 'nowhere' }))).toMatchObject({
      C: '3D000',
      H: 'Give one of these as the database name: shop.',
    });
  });

  test('a database that the server does not have gets the server’s own 3D000', async () => {
    const other = await anotherGate({ anyDatabase: true });
    expect(await refusalOf(other, start({ database: 'nowhere_at_all' }))).toMatchObject({
      C: '3D000',
      M: 'database "nowhere_at_all" does not exist',
    });
  });

  test('with a wrong upstream password nothing is said of the credential', async () => {
    const other = await anotherGate({ password: 'not-the-password' });
    const fields = await refusalOf(other, start());
    expect(fields).toMatchObject({ C: '08001', M: 'Postern could not log in to the database of connection "shop"' });
    expect(JSON.stringify(fields)).not.toMatch(new RegExp(`not-the-password|${database.password}|${database.user}`));
  });

  test('an upstream that cannot be reached gets 08001', async () => {
    const other = await anotherGate({ upstream: { port: 1 } });
    expect(await refusalOf(other, start())).toMatchObject({
      C: '08001',
      M: expect.stringContaining('could not open connection "shop"'),
    });
  });

  test('replication gets 0A000', async () => {
    for (const value of ['true', 'database', '1']) {
      expect(await refusalOf(gate, start({ replication: value }))).toMatchObject({ C: '0A000' });
    }
  });

  test('a client that sends its key together with the start-up is let in, as by the server', async () => {
    const client = await RawClient.open(gate.address);
    client.send(start(), passwordMessage(gate.key));
    await client.untilReady();
    client.send(query('SELECT 7'));
    expect(told(await client.untilReady())).toContain('D 7');
    client.close();
  });

  test.each([
    ['protocol 2.0', new MessageBuilder(null).uint32(131072).int8(0).build(), '0A000'],
    ['no user', startupMessage([['database', 'shop']]), '28000'],
    ['no terminator', new MessageBuilder(null).uint32(196608).cstring('user').cstring('a').build(), '08P01'],
    ['a length below 8', Buffer.from([0, 0, 0, 4]), '08P01'],
    ['a length above 10,004', Buffer.from([0, 0, 0x27, 0x15]), '08P01'],
    ['an SSLRequest with the start-up right behind it', Buffer.concat([sslRequest(), start()]), '08P01'],
    ['a Query instead of a password', start(), '08P01'],
  ])('%s is refused', async (what, bytes, sqlstate) => {
    const client = await RawClient.open(gate.address);
    client.send(bytes);
    if (what.startsWith('a Query')) {
      await client.next();
      client.send(query('SELECT 1'));
    }
    if (what.startsWith('an SSLRequest')) {
      const answer = await new Promise<Buffer>((resolve) => client.socket.once('data', resolve));
      expect(String.fromCharCode(answer[0] ?? 0)).toBe('E');
      return client.close();
    }
    expect((await client.rest()).map((frame) => decodeFields(frame).C)).toEqual([sqlstate]);
    client.close();
  });

  test('of a client with a wrong key nothing is run, though statements came behind it', async () => {
    const client = await RawClient.open(gate.address);
    client.send(start(), passwordMessage('wrong'), query('SELECT 1'));
    const heard = await client.rest();
    expect(told(heard)).toEqual(['R', 'E 28P01']);
    client.close();
  });

  test.each([
    ['in one packet', []],
    ['with more than is read ahead', ['x'.repeat(300_000)]],
  ])('statements may come before the session is ready, %s, and run in their order', async (_, more) => {
    const client = await RawClient.open(gate.address);
    client.send(start(), passwordMessage(gate.key), query('SELECT 1'));
    client.send(query('SELECT 2'), ...more.map((text) => query(`SELECT length('${text}')`)));
    const heard = await client.untilReady(3 + more.length);
    expect(told(heard).filter((line) => line.startsWith('D'))).toEqual(['D 1', 'D 2', ...more.map(() => 'D 300000')]);
    client.close();
  });
});

describe('what a start-up may ask for', () => {
  const greeted = async (startup: Buffer): Promise<Buffer[]> => {
    const client = await RawClient.open(gate.address);
    client.send(startup);
    const heard = await client.untilKind('R');
    client.send(passwordMessage(gate.key));
    heard.push(...(await client.untilReady()));
    client.close();
    return heard;
  };
  const keyLength = (frames: readonly Buffer[]): number[] =>
    frames.filter((frame) => frame[0] === 0x4b).map((frame) => decodeBackendKeyData(frame).secretKey.length);
  const negotiated = (frames: readonly Buffer[]): string[] =>
    frames
      .filter((frame) => frame[0] === 0x76)
      .map((frame) => `${frame.readUInt32BE(5)} ${frame.toString('utf8', 13)}`);

  test.each([
    ['3.0 gets a cancel key of 4 bytes', start(), 4, []],
    ['3.2 gets one of 32 bytes', start({}, startupCode.protocol32), 32, []],
    ['3.99 is told that 3.2 is spoken', start({}, 196_608 + 99), 32, ['196610 ']],
    [
      'an option of the protocol is listed as unknown',
      start({ '_pq_.x': '1' }, startupCode.protocol32),
      32,
      ['196610 _pq_.x\0'],
    ],
    ['to 3.0 never more than 3.0 is offered', start({ '_pq_.x': '1' }), 4, ['196608 _pq_.x\0']],
  ])('protocol %s', async (_, startup, length, offers) => {
    const heard = await greeted(startup);
    expect([keyLength(heard), negotiated(heard)]).toEqual([[length], offers]);
  });
});

describe('places', () => {
  test('are given back by cancel requests and refused clients, even by those that never close', async () => {
    const clients: RawClient[] = [];
    const ended: Promise<unknown>[] = [];
    for (const bytes of [cancelRequest(1, Buffer.alloc(4)), Buffer.from([0, 0, 0, 4])]) {
      const client = await RawClient.open(gate.address);
      client.socket.allowHalfOpen = true;
      ended.push(client.rest());
      client.send(bytes);
      clients.push(client);
    }
    await Promise.all(ended);
    // A socket that the gate has destroyed answers a write with a reset; one that it only half closed would take it.
    await Promise.all(
      clients.map((client) =>
        until(() => {
          if (client.socket.destroyed) return true;
          client.socket.write('x');
          return null;
        }, 8000),
      ),
    );
  });

  test('a port in use is named, and nothing is left open', async () => {
    const { createGateway } = await import('../../../src/gateway/gateway.ts');
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const port = (blocker.address() as { port: number }).port;
    const folder = join(gate.journalFolder, '..', 'second');
    const second = await createGateway({
      version: '0',
      listeners: [
        { host: '127.0.0.1', port: 0 },
        { host: '127.0.0.1', port },
      ],
      settings: { connections: [], agents: [], identityProviders: [] },
      approvalDeadlineMs: 0,
      journalFolder: join(folder, 'journal'),
      keyFolder: join(folder, 'keys'),
      log: () => undefined,
    });
    await expect(second.start()).rejects.toMatchObject({
      name: 'GatewayError',
      code: 'port_in_use',
      message: `Port ${port} on 127.0.0.1 is already in use.`,
    });
    blocker.close();
  });
});
