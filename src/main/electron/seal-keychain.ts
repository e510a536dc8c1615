import type { SafeStorage } from 'electron';
import type { Keychain } from '../seal/sealing-key.ts';
import { isKeyring } from './keyring.ts';

/** What of Electron's safeStorage is used. The synchronous calls are gone in some versions, the others are not there in older ones. */
export type SafeStore = Partial<
  Pick<
    SafeStorage,
    | 'encryptStringAsync'
    | 'decryptStringAsync'
    | 'isAsyncEncryptionAvailable'
    | 'encryptString'
    | 'decryptString'
    | 'isEncryptionAvailable'
  >
> & { readonly getSelectedStorageBackend?: () => string };

/**
 * The system's keychain by way of safeStorage, or why there is none (keyring.ts); the seal takes a passphrase there. To be
 * called after `ready`.
 */
export async function createSealKeychain(
  store: SafeStore,
  platform: NodeJS.Platform,
): Promise<Keychain | { readonly missing: string }> {
  if (platform === 'linux' && !isKeyring(store.getSelectedStorageBackend?.() ?? 'unknown')) {
    return { missing: 'no keyring (GNOME, KWallet) was found in this desktop session' };
  }
  const { encryptStringAsync, decryptStringAsync, isAsyncEncryptionAvailable } = store;
  if (encryptStringAsync !== undefined && decryptStringAsync !== undefined) {
    const available = await (isAsyncEncryptionAvailable?.call(store) ?? Promise.resolve(true));
    if (!available) return locked;
    return {
      wrap: async (secret) => (await encryptStringAsync.call(store, secret)).toString('base64'),
      unwrap: async (wrapped) => (await decryptStringAsync.call(store, Buffer.from(wrapped, 'base64'))).result,
    };
  }
  const { encryptString, decryptString, isEncryptionAvailable } = store;
  if (encryptString === undefined || decryptString === undefined || isEncryptionAvailable?.call(store) !== true) {
    return locked;
  }
  return {
    wrap: async (secret) => encryptString.call(store, secret).toString('base64'),
    unwrap: async (wrapped) => decryptString.call(store, Buffer.from(wrapped, 'base64')),
  };
}

const locked = { missing: 'the keychain of this system does not answer' };
