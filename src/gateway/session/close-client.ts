import type { Socket } from 'node:net';

/** How long a client may take to read its last words and close, in milliseconds; then it no longer takes up a place. */
const lingerMs = 5000;

/** Says the last words and closes. What the client still sends is read and dropped, so that it gets to read them. */
export function closeClient(client: Socket, lastWords: Buffer | null): void {
  if (client.destroyed) return;
  if (lastWords !== null) client.write(lastWords);
  client.end();
  client.resume();
  const timer = setTimeout(() => client.destroy(), lingerMs).unref();
  client.once('close', () => clearTimeout(timer));
}
