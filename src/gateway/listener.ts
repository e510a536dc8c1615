import { createServer, type Server, type Socket } from 'node:net';
import { GatewayError, type ListenerConfig } from './types.ts';

export interface OpenListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Listens on one address. Rejects with GatewayError `port_in_use` or `listen_failed`. `receive` is called for every client;
 * one above `maximum` open clients is told 53300 by `full` instead.
 */
export async function openListener(
  config: ListenerConfig,
  maximum: number,
  receive: (client: Socket) => void,
  full: (client: Socket) => void,
): Promise<OpenListener> {
  const open = new Set<Socket>();
  /** Clients that are being told that there is no place. */
  const leaving = new Set<Socket>();
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    allowHalfOpen: true,
    pauseOnConnect: true,
  });
  server.on('connection', (client) => {
    const admitted = open.size < maximum;
    const place = admitted ? open : leaving;
    place.add(client);
    client.once('close', () => place.delete(client));
    if (admitted) receive(client);
    else full(client);
  });
  await listen(server, config);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener without a port');
  return {
    host: config.host,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of [...open, ...leaving]) client.destroySoon();
      }),
  };
}

function listen(server: Server, { host, port }: ListenerConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') {
        const hint = `Stop the program that uses it (\`ss -ltnp 'sport = :${port}'\` names it), or choose another port for this listener.`;
        return reject(new GatewayError('port_in_use', `Port ${port} on ${host} is already in use.`, hint));
      }
      reject(
        new GatewayError(
          'listen_failed',
          `Could not listen on ${host}:${port}: ${error.message}.`,
          "Check the listener's host and port.",
        ),
      );
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
