import { readFile } from 'node:fs/promises';
import { endianness, networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLoopback, unmapped } from './host.ts';
import type { AllowedUsers, Peer } from './types.ts';

/** The two ends of a TCP connection as the listener's socket has them. */
export interface Connection {
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
}

/** Tells which user of this machine a TCP client is. Never rejects. */
export type PeerReader = (connection: Connection) => Promise<Peer>;

/** Waits between attempts, in milliseconds: the kernel walks its tables while they change and may pass an entry over. */
const retriesMs = [0, 10, 50];
/** `TCP_ESTABLISHED`. In later states the kernel may show user 0 for anybody's connection. */
const established = '01';

const unknown: Peer = { known: false, refuse: false };
const unclear: Peer = { known: false, refuse: true };

/**
 * The peer reader of this platform. On Linux the client's own entry in /proc/net/tcp or tcp6 names its user; a client on
 * this machine without such an entry is to be refused. Other platforms do not tell.
 */
export function createPeerReader(platform: NodeJS.Platform = process.platform): PeerReader {
  return platform === 'linux' ? createLinuxPeerReader(readTables) : () => Promise.resolve(unknown);
}

/** `tables` reads the text of both tables; it is called once for all clients that come while an earlier reading runs. */
export function createLinuxPeerReader(tables: () => Promise<string>): PeerReader {
  const read = shared(tables);
  return async (connection) => {
    if (!isOwnAddress(connection.clientAddress)) return unknown;
    for (const wait of retriesMs) {
      if (wait > 0) await sleep(wait);
      const entry = findEntry(await read().catch(() => ''), connection);
      if (entry !== null) return { known: true, uid: entry.uid };
    }
    return unclear;
  };
}

/** Whether a client may come in. Root may: it can read this process's memory anyway. */
export function isAllowed(peer: Peer, allowed: AllowedUsers, own: number | undefined = process.getuid?.()): boolean {
  if (allowed === 'any') return true;
  if (!peer.known) return !peer.refuse;
  return peer.uid === own || peer.uid === 0 || (allowed !== 'own' && allowed.includes(peer.uid));
}

function isOwnAddress(address: string): boolean {
  if (isLoopback(address)) return true;
  const plain = unmapped(address);
  return Object.values(networkInterfaces()).some((found) => found?.some((one) => one.address === plain));
}

/** Both tables as the kernel prints them. */
export async function readTables(): Promise<string> {
  const [tcp, tcp6] = await Promise.all([
    readFile('/proc/net/tcp', 'latin1'),
    readFile('/proc/net/tcp6', 'latin1').catch(() => ''), // absent where IPv6 is off
  ]);
  return `${tcp}\n${tcp6}`;
}

/** One reading at a time; whoever asks while one runs shares the next, since the running one may have passed his entry. */
function shared(tables: () => Promise<string>): () => Promise<string> {
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<string> | null = null;
  return () => {
    next ??= running.then(() => {
      next = null;
      const reading = tables();
      running = reading.catch(() => undefined);
      return reading;
    });
    return next;
  };
}

/** How the client's entry begins, from its local address to its state, in each table that may have it. */
function entries({ clientAddress, clientPort, serverAddress, serverPort }: Connection): string[] {
  const client = kernelAddresses(clientAddress);
  const server = kernelAddresses(serverAddress);
  return client.flatMap((from, index) => {
    const to = server[index];
    return to === undefined ? [] : [` ${from}:${hex(clientPort, 4)} ${to}:${hex(serverPort, 4)} ${established} `];
  });
}

/** An address as the kernel prints it: 32-bit words in the machine's byte order. IPv4 also in its mapped form. */
function kernelAddresses(address: string): string[] {
  const plain = unmapped(address);
  if (!plain.includes(':')) {
    const word = words(plain.split('.').map(Number));
    return [word, `${words([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])}${word}`];
  }
  return [words(bytesOfIPv6(plain))];
}

function bytesOfIPv6(address: string): number[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const middle = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return [...before, ...middle, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

function words(bytes: readonly number[]): string {
  const ordered =
    endianness() === 'BE' ? bytes : bytes.map((_, index) => bytes[index - (index % 4) + 3 - (index % 4)] ?? 0);
  return ordered.map((byte) => hex(byte, 2)).join('');
}

const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');

/** What the kernel's tables say of the client's end of a connection; null when it is not in them. */
export function findEntry(
  tables: string,
  connection: Connection,
): { readonly uid: number; readonly inode: string } | null {
  for (const needle of entries(connection)) {
    const at = tables.indexOf(needle);
    if (at === -1) continue;
    // `queues timer retransmits uid timeout inode` follow the state.
    const fields = tables
      .slice(at + needle.length, at + needle.length + 120)
      .trimStart()
      .split(/\s+/);
    const [uid, inode] = [fields[3], fields[5]];
    if (uid !== undefined && /^\d+$/.test(uid)) return { uid: Number(uid), inode: inode ?? '0' };
  }
  return null;
}
