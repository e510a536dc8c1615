/**
 * Whether what safeStorage encrypts with on Linux is a keyring at all. `basic_text` is a password that is in Chromium's source,
 * and `unknown` is none yet (https://www.electronjs.org/docs/latest/api/safe-storage#safestoragegetselectedstoragebackend-linux).
 */
export const isKeyring = (backend: string): boolean => backend !== 'basic_text' && backend !== 'unknown';
