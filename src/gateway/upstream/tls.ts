import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect, type TLSSocket } from 'node:tls';
import { messageOf, type SslMode } from '../../contract/index.ts';
import { sslRequest } from '../wire/encode-frontend.ts';
import { loadClientCertificate } from './client-certificate.ts';
import { describeAddress, UpstreamError } from './error.ts';
import { protocolError } from './message-channel.ts';
import { closedError, networkError } from './network-error.ts';
import type { UpstreamTarget } from './types.ts';

/** What is checked of the server's certificate. */
export type CertificateCheck = 'nothing' | 'authority' | 'authority_and_name';

/**
 * libpq's sslmode in terms of the certificate (manual, "SSL Mode Descriptions"), stricter in two places:
 * `verify-ca` against the system's authorities also checks the name, because anybody can get such a certificate (libpq
 * refuses that combination); and a certificate that fails the configured authority ends `prefer` and `allow`, where
 * libpq would go on without TLS.
 */
export function certificateCheck(mode: SslMode, sslrootcert: string | undefined): CertificateCheck {
  const ownAuthority = sslrootcert !== undefined && sslrootcert !== 'system';
  if (mode === 'verify-full') return 'authority_and_name';
  if (mode === 'verify-ca') return ownAuthority ? 'authority' : 'authority_and_name';
  if (ownAuthority) return 'authority';
  return sslrootcert === 'system' ? 'authority_and_name' : 'nothing';
}

/**
 * Asks for TLS and reads the one-byte answer: true for 'S', false for 'N'. Any byte behind the answer is refused, for it
 * came in the clear and would pass for decrypted data (CVE-2021-23214 and -23222). Throws UpstreamError.
 */
export async function requestTls(socket: Socket, target: UpstreamTarget): Promise<boolean> {
  socket.write(sslRequest());
  const answer = await nextChunk(socket, target);
  const letter = String.fromCharCode(answer[0] ?? 0);
  if (letter === 'E') {
    // Its text is not shown: nobody has proved to be the server yet (CVE-2024-10977).
    throw new UpstreamError('tls_refused', {
      message: `${describeAddress(target)} answered the request for TLS with an error`,
      hint: 'The server may be out of processes, or too old to know TLS. Its log says more.',
    });
  }
  if (letter !== 'S' && letter !== 'N') throw protocolError(target, 'the answer to the request for TLS is unknown');
  if (answer.length > 1 || socket.readableLength > 0) {
    throw protocolError(target, 'unencrypted bytes followed the answer to the request for TLS');
  }
  return letter === 'S';
}

/** TLS over a connected socket. Throws UpstreamError `tls_untrusted` (certificate) or `tls_refused` (handshake). */
export async function startTls(
  socket: Socket,
  target: UpstreamTarget,
  guard: <S extends Socket>(socket: S) => S,
): Promise<TLSSocket> {
  const check = certificateCheck(target.sslmode, target.sslrootcert);
  const secure = guard(connect({ ...(await tlsOptions(target, check)), socket }));
  secure.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => reject(handshakeError(error, secure, target));
    const closed = (): void => reject(handshakeError(null, secure, target));
    secure.once('error', failed).once('close', closed);
    secure.once('secureConnect', () => {
      secure.off('error', failed).off('close', closed);
      resolve();
    });
  });
  // Without the agreement on ALPN another protocol's server could have been led to answer us (the ALPACA attacks).
  if (target.sslnegotiation === 'direct' && secure.alpnProtocol !== alpn) {
    secure.destroy();
    throw new UpstreamError('tls_refused', {
      message: `${describeAddress(target)} began TLS without agreeing on the protocol "${alpn}"`,
      hint: 'sslnegotiation=direct needs PostgreSQL 17 or newer behind this address. Take "postgres" for an older one.',
    });
  }
  return secure;
}

/** The name of our protocol in TLS (manual, "SSL Session Encryption"). */
const alpn = 'postgresql';

async function tlsOptions(target: UpstreamTarget, check: CertificateCheck): Promise<ConnectionOptions> {
  const authorities = await readAuthorities(target.sslrootcert);
  return {
    host: target.host,
    // SNI takes names only (RFC 6066, section 3).
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    ...(authorities === undefined ? {} : { ca: authorities }),
    ...(target.clientCertificate === undefined ? {} : await loadClientCertificate(target.clientCertificate)),
    ALPNProtocols: [alpn],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: check !== 'nothing',
    checkServerIdentity: (_name, certificate) =>
      check === 'authority_and_name' ? checkServerIdentity(target.host, certificate) : undefined,
  };
}

/** PEM of the authorities to trust; undefined for the system's. Throws UpstreamError `tls_untrusted` on a bad file. */
async function readAuthorities(path: string | undefined): Promise<string | undefined> {
  if (path === undefined || path === 'system') return undefined;
  try {
    const pem = await readFile(path, 'utf8');
    new X509Certificate(pem); // throws when the file begins with no certificate
    return pem;
  } catch (error) {
    throw new UpstreamError('tls_untrusted', {
      message: `the root certificate file ${path} cannot be used`,
      detail: messageOf(error),
      hint: 'sslrootcert has to name a readable PEM file with the certificates of the authorities to trust.',
    });
  }
}

function handshakeError(error: Error | null, secure: TLSSocket, target: UpstreamTarget): UpstreamError {
  if (error instanceof UpstreamError) return error;
  const unauthorized: unknown = secure.authorizationError;
  if (error !== null && unauthorized) {
    return new UpstreamError('tls_untrusted', {
      message: `the certificate of ${describeAddress(target)} is not trusted: ${error.message}`,
      detail: `sslmode is ${target.sslmode}, ${target.sslrootcert === undefined ? "with the system's authorities" : `with the authorities in ${target.sslrootcert}`}.`,
      hint: 'Check that host is the name in the certificate and that sslrootcert names the authority that signed it. Do not weaken sslmode unless you know why it fails.',
    });
  }
  return new UpstreamError('tls_refused', {
    message: `the TLS handshake with ${describeAddress(target)} failed`,
    detail: error?.message ?? 'The server closed the connection.',
    hint: 'The server needs TLS 1.2 or newer. Its log says more.',
  });
}

/** The next bytes of a socket that nobody else reads, leaving it paused. */
function nextChunk(socket: Socket, target: UpstreamTarget): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      socket.pause();
      socket.off('data', received).off('error', failed).off('close', closed);
      finish();
    };
    const received = (chunk: Buffer): void => settle(() => resolve(chunk));
    const failed = (error: Error): void => settle(() => reject(networkError(error, target)));
    const closed = (): void => settle(() => reject(closedError(target, 'TLS was being asked for')));
    socket.on('data', received).on('error', failed).on('close', closed);
    socket.resume();
  });
}
