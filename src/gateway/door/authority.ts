import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { messageOf } from '../../contract/index.ts';
import { authorityCertificate, type HostName, type Issuer, permitsExactly, serverCertificate } from './certificate.ts';
import { createFileOnce, isSystemError, replaceFile } from './files.ts';
import { DoorError } from './types.ts';

/** File name of the authority's private key in the key folder. Nothing but that key makes an authority. */
export const authorityKeyFile = 'agent-authority-key.pem';

const dayMs = 24 * 3600 * 1000;
/** Long: a new certificate of the authority has to reach whoever was given a copy. */
export const authorityDays = 20 * 365;
/** The authority's certificate is made anew when it has less than this left. */
export const authorityRenewalDays = 365;
/** A server's certificate lives in memory only, so it may be short; it is made anew while a gate runs. */
export const serverDays = 30;
export const serverRenewalDays = 7;

export interface AuthorityOptions {
  /** Made when absent, mode 0700. */
  readonly keyFolder: string;
  /** Where the certificate is put for clients (`sslrootcert`): a path that never changes. */
  readonly certificateFile: string;
  /** Names and addresses that the listeners serve; the authority can vouch for these, loopback included, and no others. */
  readonly names: readonly HostName[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** This installation's certificate authority, for the agent's side. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  /** Why the certificate file was written now; null when it was as it should be. */
  readonly renewed: 'new' | 'names' | 'expiring' | 'replaced' | null;
  /** TLS for a server with these names, to be asked for at every handshake: it renews its certificate in time. */
  server(names: readonly HostName[]): () => SecureContext;
}

/**
 * Opens the authority: its private key in `keyFolder` (ECDSA P-256, mode 0600) and its certificate in `certificateFile`.
 * The key is made once and kept, so that addresses that were handed out stay good; the certificate is made anew over the same
 * key when the names change or its end comes near. Throws DoorError `authority_unusable`; it never replaces a key.
 */
export function openAuthority(options: AuthorityOptions): Authority {
  const { keyFolder, certificateFile, now } = options;
  const keyPath = join(keyFolder, authorityKeyFile);
  const issuer = loadOrCreateIssuer(keyPath, keyFolder);
  const permitted = permittedNames(options.names);
  const found = readText(certificateFile);
  const renewed = whyRenew(found, issuer, permitted, now());
  if (found !== null && renewed === null) return authority(found, null, issuer, now);
  const certificate = authorityCertificate(issuer, permitted, { now: now(), days: authorityDays });
  try {
    mkdirSync(dirname(certificateFile), { recursive: true, mode: 0o700 });
    replaceFile(certificateFile, certificate, 0o644);
  } catch (error) {
    throw new DoorError(
      'authority_unusable',
      `The certificate of this installation cannot be written to ${certificateFile}: ${messageOf(error)}.`,
      'Give this user the right to write there. Nothing was started.',
      { cause: error },
    );
  }
  return authority(certificate, renewed, issuer, now);
}

/** What every installation serves, then what its listeners add. Single addresses become ranges of one. */
function permittedNames(names: readonly HostName[]): HostName[] {
  const ranges = names
    .filter((name) => !loopbackNames.includes(name))
    .map((name) => (/^[\d.]+$/.test(name) ? `${name}/32` : name.includes(':') ? `${name}/128` : name));
  return [...new Set(['localhost', '127.0.0.0/8', '::1/128', ...ranges.sort()])];
}

/** In every server's certificate. */
export const loopbackNames: readonly HostName[] = ['localhost', '127.0.0.1', '::1'];

function authority(certificate: string, renewed: Authority['renewed'], issuer: Issuer, now: () => number): Authority {
  return {
    certificate,
    renewed,
    server(names) {
      let made: { readonly at: number; readonly context: SecureContext } | null = null;
      return () => {
        const at = now();
        // A clock that was set back must not leave a certificate that is not valid yet.
        if (made === null || at < made.at || at > made.at + serverRenewalDays * dayMs) {
          made = { at, context: serverContext(issuer, names, at) };
        }
        return made.context;
      };
    },
  };
}

function serverContext(issuer: Issuer, names: readonly HostName[], now: number): SecureContext {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return createSecureContext({
    cert: serverCertificate(issuer, publicKey, [...new Set([...loopbackNames, ...names])], { now, days: serverDays }),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    minVersion: 'TLSv1.2',
  });
}

function whyRenew(
  pem: string | null,
  issuer: Issuer,
  permitted: readonly HostName[],
  now: number,
): Authority['renewed'] {
  if (pem === null) return 'new';
  try {
    const certificate = new X509Certificate(pem);
    // Somebody else's certificate would make agents trust somebody else's server.
    if (!certificate.checkPrivateKey(issuer.privateKey) || !certificate.verify(issuer.publicKey)) return 'replaced';
    if (!certificate.ca || certificate.subject !== `CN=${issuer.name}`) return 'replaced';
    if (!permitsExactly(certificate.raw, permitted)) return 'names';
    const left = Date.parse(certificate.validTo) - now;
    if (left < authorityRenewalDays * dayMs || Date.parse(certificate.validFrom) > now) return 'expiring';
    // One certificate and nothing behind it: a second one in the file would be trusted as well.
    return pem.trim() === certificate.toString().trim() ? null : 'replaced';
  } catch {
    return 'replaced';
  }
}

/** Makes the authority's key when there is none, so that it can be sealed before a listener needs it. Throws DoorError. */
export function ensureAuthorityKey(keyFolder: string): void {
  loadOrCreateIssuer(join(keyFolder, authorityKeyFile), keyFolder);
}

function loadOrCreateIssuer(keyPath: string, keyFolder: string): Issuer {
  try {
    mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
    if (readText(keyPath) === null) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      createFileOnce(keyPath, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 0o600);
    }
    if (process.platform !== 'win32' && (statSync(keyPath).mode & 0o077) !== 0) {
      throw new Error('other users of this machine may read it, and could have stood in for this gate');
    }
    const privateKey = createPrivateKey(readFileSync(keyPath, 'utf8'));
    if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('it is not an ECDSA P-256 key');
    const publicKey = createPublicKey(privateKey);
    const fingerprint = createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    return { name: `Postern agent authority ${fingerprint.slice(0, 12)}`, publicKey, privateKey };
  } catch (error) {
    throw new DoorError(
      'authority_unusable',
      `The key of this installation's certificate authority, ${keyPath}, cannot be used: ${messageOf(error)}.`,
      'Nothing was changed. Restore the key from a backup; or move it away to start with a new one, and give agents on other machines the new certificate.',
      { cause: error },
    );
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return null;
    throw error;
  }
}
