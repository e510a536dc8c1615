import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A started `postern …`. */
export interface Cli {
  readonly process: ChildProcess;
  /** The first line on standard output; rejects with standard error when the process ends before it. */
  readonly firstLine: Promise<string>;
  /** How it ended, and all it said. */
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

/**
 * Starts the built command line with exactly this environment beside PATH. `before` are words before it, such as those of a
 * tracer.
 */
export function startCli(
  args: readonly string[],
  environment: Record<string, string> = {},
  extra: readonly (number | 'pipe')[] = [],
  { before = [], cwd }: { readonly before?: readonly string[]; readonly cwd?: string } = {},
): Cli {
  const [program = '', ...words] = [...before, process.execPath, resolve('bin/postern.js'), ...args];
  const child = spawn(program, words, {
    cwd,
    env: { PATH: process.env.PATH ?? '', POSTERN_NO_BUILD: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', ...extra],
  });
  let stdout = '';
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const ended: Cli['ended'] = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      stdout += String(chunk);
      if (stdout.includes('\n')) resolve(stdout.split('\n', 1)[0] ?? '');
    });
    void ended.then((end) => reject(new Error(`ended before it was ready (code ${end.code}): ${end.stderr}`)));
  });
  firstLine.catch(() => undefined); // a test that waits for the end only does not look at it
  return { process: child, firstLine, ended };
}

/** A new folder with a configuration file in it. */
export async function configFile(config: unknown): Promise<{ folder: string; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-e2e-'));
  const path = join(folder, 'postern.json');
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config));
  return { folder, path };
}
