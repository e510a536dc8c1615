import { bind, execute, parse, query, sync } from '../src/gateway/wire/encode-frontend.ts';
import { type Address, RawClient } from './client.ts';

/** Rows of the table `account`. */
export const tableRows = 1_000_000;

/** What one run of a workload showed. `units` are what processor time is divided by. */
export interface Run {
  readonly value: number;
  /** The slowest of a hundred, where single times were taken. */
  readonly p99?: number;
  readonly units: number;
}

export interface Workload {
  readonly title: string;
  readonly unit: string;
  /** Unit of processor time, for one of `units`. */
  readonly processorUnit: 'µs' | 'ns' | 'ms';
  /** True when a bigger value is better. */
  readonly moreIsBetter: boolean;
  readonly rounds: number;
  run(address: Address): Promise<Run>;
}

/** How long small statements are sent in one run, in milliseconds. */
const runMs = 250;

/** A row by its key, with the text column that the masked connection masks. Each text is new, as an agent's texts are. */
const simple = (id: number): Buffer => query(`SELECT id, owner, balance FROM account WHERE id = ${id}`);

const prepared = (id: number): Buffer => Buffer.concat([bind('', 'by_id', [String(id)]), execute(''), sync()]);

const preparation = Buffer.concat([parse('by_id', 'SELECT id, owner, balance FROM account WHERE id = $1'), sync()]);

const everything = query('SELECT id, owner, balance, filler FROM account');

export const workloads: readonly Workload[] = [
  small('simple statement, one row, one connection', async () => undefined, simple),
  small('prepared statement, one row, one connection', (client) => client.request(preparation), prepared),
  {
    title: `result of ${tableRows.toLocaleString('en')} rows`,
    unit: 'MB/s',
    processorUnit: 'ns',
    moreIsBetter: true,
    rounds: 3,
    run: (address) =>
      using(address, async (client) => {
        const start = performance.now();
        const { rows, bytes } = await client.request(everything);
        if (rows !== tableRows) throw new Error(`${rows} rows came instead of ${tableRows}`);
        return { value: bytes / 1e6 / ((performance.now() - start) / 1000), units: rows };
      }),
  },
  {
    title: 'connect, until ready for a statement, and close',
    unit: 'ms',
    processorUnit: 'ms',
    moreIsBetter: false,
    rounds: 3,
    run: async (address) => {
      const times: number[] = [];
      for (let count = 0; count < 15; count++) {
        const start = performance.now();
        const client = await RawClient.connect(address);
        times.push(performance.now() - start);
        await client.end();
      }
      return { ...spread(times), units: times.length };
    },
  },
];

function small(
  title: string,
  prepare: (client: RawClient) => Promise<unknown>,
  statement: (id: number) => Buffer,
): Workload {
  return {
    title,
    unit: 'µs',
    processorUnit: 'µs',
    moreIsBetter: false,
    rounds: 9,
    run: (address) =>
      using(address, async (client) => {
        await prepare(client);
        const times: number[] = [];
        const until = performance.now() + runMs;
        for (let last = performance.now(); last < until; ) {
          const { rows } = await client.request(statement(1 + Math.floor(Math.random() * tableRows)));
          if (rows !== 1) throw new Error(`${rows} rows came instead of one`);
          const now = performance.now();
          times.push((now - last) * 1000);
          last = now;
        }
        return { ...spread(times), units: times.length };
      }),
  };
}

async function using<T>(address: Address, work: (client: RawClient) => Promise<T>): Promise<T> {
  const client = await RawClient.connect(address);
  return work(client).finally(() => client.end());
}

function spread(times: readonly number[]): { value: number; p99: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return { value: at(0.5), p99: at(0.99) };
}
