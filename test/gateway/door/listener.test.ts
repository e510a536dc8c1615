import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { DoorClient } from '../../../src/gateway/door/client.ts';
import { type ListenerOptions, type OpenListener, openListener } from '../../../src/gateway/door/listener.ts';

const opened: OpenListener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((listener) => listener.close()));
});
const options = (more: Partial<ListenerOptions> = {}): ListenerOptions => ({
  maximum: 5,
  secureContext: null,
  readPeer: () => Promise.resolve({ known: false, refuse: false }),
  findProcess: () => Promise.resolve(null),
  receive: () => undefined,
  full: () => undefined,
  ...more,
});
const listen = async (maximum: number, receive: (client: DoorClient) => void, full: (client: Socket) => void) => {
  const listener = await openListener({ host: '127.0.0.1', port: 0 }, options({ maximum, receive, full }));
  opened.push(listener);
  return listener;
};
/** What a new client is told before the other side closes. */
const hears = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString();
    });
    socket.on('end', () => resolve(heard));
  });

describe('openListener', () => {
  test('tells a client above the limit so, and has its place again when another has left', async () => {
    const inside: Socket[] = [];
    const { port } = await listen(
      1,
      (client) => {
        inside.push(client.socket);
        client.socket.resume().write('welcome');
        if (inside.length > 1) client.socket.end();
      },
      (client) => client.end('full'),
    );
    const first = connect(port, '127.0.0.1');
    sockets.push(first);
    await new Promise((resolve) => first.once('data', resolve));
    expect(await hears(port)).toBe('full');
    const left = new Promise((resolve) => inside[0]?.once('close', resolve));
    first.end();
    inside[0]?.end();
    await left;
    expect(await hears(port)).toBe('welcome');
  });

  test('closes though a client never does', async () => {
    const listener = await openListener({ host: '127.0.0.1', port: 0 }, options());
    const client = connect(listener.port, '127.0.0.1');
    sockets.push(client);
    await new Promise((resolve) => client.once('connect', resolve));
    client.on('error', () => undefined);
    await listener.close();
    await expect(
      openListener({ host: '127.0.0.1', port: listener.port }, options()).then((again) => again.close()),
    ).resolves.toBeUndefined();
  });

  test('names a port that is in use and how to find who uses it', async () => {
    const { port } = await listen(
      5,
      () => undefined,
      () => undefined,
    );
    await expect(openListener({ host: '127.0.0.1', port }, options())).rejects.toMatchObject({
      code: 'port_in_use',
      message: `Port ${port} on 127.0.0.1 is already in use.`,
      hint: expect.stringContaining(`sport = :${port}`),
    });
  });

  test('says of a host that is not here that it cannot listen there', async () => {
    const attempt = openListener({ host: '192.0.2.1', port: 0 }, options());
    await expect(attempt).rejects.toMatchObject({ code: 'listen_failed' });
  });
});
