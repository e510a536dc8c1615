import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** File name in the key folder. */
export const hashKeyFile = 'mask-hash.key';
const keySize = 32;

/**
 * The key of the hash masker, random per installation, so that masked tokens join with each other here and nowhere else,
 * and no dictionary reverses them. Mode 0600 in a folder of mode 0700. Throws when it cannot be read or made, or when the
 * file does not hold a key: a new key would silently change every token.
 */
export function loadOrCreateHashKey(keyFolder: string): Buffer {
  mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
  chmodSync(keyFolder, 0o700);
  const path = join(keyFolder, hashKeyFile);
  try {
    writeFileSync(path, randomBytes(keySize), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = readFileSync(path);
  if (key.length !== keySize)
    throw new Error(`${path} does not hold a key of ${keySize} bytes; restore it from a backup or remove it`);
  return key;
}
