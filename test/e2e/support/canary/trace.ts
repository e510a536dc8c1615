import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Found } from './canary.ts';

const calls = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2', 'sendto', 'sendmsg', 'sendmmsg', 'execve'];

/** Whether processes can be traced here; null when they can, else why not. */
export function whyNoTrace(): string | null {
  const { status, error, stderr } = spawnSync('strace', ['-f', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (status === 0) return null;
  return error === undefined ? `strace cannot trace here: ${stderr.trim()}` : `strace cannot be run: ${error.message}`;
}

/** The words before a command line that make strace write all that it and its threads write, and what they start, to a file. */
export const traced = (file: string): readonly string[] => [
  ...['strace', '-f', '-yy', '-xx', '-v', '-s', String(4 * 1024 * 1024), '-o', file],
  ...['-e', `trace=${calls.join(',')}`, '-e', 'signal=none'],
];

export interface Trace {
  /** What was written, by the descriptor it went to; what follows one another is joined, so that no cut hides anything. */
  readonly writes: readonly Found[];
  /** Arguments and environment of the programs that it started. */
  readonly started: readonly Found[];
}

/**
 * Reads a trace. What a program that was started (a credential command) writes is its own: only the product's processes
 * count. Throws when a string was cut short.
 */
export function readTrace(file: string): Trace {
  const writes = new Map<string, Buffer[]>();
  const started: Found[] = [];
  const foreign = new Set<string>();
  let first = true;
  for (const line of readFileSync(file, 'latin1').split('\n')) {
    const [, pid = '', call = '', rest = ''] = /^(\d+) +(\w+)\((.*)$/.exec(line) ?? [];
    if (!calls.includes(call)) continue;
    if (/"\.\.\./.test(rest)) throw new Error(`strace cut a string short: ${line.slice(0, 200)}`);
    const bytes = Buffer.concat([...rest.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = '']) => fromHex(hex)));
    if (call === 'execve') {
      if (!first) {
        started.push({ where: `arguments or environment of program ${started.length + 1}`, bytes });
        foreign.add(pid);
      }
      first = false;
    } else if (!foreign.has(pid)) {
      const to = target(rest);
      writes.set(to, [...(writes.get(to) ?? []), bytes]);
    }
  }
  return { writes: [...writes].map(([where, parts]) => ({ where, bytes: Buffer.concat(parts) })), started };
}

const fromHex = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');

/** What `-yy` says of a descriptor: `TCP:[127.0.0.1:5->127.0.0.1:6]`, or the path of a file. */
function target(rest: string): string {
  const [, number = '', about = ''] = /^(\d+)<((?:->|[^<>])*)>/.exec(rest) ?? [];
  const path = /^(?:\\x[0-9a-f]{2})+$/.test(about) ? fromHex(about).toString() : about;
  return path === '' ? `descriptor ${number}` : path;
}
