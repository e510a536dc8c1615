import { type Client, connect } from '../../../../src/contract/index.ts';
import { webSocketPort } from '../../../../src/main/headless/ws-port.ts';
import { consoleSocket } from '../../../support/console-session.ts';

export interface OpenConsole {
  readonly desk: Client;
  /** Every message that the page was sent. */
  readonly messages: Buffer[];
  close(): void;
}

/** Signs in to a console with its link, and listens to all it says. */
export async function openConsole(link: string): Promise<OpenConsole> {
  const socket = await consoleSocket(link);
  const messages: Buffer[] = [];
  socket.on('message', (data) => messages.push(Buffer.from(data.toString())));
  return { desk: connect(webSocketPort(socket)), messages, close: () => socket.close() };
}
