import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { DeskError } from '../../contract/index.ts';

/** Longest body of POST /session, in bytes: a token is 43 characters. */
const bodyLimit = 1024;
/** Pings find consoles that went away without a word. Milliseconds. */
const pingInterval = 30_000;

/** Listens and returns the real port. Rejects with DeskError `console_port_in_use` or `console_listen_failed`. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const used = error.code === 'EADDRINUSE';
      reject(
        new DeskError(
          used ? 'console_port_in_use' : 'console_listen_failed',
          `The console cannot listen on ${host}:${port}: ${used ? 'another program has this port' : error.message}.`,
          'Choose another `console.port`, or leave it out for a free one.',
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  // An errored client connection is that client's affair.
  server.on('clientError', (_error, socket: Duplex) => (socket as Socket).destroy());
  return (server.address() as AddressInfo).port;
}

/** The body as text, or null when it is longer than a sign-in can be or broke off. */
export function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > bodyLimit) {
        request.pause();
        resolve(null);
      }
    });
    request.on('end', () => resolve(text));
    request.on('error', () => resolve(null));
  });
}

/** The token of `{"token":"…"}`, or null when the body is anything else. */
export function tokenIn(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    const token = typeof value === 'object' && value !== null && 'token' in value ? value.token : null;
    return typeof token === 'string' ? token : null;
  } catch {
    return null;
  }
}

/** One cookie by name; null when absent or sent twice (then nobody can say which is ours). */
export function cookieValue(header: string | undefined, name: string): string | null {
  const found = (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`));
  return found.length === 1 ? (found[0] ?? '').slice(name.length + 1) : null;
}

/** The half of a session that the page shows as the second of its subprotocols: a WebSocket takes no other header of a page. */
export const pageHalf = (subprotocols: string | undefined): string => (subprotocols ?? '').split(',')[1]?.trim() ?? '';

/** Answers an upgrade request with a plain HTTP refusal. */
export function refuseUpgrade(socket: Duplex, status: number, words: string): void {
  socket.on('error', () => undefined); // it may be gone before it hears the refusal
  socket.end(`HTTP/1.1 ${status} ${words}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Pings a console and drops it when a ping is not answered before the next one is due. */
export function keepAlive(socket: WebSocket): void {
  let heard = true;
  socket.on('pong', () => {
    heard = true;
  });
  const timer = setInterval(() => {
    if (!heard) return socket.terminate();
    heard = false;
    socket.ping();
  }, pingInterval);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
