import { afterEach, expect, test } from 'vitest';
import { cancelUpstream } from '../../../src/gateway/upstream/cancel.ts';
import type { UpstreamTarget } from '../../../src/gateway/upstream/types.ts';
import { readStartup } from '../../../src/gateway/wire/startup.ts';
import { type Conversation, type FakeServer, startFakeServer } from '../../support/fake-server.ts';

const key = Buffer.from([9, 8, 7, 6]);
let server: FakeServer | undefined;
afterEach(() => server?.close());

async function serve(script: (conversation: Conversation) => Promise<void>): Promise<UpstreamTarget> {
  server = await startFakeServer(script);
  const { host, port } = server;
  const unused = { database: 'shop', user: 'app', sslrootcert: undefined, requireAuth: [], password: null };
  return { host, port, sslmode: 'prefer', ...unused };
}

test('the request is sent once, and the promise resolves only when the server has closed', async () => {
  const events: unknown[] = [];
  const target = await serve(async ({ packet, socket }) => {
    events.push(readStartup(await packet(false))?.packet);
    // Long enough for a promise that resolved too early to get ahead.
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    events.push('closing');
    socket.end();
  });
  await cancelUpstream(target, 42, key, { encrypted: false });
  events.push('resolved');
  expect(events).toEqual([{ kind: 'cancel_request', processId: 42, secretKey: key }, 'closing', 'resolved']);
});

test('a server that resets the connection has closed it too', async () => {
  const target = await serve(async ({ packet, socket }) => {
    await packet(false);
    socket.resetAndDestroy();
  });
  await expect(cancelUpstream(target, 42, key, { encrypted: false })).resolves.toBeUndefined();
});

test('the key of an encrypted session is never sent in the clear', async () => {
  const received: Buffer[] = [];
  const target = await serve(async ({ packet, send }) => {
    received.push(await packet(false));
    send('N');
    received.push(await packet(false));
  });
  await expect(cancelUpstream(target, 42, key, { encrypted: true })).rejects.toMatchObject({ code: 'tls_refused' });
  expect(received.map((bytes) => readStartup(bytes)?.packet.kind)).toEqual(['ssl_request']);
});

test('a server that never closes is a timeout', async () => {
  const target = await serve(async () => undefined);
  const cancelled = cancelUpstream(target, 42, key, { encrypted: false, timeoutMs: 50 });
  await expect(cancelled).rejects.toMatchObject({ code: 'timeout' });
});

test('a session without a cancel key cannot be cancelled', async () => {
  const target = await serve(async () => undefined);
  await expect(cancelUpstream(target, 42, Buffer.alloc(0))).rejects.toMatchObject({ code: 'protocol' });
});
