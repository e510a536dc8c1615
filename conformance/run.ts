import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../src/contract/index.ts';
import { type Gate, startGate } from './gate.ts';
import { startHoldGate } from './hold-gate.ts';
import { findKit, type Kit } from './kit.ts';
import { type Options, parseOptions, type ServerVersion, usage } from './options.ts';
import { differences, type Outcome } from './outcome.ts';
import { killAll } from './processes.ts';
import { type Server, startServer } from './servers.ts';
import { prepare } from './setup.ts';
import { type Place, suites } from './suites.ts';
import { type Cell, type Row, table } from './table.ts';

const root = join(import.meta.dirname, '..');
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

/**
 * PostgreSQL's own public suites, directly and through the built gate, on each server. Prints a table and writes the same
 * as JSON. Resolves with the exit code: 0 all the same, 1 something differs, 2 it could not run.
 */
export async function run(args: readonly string[]): Promise<number> {
  const stopping = new Stops();
  process.once('SIGINT', () => void stopping.interrupted(130)).once('SIGTERM', () => void stopping.interrupted(143));
  try {
    const options = parseOptions(args);
    const kit = findKit(process.env, root);
    await prepare(kit, options.servers, say);
    const rows: Row[] = [];
    for (const version of options.servers) rows.push(...(await onServer(kit, version, options, stopping)));
    say(`\n${table(rows)}`);
    await writeFile(options.json, `${JSON.stringify(rows, null, 2)}\n`);
    say(`\nAs JSON: ${options.json}. What the suites printed: ${join(kit.work, 'out')}`);
    return rows.every(({ verdict }) => verdict === 'same') ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${usage}\n`);
    return 2;
  } finally {
    await stopping.all();
  }
}

async function onServer(kit: Kit, version: ServerVersion, options: Options, stops: Stops): Promise<Row[]> {
  const server = await startServer(kit, version);
  stops.add(server.stop);
  const gate = await startGate(kit, server);
  stops.add(gate.stop);
  say(`PostgreSQL ${server.name} on port ${server.port}, Postern on ${gate.port}`);
  const rows: Row[] = [];
  for (const suite of suites.filter(({ name }) => options.suites.includes(name))) {
    if (stops.over) throw new Error('Interrupted; everything is being stopped.');
    const at = ({ port, key }: Gate): Place => ({ kit, server, port, password: key });
    const straight = suite.holds ? null : await attempt(() => suite.run(at({ ...gate, port: server.port })));
    const between = suite.holds ? await startHoldGate(server) : gate;
    const through = await attempt(() => suite.run(at(between)));
    if (suite.holds) await between.stop();
    const row = compare(suite.name, server, straight, through);
    say(`  ${row.suite}: ${row.verdict}${row.remarks.map((remark) => `\n    ${remark}`).join('')}`);
    rows.push(row);
  }
  await stops.all();
  return rows;
}

type Attempt = Outcome | Error;

async function attempt(work: () => Promise<Outcome>): Promise<Attempt> {
  try {
    return await work();
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function compare(suite: string, server: Server, direct: Attempt | null, through: Attempt): Row {
  const row = { suite, server: server.name, direct: cell(direct), through: cell(through) };
  if (direct instanceof Error) {
    return { ...row, verdict: 'not run', remarks: [`it does not run on the server itself: ${direct.message}`] };
  }
  if (through instanceof Error) {
    return { ...row, verdict: 'different', remarks: [`it runs directly, not through Postern: ${through.message}`] };
  }
  // A suite that needs a gate has no server to be compared with: everything in it must pass.
  const remarks = direct === null ? [...through.findings.values()] : differences(direct, through);
  return { ...row, verdict: remarks.length === 0 ? 'same' : 'different', remarks };
}

const cell = (outcome: Attempt | null): Cell =>
  outcome === null || outcome instanceof Error
    ? null
    : { passed: outcome.passed, failed: outcome.failed, seconds: outcome.seconds };

/** What has been started, to be stopped in the other order, each once. */
class Stops {
  #stops: (() => Promise<void>)[] = [];
  #stopping: Promise<void> = Promise.resolve();
  /** True once somebody pressed Ctrl-C: nothing more is to be started. */
  over = false;

  add(stop: () => Promise<void>): void {
    this.#stops.push(stop);
  }

  /** Resolves when everything has stopped, whoever asked first. */
  all(): Promise<void> {
    const stops = this.#stops.reverse();
    this.#stops = [];
    this.#stopping = this.#stopping.then(async () => {
      for (const stop of stops) await stop();
    });
    return this.#stopping;
  }

  async interrupted(exitCode: number): Promise<void> {
    this.over = true;
    killAll();
    await this.all();
    process.exit(exitCode);
  }
}
