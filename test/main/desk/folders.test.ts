import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataFolder } from '../../../src/main/desk/data-folder.ts';
import { lockFolder } from '../../../src/main/desk/lock.ts';
import { packageRoot } from '../../../src/main/desk/package-root.ts';
import { loadPage } from '../../../src/main/desk/page.ts';

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'postern-folders-'));

test.each([
  ['linux', {}, '/home/ada/.local/share/postern'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/postern'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ada/.local/share/postern'],
  ['darwin', {}, '/home/ada/Library/Application Support/Postern'],
  ['win32', { APPDATA: '/roaming' }, '/roaming/Postern'],
  ['darwin', { POSTERN_HOME: '/elsewhere' }, '/elsewhere'],
] as const)('the data folder on %s with %o is %s', (platform, environment, expected) => {
  expect(dataFolder(platform, environment, '/home/ada')).toBe(expected);
});

test('one process works in a data folder; a second is told which one does', async () => {
  const folder = await temporary();
  const alive = (): boolean => true;
  const lock = await lockFolder(folder, { pid: 100, alive });
  await expect(lockFolder(folder, { pid: 200, alive })).rejects.toMatchObject({
    code: 'already_running',
    message: `Postern already runs with the data folder ${folder} (process 100).`,
  });
  await lock.release();
  await (await lockFolder(folder, { pid: 200, alive })).release();
});

test('the lock of a process that died is taken over', async () => {
  const folder = await temporary();
  await lockFolder(folder, { pid: 100, alive: () => true });
  await lockFolder(folder, { pid: 200, alive: () => false });
  expect(await readFile(join(folder, 'postern.lock'), 'utf8')).toBe('200\n');
});

test('a folder that is none cannot be locked, and is named', async () => {
  const folder = join(await temporary(), 'absent');
  await expect(lockFolder(folder)).rejects.toMatchObject({
    code: 'data_folder_unwritable',
    message: expect.stringContaining(folder),
  });
});

test('the package finds itself from any depth', () => {
  const { folder, version } = packageRoot(import.meta.dirname);
  expect([folder, version]).toEqual([process.cwd(), expect.stringMatching(/^\d+\.\d+\.\d+/)]);
});

test('the page is all of its files by their URL path, without source maps; the root is its index', async () => {
  const folder = await temporary();
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<p>');
  await writeFile(join(folder, 'assets', 'a.js'), '1');
  await writeFile(join(folder, 'assets', 'a.js.map'), '{}');
  const page = await loadPage(folder);
  expect([...page.keys()].sort()).toEqual(['/', '/assets/a.js', '/index.html']);
  expect(page.get('/')).toEqual({ type: 'text/html; charset=utf-8', body: Buffer.from('<p>') });
});

test('a desk that is not built says what to run', async () => {
  await expect(loadPage(join(await temporary(), 'renderer'))).rejects.toMatchObject({
    code: 'desk_not_built',
    hint: 'Run `npm run build`.',
  });
});
