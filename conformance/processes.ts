import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Programs that run now, each the head of a process group of its own. */
const running = new Set<ChildProcess>();

/** How a program ended; both of its outputs in one text. */
export interface Ended {
  readonly exitCode: number | null;
  readonly output: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File for its output; also what is said when it fails. */
  readonly log: string;
  /** Seconds after which it and all that it started is killed. */
  readonly limit?: number;
}

/**
 * Runs a program to its end. The output goes to a file, so that what it leaves running cannot hold a pipe open.
 * Rejects when it cannot be started.
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  await mkdir(dirname(options.log), { recursive: true });
  const file = openSync(options.log, 'w');
  const child = spawn(command, args, {
    stdio: ['ignore', file, file],
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  closeSync(file);
  running.add(child);
  const timer = setTimeout(() => killGroup(child), (options.limit ?? 1800) * 1000);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('exit', resolve);
    });
    return { exitCode, output: await readFile(options.log, 'utf8') };
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

/** The same; throws when the program does not end with 0. */
export async function must(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { exitCode, output } = await run(command, args, options);
  if (exitCode === 0) return output;
  const tail = output.trim().split('\n').slice(-8).join('\n');
  throw new Error(`${command} ${args.join(' ')} ended with ${exitCode}:\n${tail}\nAll of it: ${options.log}`);
}

/** Ends whatever runs, and all that it started. */
export function killAll(): void {
  for (const child of running) killGroup(child);
}

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group has ended by itself in the meantime.
  }
}
