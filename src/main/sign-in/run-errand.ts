import { createConnection } from 'node:net';
import { DeskError } from '../../contract/index.ts';
import { longestLine, type TokenErrand, tokenReply } from './token-door-protocol.ts';

/**
 * Asks the Postern that runs over a data folder for a token; `asked` hears the code that its desk shows. Resolves with null
 * when none runs there. Rejects with its DeskError, such as `token_refused` and `not_signed_in`, or with the signal's reason.
 * Nothing secret is sent: whoever else listens there learns the name of a connection.
 */
export function runErrand(
  path: string,
  errand: TokenErrand,
  signal: AbortSignal,
  asked: (code: string) => void,
): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let text = '';
    let connected = false;
    const stop = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    const take = (line: string): void => {
      const reply = tokenReply.parse(JSON.parse(line));
      if (reply.type === 'asked') return asked(reply.code);
      socket.destroy();
      if (reply.type === 'token') return resolve(reply.token);
      reject(new DeskError(reply.code, reply.message, reply.hint));
    };
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      connected = true;
      socket.write(`${JSON.stringify(errand)}\n`);
    });
    socket.on('data', (chunk) => {
      text += String(chunk);
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      try {
        if (text.length > longestLine) throw new Error('it says too much');
        for (const line of lines) take(line);
      } catch {
        socket.destroy();
        reject(new DeskError('token_errand', 'What answers at the data folder is no Postern.', `Look at ${path}.`));
      }
    });
    // Before it is connected: no socket, one that nobody listens on any more, or a path that none can have.
    socket.on('error', (error) => (connected ? reject(error) : resolve(null)));
    socket.on('close', () => {
      signal.removeEventListener('abort', stop);
      reject(new DeskError('token_errand', 'Postern was closed before it answered.', 'Start it again.'));
    });
  });
}
