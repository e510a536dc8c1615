import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type OpenListener, openListener } from '../../../src/gateway/door/listener.ts';
import { takeSocketPlace } from '../../../src/gateway/door/socket-folder.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'postern-socket-'));
});
const opened: OpenListener[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.close();
  for (const server of servers.splice(0)) server.close();
  rmSync(base, { recursive: true });
});
const listen = async (host: string): Promise<OpenListener> => {
  const listener = await openListener(
    { host, port: 6432 },
    {
      maximum: 5,
      secureContext: null,
      readPeer: () => Promise.reject(new Error('a Unix socket is not asked about')),
      findProcess: () => Promise.resolve(null),
      receive: (client) => void client.socket.end(client.host),
      full: () => undefined,
    },
  );
  opened.push(listener);
  return listener;
};
const hears = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.on('data', (data) => resolve(data.toString())).on('error', reject);
  });

describe.skipIf(process.platform === 'win32')('a Unix socket', () => {
  test('is where libpq looks, in a folder for this user alone, and gone when the gate stops', async () => {
    const folder = join(base, 'new', 'run');
    const listener = await listen(folder);
    const path = join(folder, '.s.PGSQL.6432');
    expect({ host: listener.host, port: listener.port }).toEqual({ host: folder, port: 6432 });
    expect([statSync(folder).mode & 0o777, statSync(path).mode & 0o777]).toEqual([0o700, 0o600]);
    expect(await hears(path)).toBe('[local]');
    await listener.close();
    expect([existsSync(path), existsSync(`${path}.lock`)]).toEqual([false, false]);
  });

  const refusedAs = (folder: string) =>
    takeSocketPlace(folder, 6432).then(
      () => 'taken',
      (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
    );

  test('is refused in a folder that others may enter, and in what is a link', async () => {
    const folder = join(base, 'open');
    mkdirSync(folder, { mode: 0o700 });
    symlinkSync(folder, join(base, 'link'));
    expect(await refusedAs(join(base, 'link'))).toMatch(/^socket_folder_unsafe: .* it is a link/);
    for (const mode of [0o755, 0o710, 0o701]) {
      chmodSync(folder, mode);
      expect(await refusedAs(folder)).toMatch(/^socket_folder_unsafe: .* other users may enter it/);
    }
    chmodSync(folder, 0o700);
    expect(await refusedAs(folder)).toBe('taken');
  });

  test('is refused where others may put another folder in the place of its own', async () => {
    mkdirSync(join(base, 'shared', 'run'), { recursive: true, mode: 0o700 });
    chmodSync(join(base, 'shared'), 0o777);
    expect(await refusedAs(join(base, 'shared', 'run'))).toMatch(/^socket_folder_unsafe: .* every user may rename/);
  });

  test.skipIf(process.getuid?.() !== 0)('is refused in a folder of another user', async () => {
    const folder = join(base, 'theirs');
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, 1234, 1234);
    expect(await refusedAs(folder)).toMatch(/^socket_folder_unsafe: .* belongs to another user/);
  });

  test('is refused when its path is longer than the system allows', async () => {
    expect(await refusedAs(join(base, 'x'.repeat(100)))).toMatch(/^listen_failed: .* is longer than/);
  });

  test('that a dead gate left is taken over', async () => {
    const folder = join(base, 'run');
    mkdirSync(folder, { mode: 0o700 });
    const path = join(folder, '.s.PGSQL.6432');
    writeFileSync(path, '');
    writeFileSync(`${path}.lock`, '999999999\n');
    await listen(folder);
    expect(await hears(path)).toBe('[local]');
  });

  test('that somebody listens on is left alone, with a lock or without', async () => {
    const folder = join(base, 'run');
    await listen(folder);
    expect(await refusedAs(folder)).toMatch(/^port_in_use: Another program listens/);
    const other = join(base, 'other');
    mkdirSync(other, { mode: 0o700 });
    const server = createServer((socket) => {
      socket.on('error', () => undefined).end('theirs'); // the gate's question leaves before the answer
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(join(other, '.s.PGSQL.6432'), resolve));
    expect(await refusedAs(other)).toMatch(/^port_in_use/);
    expect(await hears(join(other, '.s.PGSQL.6432'))).toBe('theirs');
    expect(existsSync(join(other, '.s.PGSQL.6432.lock'))).toBe(false);
  });
});
