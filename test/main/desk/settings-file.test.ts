import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { defaultSettings, openSettings } from '../../../src/main/desk/settings-file.ts';
import { aConnection, anAgent } from '../support/fakes.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-settings-'));
  path = join(folder, 'data', 'settings.json');
});

const isPosix = process.platform !== 'win32';

test('a missing file means the defaults, and none is written until something changes', async () => {
  const settings = await openSettings(path);
  expect(settings.file()).toEqual(defaultSettings);
  expect(await readdir(join(folder, 'data'))).toEqual([]);
});

test('what was saved is there after a restart, for this user’s eyes only', async () => {
  const settings = await openSettings(path);
  await settings.save({ connections: [aConnection()], agents: [anAgent()], identityProviders: [] });
  expect((await openSettings(path)).current()).toEqual({
    connections: [aConnection()],
    agents: [anAgent()],
    identityProviders: [],
  });
  if (isPosix)
    expect([(await stat(path)).mode & 0o777, (await stat(join(folder, 'data'))).mode & 0o777]).toEqual([0o600, 0o700]);
});

test.each([
  ['a torn file', '{"version":1,"conn', /settings\.json cannot be used: .*JSON/],
  ['an empty file', '', /settings\.json cannot be used: .*JSON/],
  ['another version', JSON.stringify({ ...defaultSettings, version: 2 }), /cannot be used: version: Invalid input/],
  [
    'a field that is not ours',
    JSON.stringify({ ...defaultSettings, password: 'x' }),
    /cannot be used: password: there is no such field/,
  ],
  [
    'a wrong value deep inside',
    JSON.stringify({ ...defaultSettings, agents: [{ ...anAgent(), keyHash: 'short' }] }),
    /cannot be used: agents\[0\]\.keyHash: must be a SHA-256/,
  ],
])('%s is refused by name and left untouched', async (_what, text, words) => {
  await openSettings(path);
  await writeFile(path, text);
  await expect(openSettings(path)).rejects.toMatchObject({
    code: 'settings_unreadable',
    message: expect.stringMatching(words),
    hint: expect.stringContaining('left the file as it is'),
  });
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('settings that cannot be written are not in force either', async () => {
  const settings = await openSettings(path);
  await settings.save({ connections: [], agents: [anAgent()], identityProviders: [] });
  // The file's place is taken by a folder that is not empty: the rename fails, for root too.
  const store = await openSettings(join(folder, 'other.json'));
  await import('node:fs/promises').then(({ mkdir }) =>
    mkdir(join(folder, 'other.json', 'in-the-way'), { recursive: true }),
  );
  await expect(store.save({ connections: [aConnection()], agents: [], identityProviders: [] })).rejects.toMatchObject({
    code: 'settings_not_saved',
  });
  expect(store.current()).toEqual({ connections: [], agents: [], identityProviders: [] });
});

test('a data folder that cannot be made is named', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(openSettings(join(folder, 'file', 'settings.json'))).rejects.toMatchObject({
    code: 'data_folder_unwritable',
    message: expect.stringContaining(`The data folder ${join(folder, 'file')} cannot be written: `),
  });
});

test('removing the demo connection ends the demo, so that another of that name is safe', async () => {
  const settings = await openSettings(path);
  await settings.saveFile({
    ...defaultSettings,
    demo: true,
    connections: [aConnection({ name: 'demo' }), aConnection()],
  });
  await settings.save({ connections: [aConnection({ name: 'demo' })], agents: [], identityProviders: [] });
  expect(settings.file().demo).toBe(true);
  await settings.save({ connections: [aConnection()], agents: [], identityProviders: [] });
  expect(settings.file().demo).toBe(false);
});
