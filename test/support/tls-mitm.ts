import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { sslRequest } from '../../src/gateway/wire/encode-frontend.ts';
import type { Certificate } from './certificates.ts';

export interface TlsMitm {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Somebody between client and server who ends TLS with a certificate of their own, begins it anew towards the server, and
 * changes what the server says by `alter`.
 */
export async function startTlsMitm(
  to: { readonly host: string; readonly port: number },
  certificate: Certificate,
  alter: (fromServer: Buffer) => Buffer,
): Promise<TlsMitm> {
  const sockets = new Set<Socket>();
  const keep = <S extends Socket>(socket: S): S => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    return socket;
  };
  const server = createServer((client) => {
    keep(client).once('data', () => {
      client.pause(); // or its first bytes of TLS would be lost
      client.write('S');
      const upstream = keep(connect(to));
      upstream.write(sslRequest());
      upstream.once('data', () => {
        const inner = keep(connectTls({ socket: upstream, rejectUnauthorized: false, ALPNProtocols: ['postgresql'] }));
        const { pem: cert, keyPem: key } = certificate;
        const outer = keep(new TLSSocket(client, { isServer: true, cert, key, ALPNProtocols: ['postgresql'] }));
        outer.on('data', (chunk) => inner.write(chunk));
        inner.on('data', (chunk) => outer.write(alter(chunk)));
        outer.on('close', () => inner.destroy());
        inner.on('close', () => outer.end());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
