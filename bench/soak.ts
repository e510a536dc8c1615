import { cpus } from 'node:os';
import { frontend } from '../src/gateway/wire/constants.ts';
import { query } from '../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../src/gateway/wire/message-builder.ts';
import { type Address, RawClient, type Reply } from './client.ts';
import { descriptorsOf, forgetPeak, memoryOf, server, startDatabase, startGate } from './processes.ts';

interface Load {
  readonly title: string;
  /** The connection of the gate, which for masking differs. */
  readonly connection?: string;
  /** Whether it is measured straight at the server too. */
  readonly direct?: boolean;
  readonly run: (client: RawClient) => Promise<Reply>;
  /** Bytes that the client sends. */
  readonly sends?: number;
}

const copyData = (size: number): Buffer => {
  const row = `${'c'.repeat(1023)}\n`;
  return new MessageBuilder(frontend.copyData).bytes(Buffer.from(row.repeat(size / row.length))).build();
};
/** A copy whose rows are parsed and dropped: the way in is what is measured, not the disk. */
const copyIn = query('COPY sink FROM STDIN WHERE false');
const select = (what: string) => (client: RawClient) => client.request(query(`SELECT ${what}`));
const twoMillion = 'FROM generate_series(1, 2000000) n';
const small = copyData(64 * 1024);
const large = copyData(128 * 1024 * 1024);

const loads: readonly Load[] = [
  { title: 'a  2 GB in rows of 1 kB', run: select(`n, repeat('x', 1000) ${twoMillion}`) },
  { title: 'b  20 rows of one cell of 100 MB', run: select(`repeat('x', 100000000) FROM generate_series(1, 20)`) },
  { title: 'c  one cell of 900 MB', run: select(`repeat('x', 900000000)`) },
  { title: 'd1 2 GB COPY IN, messages of 64 KiB', run: (client) => client.copyIn(copyIn, small, 32_768), sends: 2048 },
  { title: 'd2 2 GB COPY IN, messages of 128 MiB', run: (client) => client.copyIn(copyIn, large, 16), sends: 2048 },
  {
    title: 'e1 2 GB COPY OUT, text',
    run: (client) => client.request(query(`COPY (SELECT repeat('x', 1000) ${twoMillion}) TO STDOUT`)),
  },
  {
    title: 'e2 2 GB COPY OUT, binary',
    run: (client) => client.request(query(`COPY (SELECT repeat('x', 1000) ${twoMillion}) TO STDOUT (FORMAT binary)`)),
  },
  {
    title: 'f  2 GB, reader stalls for 10 s',
    direct: false,
    run: (client) => {
      client.stall(10_000);
      return select(`n, repeat('x', 1000) ${twoMillion}`)(client);
    },
  },
  {
    title: 'h1 masked cell of 60 MB',
    connection: 'masked',
    direct: false,
    run: select('owner FROM account WHERE id = 60'),
  },
  {
    title: 'h2 masked cell of 300 MB, refused',
    connection: 'masked',
    direct: false,
    run: (client) =>
      select('owner FROM account WHERE id = 300')(client).then(
        () => Promise.reject(new Error('a masked cell of 300 MB came through')),
        (error: Error) => (error.message.includes('54000') ? { rows: 0, bytes: 0 } : Promise.reject(error)),
      ),
  },
];

/**
 * What large results and many sessions cost the gate in memory: the built gate in a process of its own before a PostgreSQL,
 * one load after the other, with the peak of its resident memory. Prints a table; takes some minutes. Linux only.
 */
