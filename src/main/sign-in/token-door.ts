import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { DeskError, messageOf } from '../../contract/index.ts';
import { longestLine, type TokenErrand, type TokenReply, tokenErrand } from './token-door-protocol.ts';

/** Clients at once; they wait for a person. */
export const mostClients = 20;
const errandTimeoutMs = 5_000;

export interface TokenDoorOptions {
  /** Path of the Unix socket, in a folder that only this user may enter. */
  readonly path: string;
  /** Gets a token; `asked` hears the code once the operator was asked. Rejects with DeskError. */
  readonly serve: (errand: TokenErrand, signal: AbortSignal, asked: (code: string) => void) => Promise<string>;
}

/** Where `postern token` knocks. Rejects with an Error when the socket cannot be made. */
export async function openTokenDoor({ path, serve }: TokenDoorOptions): Promise<{ close(): Promise<void> }> {
  await rm(path, { force: true }); // the data folder is locked: whoever left it there is gone
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    receive(socket, serve);
  });
  server.maxConnections = mostClients;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
  await chmod(path, 0o600);
  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of [...sockets]) socket.destroy();
      await closed;
    },
  };
}

function receive(socket: Socket, serve: TokenDoorOptions['serve']): void {
  const gone = new AbortController();
  let text = '';
  let asked = false;
  socket.setEncoding('utf8').setTimeout(errandTimeoutMs, () => !asked && socket.destroy());
  socket.once('close', () => gone.abort());
  socket.on('data', (chunk) => {
    text += String(chunk);
    if (asked || text.length > longestLine) return socket.destroy();
    const end = text.indexOf('\n');
    if (end === -1) return;
    asked = true;
    const reply = (answer: TokenReply): boolean => socket.write(`${JSON.stringify(answer)}\n`);
    errandIn(text.slice(0, end))
      .then((errand) => serve(errand, gone.signal, (code) => void reply({ type: 'asked', code })))
      .then(
        (token) => reply({ type: 'token', token }),
        (error: unknown) => reply(errorReply(error)),
      )
      // Not only ended: a client that never closes its side would keep its place, and there are few.
      .finally(() => socket.destroySoon());
  });
}

async function errandIn(line: string): Promise<TokenErrand> {
  let value: unknown = null;
  try {
    value = JSON.parse(line);
  } catch {
    // said below, with everything else that is no errand
  }
  const errand = tokenErrand.safeParse(value);
  if (!errand.success) throw new DeskError('token_errand', 'This is not how a token is asked for.');
  return errand.data;
}

function errorReply(error: unknown): TokenReply {
  if (error instanceof DeskError) {
    return { type: 'error', code: error.code, message: error.message, hint: error.hint };
  }
  return { type: 'error', code: 'internal', message: messageOf(error), hint: null };
}
