import { connect, type Socket } from 'node:net';
import type { SslMode } from '../../contract/index.ts';
import { describeAddress, isSocketFolder, socketPath, UpstreamError } from './error.ts';
import { networkError } from './network-error.ts';
import { requestTls, startTls } from './tls.ts';
import type { UpstreamTarget } from './types.ts';

/** How one attempt treats TLS: not at all, if the server has it, or only with it. */
export type Encryption = 'none' | 'if_offered' | 'required';

/** A socket that is connected and, where agreed, encrypted; no start-up packet was sent yet. */
export interface Transport {
  readonly socket: Socket;
  readonly encrypted: boolean;
}

/** Registers a socket so that a deadline can end it. */
export type Guard = <S extends Socket>(socket: S) => S;

/** Milliseconds of silence after which TCP asks whether the other side lives (protocol.md, 1.3). */
const keepAliveMs = 30_000;

/** The attempts that an sslmode allows, in order. Unix sockets never use TLS (libpq does the same). */
export function attempts(mode: SslMode, host: string): readonly Encryption[] {
  if (isSocketFolder(host)) return ['none'];
  switch (mode) {
    case 'disable':
      return ['none'];
    case 'allow':
      return ['none', 'required'];
    case 'prefer':
      return ['if_offered', 'none'];
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return ['required'];
  }
}

/** Connects and settles TLS. Throws UpstreamError `unreachable`, `tls_refused`, `tls_untrusted`, `protocol`. */
export async function openTransport(
  target: UpstreamTarget,
  encryption: Encryption,
  guard: Guard,
  connected: () => void = () => undefined,
): Promise<Transport> {
  const socket = await connectSocket(target, guard);
  connected();
  try {
    return await settleTls(socket, target, encryption, guard);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function settleTls(
  socket: Socket,
  target: UpstreamTarget,
  encryption: Encryption,
  guard: Guard,
): Promise<Transport> {
  if (encryption === 'none') return { socket, encrypted: false };
  if (target.sslnegotiation === 'direct') return { socket: await startTls(socket, target, guard), encrypted: true };
  if (await requestTls(socket, target)) return { socket: await startTls(socket, target, guard), encrypted: true };
  if (encryption === 'if_offered') return { socket, encrypted: false };
  throw new UpstreamError('tls_refused', {
    message: `${describeAddress(target)} offers no TLS, and sslmode is ${target.sslmode}`,
    hint: 'Turn TLS on at the server (ssl = on). Weaken sslmode only where the network itself is trusted.',
  });
}

function connectSocket(target: UpstreamTarget, guard: Guard): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const where = isSocketFolder(target.host)
      ? { path: socketPath(target) }
      : { host: target.host, port: target.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
    const socket = guard(connect(where));
    // Stays for good: an error must never be without a listener, and each reader adds its own.
    socket.on('error', () => undefined);
    const failed = (error: Error): void => reject(networkError(error, target));
    socket.once('error', failed).once('connect', () => {
      socket.off('error', failed);
      resolve(socket);
    });
  });
}
