import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type Cli, startCli } from '../cli.ts';
import type { Found } from './canary.ts';
import { type OpenConsole, openConsole } from './console.ts';
import { traced } from './trace.ts';
import type { CanaryWorld } from './world.ts';

/** What a run of the product left to look at. */
export interface Run {
  /** What each connection answered: rows, or the error that the agent was told. */
  readonly answers: Readonly<Record<string, unknown>>;
  readonly stdout: string;
  readonly stderr: string;
  /** Messages to the page. */
  readonly messages: readonly Buffer[];
  /** Reports as PDF. */
  readonly reports: readonly Buffer[];
  /** `/proc/PID`, by name of the file; empty where there is none. */
  readonly process: readonly Found[];
}

interface Running {
  readonly cli: Cli;
  readonly pid: number;
  readonly port: number;
  readonly console: OpenConsole;
  readonly process: Found[];
}

const works = ['command', 'environment', 'pgpass', 'prompt', 'service'] as const;
const fails = ['refused', 'failing', 'malformed', 'readable'] as const;

/** Works through the product with every source and every failure, then kills it with a session open. */
export async function workAndKill(world: CanaryWorld, trace: string | null): Promise<Run> {
  const running = await start(world, trace, {});
  const { console, pid, cli } = running;
  const { desk } = console;
  const answers = await askAll(world, running);
  for (const name of [...works, ...fails]) {
    const { config } = (await desk.call('connections.list', {})).find((view) => view.config.name === name) ?? {};
    if (config !== undefined) await desk.call('connections.test', { config });
    if (config !== undefined) await desk.call('connections.test', { config, password: world.canaries.tried.secret });
    await desk.call('rules.catalog', { connection: name }).catch(() => undefined);
  }
  const reports = [];
  for (const { id } of await desk.call('sessions.list', {})) {
    await desk.call('sessions.get', { sessionId: id });
    await desk.call('sessions.verify', { sessionId: id });
    await desk.call('sessions.replay', { sessionId: id });
    reports.push(Buffer.from((await desk.call('sessions.report', { sessionId: id })).pdf, 'base64'));
  }
  await signalled(running, 'SIGUSR1', 'SIGUSR1 was ignored');
  const live = await agent(world, running, 'command');
  const dropped = new Promise((resolve) => live.once('end', resolve));
  running.process.push(...aboutProcess(pid));
  process.kill(pid, 'SIGKILL');
  await dropped;
  return { answers, reports, ...(await ending(running, cli)) };
}

/** Starts it again over what the kill left, and has it break by an exception that nobody catches, with a crash report. */
export async function restartAndBreak(world: CanaryWorld, trace: string | null): Promise<Run> {
  const hook = join(world.folder, 'thrower.mjs');
  await writeFile(hook, "process.on('SIGUSR2', () => { throw new Error('provoked by the test'); });\n");
  const crash = `--import=${hook} --report-uncaught-exception --report-directory=${world.folder}`;
  const running = await start(world, trace, { NODE_OPTIONS: crash });
  const answers = await askAll(world, running);
  process.kill(running.pid, 'SIGUSR2');
  return { answers, reports: [], ...(await ending(running, running.cli)) };
}

async function start(world: CanaryWorld, trace: string | null, more: Record<string, string>): Promise<Running> {
  const cli = startCli(['serve', '--config', world.config], { ...world.environment, ...more }, [], {
    before: trace === null ? [] : traced(trace),
    cwd: world.folder,
  });
  const ready = JSON.parse(await cli.firstLine);
  const console = await openConsole(ready.console.url);
  const about = aboutProcess(ready.pid);
  await console.desk.call('connections.supplyCredential', {
    connection: 'prompt',
    password: world.canaries.prompt.secret,
  });
  return { cli, pid: ready.pid, port: ready.listeners[0].port, console, process: about };
}

async function ending({ console, process: about }: Running, cli: Cli): Promise<Omit<Run, 'answers' | 'reports'>> {
  const { stdout, stderr } = await cli.ended;
  console.close();
  return { stdout, stderr, messages: console.messages, process: about };
}

async function agent(
  { canaries }: CanaryWorld,
  { port }: Running,
  database: string,
  password = canaries.agentKey.secret,
) {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'claude', password, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Rows and an error over each connection, and log-ins with a wrong key and with a token. */
async function askAll(world: CanaryWorld, running: Running): Promise<Record<string, unknown>> {
  const { wrongKey, token } = world.canaries;
  const answers: Record<string, unknown> = {};
  for (const name of [...works, ...fails]) answers[name] = await ask(agent(world, running, name));
  answers.wrongKey = await ask(agent(world, running, 'command', wrongKey.secret));
  answers.token = await ask(agent(world, running, 'command', token.secret));
  return answers;
}

async function ask(connecting: Promise<pg.Client>): Promise<unknown> {
  try {
    const client = await connecting;
    const { rows } = await client.query('SELECT current_user AS canary_was_here');
    const error = await client.query('SELECT 1/0').catch((reason: unknown) => reason);
    await client.end();
    return { rows, error: told(error) };
  } catch (error) {
    return told(error);
  }
}

const told = (error: unknown): unknown => {
  if (!(error instanceof pg.DatabaseError)) return error;
  const { code, message, detail, hint } = error;
  return { code, message, detail, hint };
};

/** Sends a signal and waits until the log has the words. */
async function signalled({ cli, pid }: Running, signal: NodeJS.Signals, words: string): Promise<void> {
  const heard = new Promise<void>((resolve) => {
    cli.process.stderr?.on('data', (chunk) => {
      if (String(chunk).includes(words)) resolve();
    });
  });
  process.kill(pid, signal);
  await heard;
}

/** What Linux shows of a process to its user. */
function aboutProcess(pid: number): Found[] {
  if (process.platform !== 'linux') return [];
  return ['cmdline', 'environ', 'comm', 'maps'].map((name) => ({
    where: name,
    bytes: readFileSync(`/proc/${pid}/${name}`),
  }));
}
