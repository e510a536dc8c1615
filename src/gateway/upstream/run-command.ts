import { execFile } from 'node:child_process';

/** Runs program and arguments; resolves with standard output. Rejects with an Error whose message holds no output. */
export type CommandRunner = (command: readonly string[]) => Promise<string>;

const timeoutMs = 30_000;
const outputLimit = 64 * 1024;

/**
 * The default runner: no shell, nothing on standard input, 30 s, 64 KiB. Standard error is dropped, since a password
 * manager may say there what nobody should read in a log.
 */
export const runCommand: CommandRunner = ([program = '', ...args]) =>
  new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: outputLimit, killSignal: 'SIGKILL', windowsHide: true } as const;
    const child = execFile(program, args, { ...options, encoding: 'utf8' }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(describeFailure(error)));
    });
    child.stdin?.on('error', () => undefined).end();
  });

/** Node's own message repeats the command line and standard error; this says only how it ended. */
function describeFailure(error: { code?: unknown; killed?: unknown; signal?: unknown }): string {
  if (error.code === 'ENOENT') return 'there is no such program';
  if (error.code === 'EACCES') return 'this user may not run it';
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `it wrote more than ${outputLimit / 1024} KiB`;
  if (error.killed === true) return `it did not end within ${timeoutMs / 1000} s`;
  if (typeof error.code === 'number') return `it ended with exit code ${error.code}`;
  return typeof error.signal === 'string' ? `it was ended by ${error.signal}` : 'it could not be run';
}
