import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../contract/index.ts';
import { JournalError, systemCode } from './errors.ts';

/** Signs checkpoints with this installation's Ed25519 key (RFC 8032). */
export interface Signer {
  /** SubjectPublicKeyInfo as PEM: what a verifier is given. */
  readonly publicKeyPem: string;
  /** SHA-256 over the DER of the public key, lower-case hex (`openssl pkey -pubin -outform DER | sha256sum`). */
  readonly fingerprint: string;
  /** 64 bytes. */
  sign(data: Buffer): Buffer;
}

/** File names in the key folder. */
export const signingKeyFile = 'journal-signing-key.pem';
export const publicKeyFile = 'journal-signing-key.pub.pem';

/** SHA-256 over the DER form of a public key, lower-case hex. */
export function fingerprintOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** A signer over a private key that is already in memory. */
export function signerOf(privateKey: KeyObject): Signer {
  const publicKey = createPublicKey(privateKey);
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    fingerprint: fingerprintOf(publicKey),
    sign: (data) => sign(null, data, privateKey),
  };
}

/**
 * The installation's signer: reads `journal-signing-key.pem`, or makes it (mode 0600, in a folder of mode 0700) with its
 * public key beside it. Throws JournalError `signing_key_unusable` when the key cannot be read or made, is not Ed25519,
 * is open to other users, or does not fit the public key beside it; it never replaces a key.
 */
export function loadOrCreateSigner(keyFolder: string): Signer {
  const path = join(keyFolder, signingKeyFile);
  try {
    mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
    const existing = readPrivateKey(path);
    const signer = signerOf(existing ?? createKey(path));
    publish(join(keyFolder, publicKeyFile), signer.publicKeyPem);
    return signer;
  } catch (error) {
    if (error instanceof JournalError) throw error;
    throw unusable(path, messageOf(error), error);
  }
}

function readPrivateKey(path: string): KeyObject | null {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw unusable(path, 'other users of this machine may read it, so it proves nothing any more');
  }
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw unusable(path, `it is a ${key.asymmetricKeyType} key, not Ed25519`);
  return key;
}

/** Written aside and linked into place: two processes that start at once agree on one whole key. */
function createKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  writeWhole(aside, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
  try {
    linkSync(aside, path);
    return privateKey;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    const winner = readPrivateKey(path);
    if (winner === null) throw error;
    return winner;
  } finally {
    unlinkSync(aside);
  }
}

function publish(path: string, pem: string): void {
  try {
    writeWhole(path, pem, 0o644);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    if (readFileSync(path, 'utf8') !== pem)
      throw unusable(path, 'it is not the public half of the signing key beside it');
  }
}

function writeWhole(path: string, text: string, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    chmodSync(path, mode);
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function unusable(path: string, why: string, cause?: unknown): JournalError {
  return new JournalError(
    'signing_key_unusable',
    `The journal signing key ${path} cannot be used: ${why}.`,
    'Nothing was changed. Restore the key from a backup; or move both key files away to start with a new key, and keep the old public key to verify older journals.',
    { cause },
  );
}
