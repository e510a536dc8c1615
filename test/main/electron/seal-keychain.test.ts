import { expect, test } from 'vitest';
import { createSealKeychain, type SafeStore } from '../../../src/main/electron/seal-keychain.ts';

/** Encrypts by turning the bytes round, which is enough to be told from the text. */
const turned = (text: string): Buffer => Buffer.from(text).reverse();
const modern = (overrides: Partial<SafeStore> = {}): SafeStore => ({
  getSelectedStorageBackend: () => 'gnome_libsecret',
  isAsyncEncryptionAvailable: () => Promise.resolve(true),
  encryptStringAsync: (text) => Promise.resolve(turned(text)),
  decryptStringAsync: (data) => Promise.resolve({ shouldReEncrypt: false, result: turned(data.toString()).toString() }),
  ...overrides,
});
const older: SafeStore = {
  getSelectedStorageBackend: () => 'kwallet6',
  isEncryptionAvailable: () => true,
  encryptString: turned,
  decryptString: (data) => turned(data.toString()).toString(),
};

test.each([
  ['the asynchronous calls', modern()],
  ['the synchronous ones of an older Electron', older],
])('wraps and unwraps by %s', async (_what, store) => {
  const keychain = await createSealKeychain(store, 'linux');
  if ('missing' in keychain) throw new Error(keychain.missing);
  const wrapped = await keychain.wrap('secret');
  expect([wrapped, await keychain.unwrap(wrapped)]).toEqual([turned('secret').toString('base64'), 'secret']);
});

test('prefers the asynchronous calls where both are there', async () => {
  const keychain = await createSealKeychain({ ...older, ...modern() }, 'linux');
  const forbidden = await createSealKeychain(
    {
      ...modern(),
      encryptString: () => {
        throw new Error('deprecated');
      },
    },
    'darwin',
  );
  for (const one of [keychain, forbidden]) expect('missing' in one ? null : await one.wrap('a')).not.toBeNull();
});

test.each(['basic_text', 'unknown'])(
  'is refused on Linux with the backend %s, which hides nothing',
  async (backend) => {
    expect(await createSealKeychain(modern({ getSelectedStorageBackend: () => backend }), 'linux')).toEqual({
      missing: 'no keyring (GNOME, KWallet) was found in this desktop session',
    });
  },
);

test('asks no other system for a backend', async () => {
  const { getSelectedStorageBackend: _, ...store } = modern();
  expect(await createSealKeychain(store, 'win32')).not.toHaveProperty('missing');
});

test.each([
  ['says that it is not available', modern({ isAsyncEncryptionAvailable: () => Promise.resolve(false) })],
  ['says so in an older Electron', { ...older, isEncryptionAvailable: () => false }],
  ['has neither kind of call', { getSelectedStorageBackend: () => 'kwallet6' }],
])('is missing where it %s', async (_what, store) => {
  expect(await createSealKeychain(store, 'linux')).toEqual({ missing: 'the keychain of this system does not answer' });
});
