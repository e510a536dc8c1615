import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  /**
   * Cuts one connection on both sides, without a word, as a failing network does. It is named by the port that the server
   * sees as its client's (`pg_stat_activity.client_port`).
   */
  cut(clientPort: number): void;
  close(): Promise<void>;
}

/** A wire to a server that can be cut. */
export async function startTcpProxy(to: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: to.host, port: to.port, noDelay: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) socket.on('error', () => undefined); // 'close' follows
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      pairs.delete(pair);
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: '127.0.0.1',
    port: address.port,
    cut: (clientPort) => {
      const pair = [...pairs].find(([, upstream]) => upstream.localPort === clientPort);
      if (pair === undefined) throw new Error(`no connection from port ${clientPort}`);
      pair[0].resetAndDestroy();
      pair[1].destroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const [client, upstream] of pairs) {
          client.destroy();
          upstream.destroy();
        }
        server.close(() => resolve());
      }),
  };
}
