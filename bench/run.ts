import { cpus } from 'node:os';
import pg from 'pg';
import type { Address } from './client.ts';
import { processorSeconds, server, startDatabase, startGate, startPipe } from './processes.ts';
import { type Measured, table } from './table.ts';
import { tableRows, type Workload, workloads } from './workloads.ts';

interface Subject {
  readonly name: string;
  readonly address: Address;
  /** The process in the middle; null for none. */
  readonly pid: number | null;
}

/**
 * Measures what one more hop costs: PostgreSQL itself, a bare pipe in Node, and the built gate in three set-ups, side by
 * side in one run, round by round, so that a busy machine slows all alike. Prints tables; judges nothing.
 */
export async function run(): Promise<void> {
  const say = (text: string): boolean => process.stdout.write(`${text}\n`);
  const stops: (() => Promise<void>)[] = [];
  try {
    say('Starting PostgreSQL, a pipe and the gate…');
    const database = await startDatabase();
    stops.push(database.stop);
    const version = await fill(database.port);
    const pipe = await startPipe(database.port);
    stops.push(pipe.stop);
    const gate = await startGate(database.port);
    stops.push(gate.stop);
    say(
      `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores; Node ${process.versions.node}; PostgreSQL ${version}, fsync off, loopback\n`,
    );

    const straight = { ...server, database: 'postgres' };
    const through = (connection: string): Address => ({
      port: gate.port,
      user: 'bench',
      password: gate.key,
      database: connection,
    });
    const subjects: readonly Subject[] = [
      { name: 'direct', address: { ...straight, port: database.port }, pid: null },
      { name: 'bare pipe', address: { ...straight, port: pipe.port }, pid: pipe.pid },
      { name: 'gate, observe', address: through('observe'), pid: gate.pid },
      { name: 'gate, production', address: through('production'), pid: gate.pid },
      { name: 'gate, production, one text column masked', address: through('masked'), pid: gate.pid },
    ];
    for (const workload of workloads) say(`${table(workload, await measure(workload, subjects))}\n`);
    say(note);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

const note = `"CPU" is the processor time of the process in the middle, per statement, row or connection: on a busy machine it
is the figure to trust. Everything that passes the gate is journaled; rows up to the recording limit are kept, all of them
are hashed.`;

async function measure(workload: Workload, subjects: readonly Subject[]): Promise<Measured[]> {
  const measured = subjects.map(({ name }) => ({ subject: name, runs: [] as Measured['runs'][number][] }));
  // One round to warm up: caches, compiled code, the gate's knowledge of the catalog.
  for (let round = -1; round < workload.rounds; round++) {
    for (const [index, { address, pid }] of subjects.entries()) {
      const before = processorSeconds(pid);
      const result = await workload.run(address);
      const after = processorSeconds(pid);
      const processor = before === null || after === null ? null : (after - before) / result.units;
      if (round >= 0) measured[index]?.runs.push({ ...result, processor });
    }
  }
  return measured;
}

/** Makes the table; returns the server's version. */
async function fill(port: number): Promise<string> {
  const client = new pg.Client({ host: '127.0.0.1', port, ...server, database: 'postgres' });
  await client.connect();
  try {
    await client.query(
      `CREATE TABLE account AS
       SELECT n AS id, 'owner number ' || n AS owner, n % 10000 AS balance, repeat('x', 60) AS filler
       FROM generate_series(1, ${tableRows}) AS n`,
    );
    await client.query('ALTER TABLE account ADD PRIMARY KEY (id)');
    await client.query('VACUUM ANALYZE account');
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version ?? '';
  } finally {
    await client.end();
  }
}
