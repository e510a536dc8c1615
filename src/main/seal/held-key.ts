import { DeskError } from '../../contract/index.ts';
import { type Keychain, SealingKey, scryptCost, type WrappedKey } from './sealing-key.ts';

/** The key of a seal, and how it lies in the seal's file. */
export interface HeldKey {
  readonly key: SealingKey;
  readonly wrapped: WrappedKey;
}

export interface KeyMaking {
  /** The system's keychain, or why there is none here: a clause. */
  readonly keychain: Keychain | { readonly missing: string };
  /** For tests, which would wait for it. */
  readonly scryptN?: number;
}

/** A new key under a passphrase, or null for the keychain. Rejects with DeskError `passphrase_missing` where there is none. */
export async function newKey(
  { keychain, scryptN = scryptCost }: KeyMaking,
  passphrase: string | null,
): Promise<HeldKey> {
  const key = SealingKey.create();
  if (passphrase !== null) return { key, wrapped: await key.underPassphrase(passphrase, scryptN) };
  if ('missing' in keychain) throw passphraseMissing(`There is no keychain to seal with here: ${keychain.missing}.`);
  return { key, wrapped: await key.underKeychain(keychain) };
}

/**
 * The key again, from the passphrase: who has a session at the desk need not be who knows it. Rejects with DeskError
 * `passphrase_missing`, `passphrase_wrong`.
 */
export async function provenKey({ key, wrapped }: HeldKey, passphrase: string | null): Promise<HeldKey> {
  if (wrapped.kind === 'keychain') return { key, wrapped };
  if (passphrase === null) throw passphraseMissing('This takes the passphrase of the seal.');
  return { key: await SealingKey.fromPassphrase(wrapped, passphrase), wrapped };
}

function passphraseMissing(message: string): DeskError {
  return new DeskError('passphrase_missing', message, 'Nothing was changed. Enter the passphrase.');
}
