import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';

/** A terminal's two ends, as `process.stdin` and `process.stderr` are. */
export interface Terminal {
  readonly input: Readable & { isTTY?: boolean };
  readonly output: Writable;
}

/** Calls back for every Enter pressed, until the returned function is called. Does nothing where nobody types. */
export function onEnter({ input }: Terminal, pressed: () => void): () => void {
  if (input.isTTY !== true) return () => undefined;
  const lines = createInterface({ input, terminal: false });
  lines.on('line', pressed);
  return () => lines.close();
}

/** Asks for a secret without echoing it. Resolves with null where nobody can type, or at the end of input. */
export function askSecret({ input, output }: Terminal, question: string): Promise<string | null> {
  if (input.isTTY !== true) return Promise.resolve(null);
  return new Promise((resolve) => {
    output.write(question);
    // readline echoes to `output`; without one it still turns the terminal's own echo off (terminal: true).
    const lines = createInterface({ input, output: silent(), terminal: true });
    let answer: string | null = null;
    lines.once('line', (line) => {
      answer = line;
      lines.close();
    });
    lines.once('SIGINT', () => {
      lines.close();
      process.kill(process.pid, 'SIGINT');
    });
    lines.once('close', () => {
      output.write('\n');
      resolve(answer);
    });
  });
}

function silent(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
