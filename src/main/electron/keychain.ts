import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SafeStorage } from 'electron';
import type { KeychainState } from '../../contract/index.ts';
import type { Keychain } from '../sign-in/keychain.ts';
import { isKeyring } from './keyring.ts';

/** What of Electron's safeStorage is used: the asynchronous half, which is not deprecated. */
export type SafeStoragePort = Pick<
  SafeStorage,
  'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'
>;

export interface KeychainPorts {
  readonly safeStorage: SafeStoragePort;
  readonly platform: NodeJS.Platform;
  /** Where what the system's keychain has encrypted is put; made when absent, for this user only. */
  readonly folder: string;
}

/**
 * Secrets encrypted with a key that the system's keychain has. Where that is no keychain (keyring.ts), nothing is kept.
 */
export function createKeychain({ safeStorage, platform, folder }: KeychainPorts): Keychain {
  const file = (name: string): string => join(folder, `${name}.sealed`);
  const state = async (): Promise<KeychainState> => {
    const backend = platform === 'linux' ? safeStorage.getSelectedStorageBackend() : null;
    if (backend !== null && !isKeyring(backend)) {
      return {
        available: false,
        why: 'This desktop has no keychain that Postern could use. The sign-in lasts until Postern ends.',
      };
    }
    if (await safeStorage.isAsyncEncryptionAvailable())
      return { available: true, name: backend ?? names[platform] ?? 'keychain' };
    return { available: false, why: 'The system’s keychain is not available. The sign-in lasts until Postern ends.' };
  };
  const write = async (name: string, secret: string): Promise<void> => {
    const found = await state();
    if (!found.available) throw new Error(found.why);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const sealed = await safeStorage.encryptStringAsync(secret);
    await writeFile(`${file(name)}.tmp`, sealed, { mode: 0o600 });
    await rename(`${file(name)}.tmp`, file(name));
  };
  return {
    state,
    write,
    async read(name) {
      const sealed = await readFile(file(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (sealed === null || !(await state()).available) return null;
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(sealed);
      if (shouldReEncrypt) await write(name, result);
      return result;
    },
    forget: (name) => rm(file(name), { force: true }),
  };
}

const names: Partial<Record<NodeJS.Platform, string>> = { darwin: 'Keychain', win32: 'Windows data protection' };
