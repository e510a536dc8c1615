import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { DoorClient } from './client.ts';
import { describeListener, isLoopback, isSocketFolder, listenerFault, tlsMode } from './host.ts';
import type { Connection, PeerReader } from './peer.ts';
import type { ProcessFinder } from './peer-process.ts';
import { makePrivate, takeSocketPlace } from './socket-folder.ts';
import { DoorError, type ListenerConfig, type Peer } from './types.ts';

export interface OpenListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface ListenerOptions {
  /** Clients at once. */
  readonly maximum: number;
  /** What TLS handshakes of this listener are done with; null when it has none. */
  readonly secureContext: (() => SecureContext) | null;
  readonly readPeer: PeerReader;
  readonly findProcess: ProcessFinder;
  readonly receive: (client: DoorClient) => void;
  /** One above `maximum` is handed in here instead, to be told 53300. */
  readonly full: (client: Socket) => void;
}

/** Nobody to ask: a Unix socket's folder has kept other users out already. */
const behindFolder: Peer = { known: false, refuse: false };
/** Gone before it could be asked about. */
const gone: Peer = { known: false, refuse: true };

/**
 * Listens on one address or Unix socket. Rejects with DoorError `port_in_use`, `listen_failed`, `socket_folder_unsafe`, or
 * `listener_insecure` when agents would send their keys over a network in the clear.
 */
export async function openListener(config: ListenerConfig, options: ListenerOptions): Promise<OpenListener> {
  const fault = listenerFault(config);
  if (fault !== null) throw insecure(config, fault);
  const open = new Set<DoorClient>();
  /** Clients that are being told that there is no place. */
  const leaving = new Set<Socket>();
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    allowHalfOpen: true,
    pauseOnConnect: true,
  });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined); // 'close' follows every error, and is what everybody listens to
    if (open.size >= options.maximum) {
      leaving.add(socket);
      socket.once('close', () => leaving.delete(socket));
      return options.full(socket);
    }
    const client = arrived(socket, config, options);
    open.add(client);
    socket.once('close', () => open.delete(client));
    options.receive(client);
  });
  const place = isSocketFolder(config.host) ? await takeSocketPlace(config.host, config.port) : null;
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of [...leaving, ...[...open].map((client) => client.socket)]) socket.destroySoon();
    });
    place?.release();
  };
  try {
    await listen(server, config, place === null ? { host: config.host, port: config.port } : { path: place.path });
    return { host: config.host, port: boundPort(server, config), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function arrived(socket: Socket, config: ListenerConfig, options: ListenerOptions): DoorClient {
  return new DoorClient(socket, {
    tls: tlsMode(config),
    secureContext: options.secureContext,
    allowedUsers: config.allowedUsers ?? 'own',
    peer: peerOf(socket, config, options.readPeer),
    findProcess: async () => {
      const connection = connectionOf(socket);
      return connection === null ? null : options.findProcess(connection);
    },
  });
}

async function peerOf(socket: Socket, { host, allowedUsers }: ListenerConfig, read: PeerReader): Promise<Peer> {
  if (isSocketFolder(host) || allowedUsers === 'any') return behindFolder;
  const connection = connectionOf(socket);
  return connection === null ? gone : read(connection);
}

/** Null for a Unix socket, and for a client that is gone. */
function connectionOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): Connection | null {
  if (remoteAddress === undefined || remotePort === undefined) return null;
  if (localAddress === undefined || localPort === undefined) return null;
  return {
    clientAddress: remoteAddress,
    clientPort: remotePort,
    serverAddress: localAddress,
    serverPort: localPort,
  };
}

/** The port that was bound. A name that was taken for loopback must really have led there. */
function boundPort(server: Server, config: ListenerConfig): number {
  const address = server.address();
  if (address === null) throw new Error('a listener without an address');
  if (typeof address === 'string') {
    makePrivate(address);
    return config.port;
  }
  if (tlsMode(config) !== 'require' && !isLoopback(address.address)) {
    throw insecure(config, `${config.host} is ${address.address} here, which is not loopback`);
  }
  return address.port;
}

function insecure(config: ListenerConfig, why: string): DoorError {
  return new DoorError(
    'listener_insecure',
    `The listener ${describeListener(config)} was not opened: ${why}.`,
    'Set its "tls" to "require" (the default there), or listen on loopback or a Unix socket.',
  );
}

function listen(server: Server, config: ListenerConfig, where: ListenOptions): Promise<void> {
  const { host, port } = config;
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') {
        const hint = `Stop the program that uses it (\`ss -ltnp 'sport = :${port}'\` names it), or choose another port for this listener.`;
        return reject(new DoorError('port_in_use', `Port ${port} on ${host} is already in use.`, hint));
      }
      reject(
        new DoorError(
          'listen_failed',
          `Could not listen on ${describeListener(config)}: ${error.message}.`,
          "Check the listener's host and port.",
        ),
      );
    };
    server.once('error', onError);
    server.listen(where, () => {
      server.off('error', onError);
      resolve();
    });
  });
}
