import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKeychain, type SafeStoragePort } from '../../../src/main/electron/keychain.ts';
import { createTokenToasts } from '../../../src/main/electron/token-toast.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-keychain-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A safeStorage that turns texts round. */
const turned = (text: string): string => [...text].reverse().join('');
const safeStorage = (more: Partial<SafeStoragePort> = {}): SafeStoragePort => ({
  isAsyncEncryptionAvailable: async () => true,
  getSelectedStorageBackend: () => 'gnome_libsecret',
  encryptStringAsync: async (text) => Buffer.from(turned(text)),
  decryptStringAsync: async (sealed) => ({ result: turned(sealed.toString()), shouldReEncrypt: false }),
  ...more,
});
const keychain = (more: Partial<SafeStoragePort> = {}, platform: NodeJS.Platform = 'linux') =>
  createKeychain({ safeStorage: safeStorage(more), platform, folder: join(folder, 'sign-ins') });

test('a secret is on disk encrypted only, for this user only, until it is forgotten', async () => {
  const one = keychain();
  expect(await one.read('acme')).toBeNull();
  await one.write('acme', 'a refresh token');
  expect(await readdir(join(folder, 'sign-ins'))).toEqual(['acme.sealed']);
  const path = join(folder, 'sign-ins', 'acme.sealed');
  expect([await readFile(path, 'utf8'), (await stat(path)).mode & 0o777]).toEqual(['nekot hserfer a', 0o600]);
  expect(await keychain().read('acme')).toBe('a refresh token');
  await one.forget('acme');
  await one.forget('acme');
  expect([await one.read('acme'), await readdir(join(folder, 'sign-ins'))]).toEqual([null, []]);
});

test.each<[NodeJS.Platform, Partial<SafeStoragePort>, boolean]>([
  ['linux', { getSelectedStorageBackend: () => 'basic_text' }, false],
  ['linux', { getSelectedStorageBackend: () => 'unknown' }, false],
  ['linux', { isAsyncEncryptionAvailable: async () => false }, false],
  ['linux', {}, true],
  ['darwin', { getSelectedStorageBackend: () => 'basic_text' }, true],
  ['win32', { isAsyncEncryptionAvailable: async () => false }, false],
])('on %s with %j it is a keychain: %s', async (platform, more, available) => {
  const one = keychain(more, platform);
  expect((await one.state()).available).toBe(available);
  const kept = await one.write('acme', 'secret').then(
    () => true,
    () => false,
  );
  expect(kept).toBe(available);
  expect(await readdir(join(folder, 'sign-ins')).catch(() => [])).toEqual(available ? ['acme.sealed'] : []);
});

test('what is there is not read by a keychain that is none any more', async () => {
  await keychain().write('acme', 'secret');
  expect(await keychain({ getSelectedStorageBackend: () => 'basic_text' }).read('acme')).toBeNull();
});

test('a secret is encrypted anew when the system says that its key is an old one', async () => {
  const one = keychain({
    decryptStringAsync: async () => ({ result: 'secret', shouldReEncrypt: true }),
    encryptStringAsync: async () => Buffer.from('newer'),
  });
  await one.write('acme', 'secret');
  await writeFile(join(folder, 'sign-ins', 'acme.sealed'), 'older');
  expect(await one.read('acme')).toBe('secret');
  expect(await readFile(join(folder, 'sign-ins', 'acme.sealed'), 'utf8')).toBe('newer');
});

test('a program that waits for a token is told of once, without a button, and the toast goes with it', () => {
  const said: string[] = [];
  const asked = {
    ...{ id: 'r', code: 'K7QM', connection: 'shop', provider: 'acme', subject: 'acme:ada', otherConnections: [] },
    ...{ askedAt: 0, deadlineAt: 1 },
  };
  const make = (supported: boolean) =>
    createTokenToasts(
      {
        supported: () => supported,
        create: ({ title, body, actions }) => {
          said.push(`${title}. ${body} ${JSON.stringify(actions)}`);
          return {
            on: (_event: string, listener: () => void) => listener(),
            show: () => void said.push('shown'),
            close: () => void said.push('closed'),
          };
        },
      },
      () => void said.push('desk'),
      () => void said.push('unseen'),
    );
  const tell = make(true);
  tell([asked]);
  tell([asked]);
  tell([]);
  make(false)([asked]);
  expect(said).toEqual([
    'A program asks for a token for shop. It would speak for your sign-in at acme. Code K7QM. Answer at the desk. []',
    'desk',
    'shown',
    'closed',
    'unseen',
  ]);
});
