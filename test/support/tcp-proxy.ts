import { connect, createServer, type Socket } from 'node:net';
import { startupCode } from '../../src/gateway/wire/constants.ts';

export interface TcpProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  /**
   * Cuts one connection on both sides, without a word, as a failing network does. It is named by the port that the server
   * sees as its client's (`pg_stat_activity.client_port`).
   */
  cut(clientPort: number): void;
  /** What becomes of connections that begin with a CancelRequest: they go on, wait for `release`, or are reset. */
  cancels: 'pass' | 'wait' | 'reset';
  /** How many cancel connections wait. */
  readonly waiting: number;
  /** Lets the cancel connections that wait go on; returns how many there were. */
  release(): number;
  close(): Promise<void>;
}

/** A wire to a server that can be cut. */
export async function startTcpProxy(to: { readonly host: string; readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let waiting: (() => void)[] = [];
  const server = createServer({ noDelay: true }, (client) => {
    client.on('error', () => undefined);
    client.once('data', (first) => {
      client.pause();
      const isCancel = first.length >= 12 && first.readUInt32BE(4) === startupCode.cancelRequest;
      if (isCancel && proxy.cancels === 'reset') client.resetAndDestroy();
      else if (isCancel && proxy.cancels === 'wait') waiting.push(() => relay(client, first));
      else relay(client, first);
    });
  });
  const relay = (client: Socket, first: Buffer): void => {
    const upstream = connect({ host: to.host, port: to.port, noDelay: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) socket.on('error', () => undefined); // 'close' follows
    upstream.write(first);
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      pairs.delete(pair);
      client.destroy();
    });
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: TcpProxy = {
    host: '127.0.0.1',
    port: address.port,
    cancels: 'pass',
    get waiting() {
      return waiting.length;
    },
    release: () => {
      const released = waiting;
      waiting = [];
      for (const goOn of released) goOn();
      return released.length;
    },
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
  return proxy;
}
