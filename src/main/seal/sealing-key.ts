import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { DeskError, messageOf, shortestPassphrase } from '../../contract/index.ts';

/** The operating system's keychain, as far as a host has one. Rejects when it does not give or take the secret. */
export interface Keychain {
  /** Text that only this keychain turns back into the secret. */
  wrap(secret: string): Promise<string>;
  unwrap(wrapped: string): Promise<string>;
}

const base64 = z.base64().max(4096);
const power = z
  .number()
  .int()
  .min(2 ** 10)
  .max(2 ** 20)
  .refine((n) => Math.log2(n) % 1 === 0);

/** The sealing key as it lies in the seal's file: under a passphrase, or under the keychain. */
export const wrappedKey = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('passphrase'),
    /** RFC 7914, with r = 8 and p = 1. */
    scryptN: power,
    salt: base64,
    nonce: base64,
    sealed: base64,
  }),
  z.strictObject({ kind: z.literal('keychain'), sealed: base64 }),
]);
export type WrappedKey = z.infer<typeof wrappedKey>;

/** Cost of a guess at the passphrase: 128 MiB and about half a second. */
export const scryptCost = 2 ** 17;

const keySize = 32;
const tagSize = 16;

/** The key that seals: HMAC-SHA256 over a text. Its bytes do not leave this class but wrapped. */
export class SealingKey {
  readonly #secret: Buffer;
  /** Tells keys apart and says nothing about them. */
  readonly id: string;

  private constructor(secret: Buffer) {
    this.#secret = secret;
    this.id = createHmac('sha256', secret).update('postern-seal-key-id/1').digest('hex').slice(0, 16);
  }

  static create(): SealingKey {
    return new SealingKey(randomBytes(keySize));
  }

  /** Lower-case hex. */
  mac(text: string): string {
    return createHmac('sha256', this.#secret).update('postern-seal/1\n').update(text, 'utf8').digest('hex');
  }

  holds(text: string, mac: string): boolean {
    const [own, given] = [Buffer.from(this.mac(text)), Buffer.from(mac)];
    return own.length === given.length && timingSafeEqual(own, given);
  }

  /** Throws DeskError `passphrase_short`. */
  async underPassphrase(passphrase: string, scryptN: number): Promise<WrappedKey> {
    if ([...passphrase].length < shortestPassphrase) {
      throw new DeskError(
        'passphrase_short',
        `The passphrase has fewer than ${shortestPassphrase} characters.`,
        'Nothing was sealed. Take a longer one: whoever has the file may try passphrases.',
      );
    }
    const [salt, nonce] = [randomBytes(16), randomBytes(12)];
    const cipher = createCipheriv('aes-256-gcm', await derive(passphrase, salt, scryptN), nonce);
    const sealed = Buffer.concat([cipher.update(this.#secret), cipher.final(), cipher.getAuthTag()]);
    return {
      kind: 'passphrase',
      scryptN,
      salt: salt.toString('base64'),
      nonce: nonce.toString('base64'),
      sealed: sealed.toString('base64'),
    };
  }

  /** Rejects with DeskError `keychain_failed`. */
  async underKeychain(keychain: Keychain): Promise<WrappedKey> {
    try {
      return { kind: 'keychain', sealed: await keychain.wrap(this.#secret.toString('base64')) };
    } catch (error) {
      throw new DeskError(
        'keychain_failed',
        `The keychain does not take the sealing key: ${messageOf(error)}`,
        'Nothing was sealed. Unlock the keychain and allow Postern to use it.',
      );
    }
  }

  /** Rejects with DeskError `passphrase_wrong`, also when the wrapped key was changed: the two cannot be told apart. */
  static async fromPassphrase(
    wrapped: Extract<WrappedKey, { kind: 'passphrase' }>,
    passphrase: string,
  ): Promise<SealingKey> {
    const sealed = Buffer.from(wrapped.sealed, 'base64');
    const key = await derive(passphrase, Buffer.from(wrapped.salt, 'base64'), wrapped.scryptN);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(wrapped.nonce, 'base64'), {
        authTagLength: tagSize,
      });
      decipher.setAuthTag(sealed.subarray(-tagSize));
      return SealingKey.#of(Buffer.concat([decipher.update(sealed.subarray(0, -tagSize)), decipher.final()]));
    } catch {
      throw new DeskError(
        'passphrase_wrong',
        'This is not the passphrase of the seal.',
        'Nothing was opened or changed. If nobody knows it any more, docs/sealed-settings.md says what to do.',
      );
    }
  }

  /** Rejects with DeskError `keychain_failed`. */
  static async fromKeychain(
    wrapped: Extract<WrappedKey, { kind: 'keychain' }>,
    keychain: Keychain,
  ): Promise<SealingKey> {
    try {
      return SealingKey.#of(Buffer.from(await keychain.unwrap(wrapped.sealed), 'base64'));
    } catch (error) {
      throw new DeskError('keychain_failed', `The keychain does not give the sealing key: ${messageOf(error)}`);
    }
  }

  static #of(secret: Buffer): SealingKey {
    if (secret.length !== keySize) throw new Error(`it has ${secret.length} bytes`);
    return new SealingKey(secret);
  }
}

/** One passphrase, however it was typed (NFKC). */
function derive(passphrase: string, salt: Buffer, cost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: cost, r: 8, p: 1, maxmem: 2 * 128 * 8 * cost };
    scrypt(passphrase.normalize('NFKC'), salt, keySize, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
