import WebSocket from 'ws';
import { type Client, connect } from '../../../../src/contract/index.ts';
import { webSocketPort } from '../../../../src/main/headless/ws-port.ts';

export interface OpenConsole {
  readonly desk: Client;
  /** Every message that the page was sent. */
  readonly messages: Buffer[];
  close(): void;
}

/** Signs in to a console with its link, and listens to all it says. */
export async function openConsole(link: string): Promise<OpenConsole> {
  const { origin, hash } = new URL(link);
  const token = new URLSearchParams(hash.slice(1)).get('token');
  const signedIn = await fetch(`${origin}/session`, {
    method: 'POST',
    headers: { origin },
    body: JSON.stringify({ token }),
  });
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/rpc`, { headers: { origin, cookie } });
  const messages: Buffer[] = [];
  socket.on('message', (data) => messages.push(Buffer.from(data.toString())));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { desk: connect(webSocketPort(socket)), messages, close: () => socket.close() };
}
