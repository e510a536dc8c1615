import { isIP, isIPv6 } from 'node:net';
import type { TlsMode } from '../../contract/index.ts';
import type { ListenerConfig } from './types.ts';

/** True for the folder of a Unix socket: an absolute path, as in libpq's `host`. */
export const isSocketFolder = (host: string): boolean => host.startsWith('/');

/** True for the whole of 127.0.0.0/8, ::1 and `localhost`; IPv4-mapped addresses count as what they map. */
export function isLoopback(host: string): boolean {
  const plain = unmapped(host);
  return host === 'localhost' || plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** `::ffff:127.0.0.1` as `127.0.0.1`; any other address as it is. */
export function unmapped(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? address;
}

/** `host:port` as people and URLs write it: IPv6 in brackets; for a Unix socket its path. */
export function describeListener({ host, port }: Pick<ListenerConfig, 'host' | 'port'>): string {
  if (isSocketFolder(host)) return socketPath(host, port);
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** The file in a socket folder that libpq looks for. */
export const socketPath = (folder: string, port: number): string => `${folder.replace(/\/+$/, '')}/.s.PGSQL.${port}`;

/** What a listener does about TLS: as configured, or the default of where it listens. */
export function tlsMode({ host, tls }: Pick<ListenerConfig, 'host' | 'tls'>): TlsMode {
  if (isSocketFolder(host)) return 'off';
  return tls ?? (isLoopback(host) ? 'allow' : 'require');
}

/** What is wrong with the safety of a listener's settings, or null. An agent key must not cross a network in the clear. */
export function listenerFault(listener: Pick<ListenerConfig, 'host' | 'port' | 'tls'>): string | null {
  const { host, port, tls } = listener;
  if (isSocketFolder(host)) {
    if (tls !== undefined && tls !== 'off') return 'a Unix socket has no TLS; its folder keeps other users out';
    return port === 0 ? 'a Unix socket needs a port other than 0: it is part of its name' : null;
  }
  if (!isLoopback(host) && tlsMode(listener) !== 'require') {
    return `TLS must be "require" on ${host}: agents send their key there, and it must not cross a network in the clear`;
  }
  return null;
}
