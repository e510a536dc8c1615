import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backend, frontend, startupCode } from '../../../src/gateway/wire/constants.ts';
import {
  authenticationOk,
  backendKeyData,
  errorResponse,
  readyForQuery,
} from '../../../src/gateway/wire/encode-backend.ts';
import { query } from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { type Conversation, type FakeServer, startFakeServer } from '../../support/fake-server.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { RawClient } from '../../support/raw-client.ts';

// A server that does what it is told, so that a message can stay unfinished for as long as a test looks at it.

let server: FakeServer;
let gate: TestGate;
const conversations: Conversation[] = [];
beforeAll(async () => {
  server = await startFakeServer(async (conversation) => {
    const first = await conversation.packet(false);
    if (first.readUInt32BE(4) === startupCode.cancelRequest) return void conversation.socket.end();
    conversation.send(authenticationOk(), backendKeyData(1, Buffer.alloc(4)), readyForQuery('I'));
    // It does not tell which database it is, neither way that it is asked.
    for (const _ of ['by system identifier', 'by database']) {
      await conversation.packet(true);
      conversation.send(errorResponse({ severity: 'ERROR', sqlstate: '42501', message: 'no' }), readyForQuery('I'));
    }
    conversations.push(conversation);
  });
  const upstream = { host: server.host, port: server.port, requireAuth: ['none' as const] };
  gate = await startGate({ database: 'any', policy: 'observe', upstream });
});
afterAll(async () => {
  await gate.stop();
  await server.close();
});

/** A client whose statement has reached the server. */
async function talking(
  applicationName = 'talking',
): Promise<{ client: RawClient; upstream: Conversation; received: () => number }> {
  const client = await RawClient.logIn(gate.address, { application_name: applicationName });
  const upstream = await until(() => conversations.pop());
  let bytes = 0;
  client.socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  client.send(query('SELECT 1'));
  await upstream.packet(true);
  return { client, upstream, received: () => bytes };
}

const rowDescription = new MessageBuilder(backend.rowDescription)
  .int16(1)
  .cstring('value')
  .int32(0)
  .int16(0)
  .int32(25)
  .int16(-1)
  .int32(-1)
  .int16(0)
  .build();
const largeRow = (size: number): Buffer =>
  new MessageBuilder(backend.dataRow).int16(1).int32(size).bytes(Buffer.alloc(size, 'v')).build();
const ends = Buffer.concat([
  new MessageBuilder(backend.commandComplete).cstring('SELECT 1').build(),
  readyForQuery('I'),
]);
const copyInResponse = new MessageBuilder(backend.copyInResponse).int8(0).int16(0).build();
const megabyte = 1024 * 1024;

describe('a large message', () => {
  test('of the server reaches the client before the server has sent all of it', async () => {
    const { client, upstream, received } = await talking();
    const row = largeRow(megabyte);
    upstream.send(rowDescription, row.subarray(0, 50_000));
    await until(() => (received() === rowDescription.length + 50_000 ? true : null));
    upstream.send(row.subarray(50_000), ends);
    const [, got] = await client.untilReady();
    expect(got?.equals(row)).toBe(true);
    client.close();
  });

  test('of a copy reaches the server before the client has sent all of it', async () => {
    const { client, upstream } = await talking();
    upstream.send(copyInResponse);
    await client.untilKind('G');
    let bytes = 0;
    upstream.socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    const data = new MessageBuilder(frontend.copyData).bytes(Buffer.alloc(megabyte, 'c')).build();
    client.send(data.subarray(0, 50_000));
    await until(() => (bytes === 50_000 ? true : null));
    client.send(data.subarray(50_000));
    expect((await upstream.packet(true)).equals(data)).toBe(true);
    client.close();
  });

  test('that is cut off by the end of the session is followed by nothing', async () => {
    const { client, upstream, received } = await talking('cut off');
    const part = largeRow(megabyte).subarray(0, 50_000);
    upstream.send(rowDescription, part);
    await until(() => (received() === rowDescription.length + part.length ? true : null));
    const live = gate.gateway.liveSessions().find(({ summary }) => summary.applicationName === 'cut off');
    gate.gateway.terminateSession(live?.summary.id ?? '', 'enough');
    await once(client.socket, 'close');
    expect(received()).toBe(rowDescription.length + part.length);
  });

  test('that the client breaks off is not completed by anything of ours', async () => {
    const { client, upstream } = await talking();
    upstream.send(copyInResponse);
    await client.untilKind('G');
    let bytes = 0;
    upstream.socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    client.send(new MessageBuilder(frontend.copyData).bytes(Buffer.alloc(megabyte)).build().subarray(0, 50_000));
    await until(() => (bytes === 50_000 ? true : null));
    client.close();
    await once(upstream.socket, 'close');
    expect(bytes).toBe(50_000);
  });

  test('of a copy that fails meanwhile comes to its end before a Sync that came earlier is sent', async () => {
    const { client, upstream } = await talking();
    upstream.send(copyInResponse);
    await client.untilKind('G');
    const data = new MessageBuilder(frontend.copyData).bytes(Buffer.alloc(megabyte, 'c')).build();
    client.send(data.subarray(0, 50_000));
    upstream.send(errorResponse({ severity: 'ERROR', sqlstate: '22P02', message: 'no' }), readyForQuery('I'));
    await client.untilReady();
    client.send(data.subarray(50_000), query('SELECT 2'));
    expect((await upstream.packet(true)).equals(data)).toBe(true);
    expect((await upstream.packet(true)).equals(query('SELECT 2'))).toBe(true);
    client.close();
  });
});

describe('whoever does not read holds up whoever writes', () => {
  /** What the systems on the way keep, and a little of ours. */
  const most = 32 * megabyte;

  /** Resolves with how much was taken when nothing moves any more. */
  async function standstill(taken: () => number): Promise<number> {
    let last = -1;
    await until(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const before = last;
      last = taken();
      return before === last ? true : null;
    }, 20_000);
    return last;
  }

  test.each([
    ['small rows', Buffer.concat(Array.from({ length: 1000 }, () => largeRow(1000)))],
    ['rows in parts', largeRow(megabyte)],
  ])('a client that stops reading pauses the server: %s', async (_, rows) => {
    const { client, upstream, received } = await talking();
    upstream.send(rowDescription);
    await client.untilKind('T');
    client.socket.pause();
    const { socket } = upstream;
    let sent = 0;
    const push = (): void => {
      while (sent < 3 * most) {
        sent += rows.length;
        if (!socket.write(rows)) return;
      }
    };
    socket.on('drain', push);
    push();
    expect(await standstill(() => sent - socket.writableLength)).toBeLessThan(most);
    client.socket.resume();
    await until(() => (sent >= 3 * most && socket.writableLength === 0 ? true : null), 20_000);
    socket.write(ends);
    await until(() => (received() >= sent ? true : null), 20_000);
    client.close();
  });

  test('a server that stops reading pauses a client that copies in', async () => {
    const { client, upstream } = await talking();
    upstream.send(copyInResponse);
    await client.untilKind('G');
    upstream.socket.pause();
    const data = new MessageBuilder(frontend.copyData).bytes(Buffer.alloc(megabyte)).build();
    let sent = 0;
    const push = (): void => {
      while (sent < 3 * most) {
        sent += data.length;
        if (!client.socket.write(data)) return;
      }
    };
    client.socket.on('drain', push);
    push();
    expect(await standstill(() => sent - client.socket.writableLength)).toBeLessThan(most);
    client.close();
  });
});
