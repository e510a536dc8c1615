import { X509Certificate } from 'node:crypto';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../../contract/index.ts';
import { UpstreamError } from './error.ts';
import type { ClientCertificate } from './types.ts';

/** What TLS needs of it. */
export interface LoadedCertificate {
  readonly cert: string;
  readonly key: Buffer;
  readonly passphrase?: string;
}

/**
 * Reads certificate and key anew for each connection, so that renewed files are taken without a restart. Rejects with
 * UpstreamError `client_certificate` when a file cannot be read or holds something else, when others than the owner may
 * read the key, when the two do not belong together, or when the passphrase does not open the key.
 */
export async function loadClientCertificate(source: ClientCertificate): Promise<LoadedCertificate> {
  const { sslcert, sslkey, passphrase } = source;
  const cert = await readCertificate(sslcert);
  const key = await readPrivateKey(sslkey);
  const loaded = { cert, key, ...(passphrase === null ? {} : { passphrase }) };
  try {
    createSecureContext(loaded);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw unusable(
      `the private key ${sslkey} cannot be used with the certificate ${sslcert}: ${whyNot(code, key, passphrase !== null)}`,
      code === '' ? undefined : `OpenSSL reported ${code}.`,
      'Check that the two files belong together, and that sslkeyPassphrase names where the passphrase of the key comes from if it has one.',
    );
  }
  return loaded;
}

/**
 * OpenSSL's words are about its own insides, so the common cases are told in ours. A key that the file says is encrypted
 * is told by that and not by the error: about one wrong passphrase in 256 decrypts to something with valid padding, and
 * the error is then whatever the parser thinks of the rubbish.
 */
function whyNot(code: string, key: Buffer, hasPassphrase: boolean): string {
  if (code.includes('KEY_VALUES_MISMATCH') || code.includes('KEY_TYPE_MISMATCH'))
    return 'the key is of another certificate';
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(key.toString('latin1'))) {
    // Without a passphrase Node tries an empty one.
    return hasPassphrase ? 'the passphrase is wrong' : 'the key is encrypted and no passphrase is known';
  }
  return 'it is not a private key in PEM form';
}

async function readCertificate(path: string): Promise<string> {
  try {
    const pem = await readFile(path, 'utf8');
    new X509Certificate(pem); // throws when the file begins with no certificate
    return pem;
  } catch (error) {
    throw unusable(
      `the client certificate file ${path} cannot be used`,
      messageOf(error),
      'sslcert has to name a readable PEM file with the certificate that the server expects of this user.',
    );
  }
}

async function readPrivateKey(path: string): Promise<Buffer> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, 'r');
    const { mode, uid } = await file.stat(); // of what is open, so that it is the file that is read
    if (process.platform !== 'win32' && (mode & forbiddenBits(uid)) !== 0) {
      throw unusable(
        `the private key file ${path} can be read by others`,
        `Its permissions are ${(mode & 0o777).toString(8).padStart(4, '0')}.`,
        `Run "chmod 600 ${path}". A key that belongs to root may also be readable by its group (0640), as libpq has it.`,
      );
    }
    return await file.readFile();
  } catch (error) {
    if (error instanceof UpstreamError) throw error;
    throw unusable(
      `the private key file ${path} cannot be read`,
      messageOf(error),
      'sslkey has to name the PEM file with the private key of sslcert.',
    );
  } finally {
    await file?.close();
  }
}

/** libpq's rule (fe-secure-openssl.c): u=rw for a key of a user's own, u=rw,g=r for one of root's. */
const forbiddenBits = (owner: number): number => (owner === 0 ? 0o037 : 0o077);

const unusable = (message: string, detail: string | undefined, hint: string): UpstreamError =>
  new UpstreamError('client_certificate', { message, detail, hint });
