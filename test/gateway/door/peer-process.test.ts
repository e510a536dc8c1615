import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connection } from '../../../src/gateway/door/peer.ts';
import { createProcessFinder } from '../../../src/gateway/door/peer-process.ts';

const server = createServer();
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function connection(): Promise<{ ends: Connection; close: () => void }> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const client = connect(address.port, '127.0.0.1');
  await new Promise((resolve) => client.once('connect', resolve));
  const ends = {
    clientAddress: '127.0.0.1',
    clientPort: client.localPort ?? 0,
    serverAddress: '127.0.0.1',
    serverPort: address.port,
  };
  return { ends, close: () => client.destroy() };
}

test.runIf(process.platform === 'linux')('a client of this machine is found by its open files', async () => {
  const { ends, close } = await connection();
  const find = createProcessFinder({ clock: () => 0 });
  const program = readFileSync('/proc/self/comm', 'utf8').trim();
  expect(await find(ends)).toEqual({ pid: process.pid, program });
  expect(await find({ ...ends, clientPort: 1 })).toBeNull();
  close();
});

test('nobody is looked for where the system does not tell, nor too often', async () => {
  const { ends, close } = await connection();
  expect(await createProcessFinder({ platform: 'darwin', clock: () => 0 })(ends)).toBeNull();
  let now = 0;
  const two = createProcessFinder({ clock: () => 0 });
  expect((await Promise.all([two(ends), two(ends)])).slice(1)).toEqual([null]);
  const find = createProcessFinder({ clock: () => now });
  for (let searches = 0; searches < 20; searches += 1) await find({ ...ends, clientPort: 1 });
  expect(await find(ends)).toBeNull();
  now = 60_000;
  expect((await find(ends))?.pid).toBe(process.platform === 'linux' ? process.pid : undefined);
  close();
});
