import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DoorClient } from '../../../src/gateway/door/client.ts';
import { negotiation, readFirstPacket, type Startup } from '../../../src/gateway/session/client-handshake.ts';
import { readPassword } from '../../../src/gateway/session/proof-reader.ts';
import { ClientGone } from '../../../src/gateway/session/startup-reader.ts';
import { passwordMessage, query, startupMessage } from '../../../src/gateway/wire/encode-frontend.ts';
import { ProtocolError } from '../../../src/gateway/wire/protocol-error.ts';

let server: Server;
beforeAll(async () => {
  server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** Both ends of a connection, as the gate has its clients: paused. */
async function pair(): Promise<{ client: Socket; gate: Socket; close: () => void }> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect({ port: address.port, host: '127.0.0.1', noDelay: true });
  const gate = await accepted;
  for (const socket of [client, gate]) socket.on('error', () => undefined);
  return {
    client,
    gate,
    close: () => {
      client.destroy();
      gate.destroy();
    },
  };
}
const inTheClear = (socket: Socket): DoorClient =>
  new DoorClient(socket, {
    tls: 'off',
    secureContext: null,
    allowedUsers: 'own',
    peer: Promise.resolve({ known: false, refuse: false }),
  });
const never = (): AbortSignal => new AbortController().signal;
const startup = (minorVersion: number, ...protocolOptions: string[]): Startup => ({
  kind: 'startup',
  minorVersion,
  parameters: new Map(),
  protocolOptions,
});

describe('a client that starts up', () => {
  test('may send its first packet byte by byte', async () => {
    const { client, gate, close } = await pair();
    const packet = startupMessage([['user', 'claude']]);
    const read = readFirstPacket(inTheClear(gate), never());
    for (const byte of packet) await new Promise<void>((resolve) => client.write(Buffer.from([byte]), () => resolve()));
    expect(await read).toMatchObject({ kind: 'startup', startup: { parameters: new Map([['user', 'claude']]) } });
    close();
  });

  test('is gone when it closes before it is done', async () => {
    const { client, gate, close } = await pair();
    const read = readFirstPacket(inTheClear(gate), never());
    client.end(startupMessage([['user', 'claude']]).subarray(0, 9));
    await expect(read).rejects.toBeInstanceOf(ClientGone);
    close();
  });

  test.each([
    ['says nothing', Buffer.alloc(0)],
    ['stops half-way', startupMessage([['user', 'claude']]).subarray(0, 9)],
  ])('is given up at the deadline when it %s', async (_, bytes) => {
    const { client, gate, close } = await pair();
    if (bytes.length > 0) client.write(bytes);
    await expect(readFirstPacket(inTheClear(gate), AbortSignal.timeout(50))).rejects.toThrow(
      'did not finish start-up in time',
    );
    expect(gate.listenerCount('data')).toBe(0);
    close();
  });

  test('is given up at the deadline when it never gives its password', async () => {
    const { gate, close } = await pair();
    await expect(readPassword(gate, AbortSignal.timeout(50), Buffer.alloc(0))).rejects.toBeInstanceOf(ClientGone);
    close();
  });
});

describe('the password', () => {
  const given = async (...bytes: Buffer[]): Promise<unknown> => {
    const { client, gate, close } = await pair();
    client.write(Buffer.concat(bytes));
    const answer = await readPassword(gate, never(), Buffer.alloc(0)).then(
      ({ password, rest }) => [password, ...rest],
      (error: unknown) => error,
    );
    close();
    return answer;
  };

  test('is what the message says', async () => {
    expect(await given(passwordMessage('pä ss'))).toEqual(['pä ss']);
  });

  test('may have statements right behind it, which are kept', async () => {
    expect(await given(passwordMessage('x'), query('S'))).toEqual(['x', ...query('S')]);
  });

  test('may come in one packet with the start-up, or in part', async () => {
    const packet = startupMessage([['user', 'claude']]);
    const password = passwordMessage('early bird');
    for (const cut of [0, 3, password.length]) {
      const { client, gate, close } = await pair();
      client.write(Buffer.concat([packet, password.subarray(0, cut)]));
      const first = await readFirstPacket(inTheClear(gate), never());
      if (first.kind !== 'startup') throw new Error('not a start-up');
      client.write(password.subarray(cut));
      expect(await readPassword(gate, never(), first.rest)).toMatchObject({ password: 'early bird' });
      close();
    }
  });

  test.each([
    ['an empty one', [passwordMessage('')], '28P01'],
    ['one that is too long', [passwordMessage('x'.repeat(65_536))], '08P01'],
    ['another message', [query('SELECT 1')], '08P01'],
    ['the start of something long that is no password', [query('x'.repeat(100_000)).subarray(0, 100)], '08P01'],
  ])('%s is refused', async (_, bytes, sqlstate) => {
    const error = await given(...bytes);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ sqlstate });
  });
});

describe('version negotiation', () => {
  const offer = (asked: Startup): string | null => negotiation(asked)?.toString('latin1', 5) ?? null;
  test('says nothing when it speaks what was asked for', () => {
    expect([offer(startup(0)), offer(startup(2))]).toEqual([null, null]);
  });

  test('offers 3.2 to a newer client and never more than was asked to an older', () => {
    expect([offer(startup(99)), offer(startup(0, '_pq_.a', '_pq_.b'))]).toEqual([
      '\0\x03\0\x02\0\0\0\0',
      '\0\x03\0\0\0\0\0\x02_pq_.a\0_pq_.b\0',
    ]);
  });
});