export async function run(): Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  try {
    say('Starting PostgreSQL and the gate…');
    const database = await startDatabase(sessions + 20);
    stops.push(database.stop);
    const straight: Address = { ...server, database: 'postgres', port: database.port };
    await fill(straight);
    const gate = await startGate(database.port);
    stops.push(gate.stop);
    const through = (connection: string): Address => ({
      port: gate.port,
      user: 'bench',
      password: gate.key,
      database: connection,
    });
    await once(through('observe'), select('1'));
    await once(through('masked'), select('1'));
    say(
      `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores; Node ${process.versions.node}; gate at rest ${mb(memoryOf(gate.pid).now)}\n`,
    );
    say(line('', 'MB', 'direct s', 'gate s', 'before', 'peak', 'growth'));
    for (const { title, connection = 'observe', direct = true, run: load, sends } of loads) {
      const plain = direct ? await once(straight, load) : null;
      forgetPeak(gate.pid);
      const before = memoryOf(gate.pid).now;
      const passed = await once(through(connection), load);
      const { peak } = memoryOf(gate.pid);
      if (plain !== null && (plain.rows !== passed.rows || plain.bytes !== passed.bytes)) {
        throw new Error(`${title}: ${plain.bytes} bytes came from the server, ${passed.bytes} through the gate`);
      }
      const moved = sends ?? passed.bytes / 1048576;
      say(
        line(
          title,
          moved.toFixed(0),
          plain === null ? '–' : plain.seconds.toFixed(1),
          passed.seconds.toFixed(1),
          mb(before),
          mb(peak),
          mb(peak - before),
        ),
      );
    }
    say(`\ng  ${sessions} sessions at once, ${statementsEach} statements each, ${crowds} times`);
    for (let round = 0; round < crowds; round += 1) await crowd(through('observe'), gate.pid);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** Sessions open at the same time. */
const sessions = 500;
const statementsEach = 20;
/** What the first crowd grew is kept by the heap for the next one; only what each further one adds would be a leak. */
const crowds = 3;

async function crowd(address: Address, pid: number): Promise<void> {
  const before = { memory: memoryOf(pid).now, descriptors: descriptorsOf(pid) };
  const clients: RawClient[] = [];
  const start = performance.now();
  while (clients.length < sessions) {
    clients.push(...(await Promise.all(Array.from({ length: 25 }, () => RawClient.connect(address)))));
  }
  const connected = performance.now();
  await Promise.all(
    clients.map(async (client, index) => {
      for (let count = 0; count < statementsEach; count++)
        await select(`${index}, ${count}, repeat('x', 1000)`)(client);
    }),
  );
  const done = performance.now();
  const during = { memory: memoryOf(pid), descriptors: descriptorsOf(pid) };
  await Promise.all(clients.map((client) => client.end()));
  for (let left = 100; left > 0 && descriptorsOf(pid) > before.descriptors; left -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  say(
    `   connected in ${((connected - start) / 1000).toFixed(1)} s, ${((sessions * statementsEach) / ((done - connected) / 1000)).toFixed(0)} statements/s`,
  );
  say(
    `   memory: before ${mb(before.memory)}, with them ${mb(during.memory.now)} (peak ${mb(during.memory.peak)}), ${(((during.memory.now - before.memory) * 1024) / sessions).toFixed(0)} kB for each; after ${mb(memoryOf(pid).now)}`,
  );
  say(
    `   file descriptors: before ${before.descriptors}, with them ${during.descriptors}, after ${descriptorsOf(pid)}`,
  );
}

async function once(address: Address, load: Load['run']): Promise<Reply & { readonly seconds: number }> {
  const client = await RawClient.connect(address);
  const start = performance.now();
  try {
    return { ...(await load(client)), seconds: (performance.now() - start) / 1000 };
  } finally {
    await client.end();
  }
}

async function fill(address: Address): Promise<void> {
  for (const statement of [
    'CREATE UNLOGGED TABLE sink (data text)',
    'CREATE TABLE account (id int PRIMARY KEY, owner text)',
    `INSERT INTO account SELECT n, repeat('o', n * 1000000) FROM unnest(ARRAY[60, 300]) n`,
  ]) {
    await once(address, (client) => client.request(query(statement)));
  }
}

const mb = (megabytes: number): string => `${megabytes.toFixed(0)} MB`;
const line = (title: string, ...cells: readonly string[]): string =>
  `${title.padEnd(38)}${cells.map((cell) => cell.padStart(10)).join('')}`;
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
