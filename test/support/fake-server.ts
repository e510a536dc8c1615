import { createServer, type Socket } from 'node:net';

export interface FakeServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  close(): Promise<void>;
}

/** What one side of a scripted dialogue may do. */
export interface Conversation {
  readonly socket: Socket;
  /** Waits for the client's next packet, its length field included; `typed` has a type byte in front. */
  packet(typed: boolean): Promise<Buffer>;
  send(...bytes: (Buffer | string)[]): void;
}

/** A server on loopback that plays `script` with everybody who connects. A client that leaves ends its script. */
export async function startFakeServer(script: (with_: Conversation) => Promise<void>): Promise<FakeServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let received = Buffer.alloc(0);
    let wake = (): void => undefined;
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      wake();
    });
    const packet = async (typed: boolean): Promise<Buffer> => {
      const start = typed ? 1 : 0;
      for (;;) {
        if (received.length >= start + 4) {
          const size = start + received.readUInt32BE(start);
          if (received.length >= size) {
            const whole = received.subarray(0, size);
            received = received.subarray(size);
            return whole;
          }
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const send = (...bytes: (Buffer | string)[]): void => {
      socket.write(Buffer.concat(bytes.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))));
    };
    void script({ socket, packet, send });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: '127.0.0.1',
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
