import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';

/** The protocol's name in TLS (RFC 7301; PostgreSQL 17 and later). */
const postgresql = 'postgresql';

/** First byte of a TLS handshake record; as a start-up packet's length it would be hundreds of megabytes. */
export const tlsHandshakeByte = 0x16;

/** The client did not complete the TLS handshake: it does not trust our certificate, or speaks another TLS, or left. */
export class HandshakeFailed extends Error {}

/**
 * Does the server's part of a TLS handshake on a connection whose bytes nobody reads, and gives the socket inside. What is
 * still unread on `socket` belongs to the handshake. The client may name no protocol but `postgresql` (ALPN); with
 * `direct` it must name it, so that no browser or mail client can be led here. Throws HandshakeFailed; the connection
 * is then closed.
 */
export function acceptTls(
  socket: Socket,
  secureContext: SecureContext,
  options: { readonly direct: boolean; readonly deadline: AbortSignal },
): Promise<TLSSocket> {
  const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: [postgresql] });
  return new Promise((resolve, reject) => {
    const settle = (failure: string | null): void => {
      secure.off('secure', onSecure).off('close', onClose);
      options.deadline.removeEventListener('abort', onLate);
      if (failure === null) return resolve(secure);
      secure.destroy();
      reject(new HandshakeFailed(failure));
    };
    const onSecure = (): void => {
      const named = secure.alpnProtocol === postgresql;
      settle(named || !options.direct ? null : 'direct TLS without the ALPN protocol "postgresql"');
    };
    const onClose = (): void => settle('the TLS handshake was not completed; does the client trust our certificate?');
    const onLate = (): void => settle('the TLS handshake took too long');
    secure.on('error', () => undefined); // 'close' follows
    secure.on('secure', onSecure).on('close', onClose);
    options.deadline.addEventListener('abort', onLate);
    if (options.deadline.aborted) onLate();
  });
}

/** Protocol version and cipher of a connection, for the record: `TLSv1.3 TLS_AES_256_GCM_SHA384`; null in the clear. */
export function describeTls(socket: Socket): string | null {
  if (!(socket instanceof TLSSocket)) return null;
  return `${socket.getProtocol() ?? 'TLS'} ${socket.getCipher().name}`;
}
