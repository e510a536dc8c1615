import { defaultSeed } from '../support/property.ts';

/** How much one run tries. `npm test` takes the small fixed budget of each test; `npm run fuzz` sets these (scripts/fuzz.mjs). */
export interface Budget {
  /** Inputs or scripts at most. */
  readonly runs: number;
  readonly seed: number;
  /** Milliseconds after which no further input is begun. */
  readonly timeLimit: number;
  /** True in the separate long run. */
  readonly long: boolean;
}

const number = (name: string): number | null => {
  const text = process.env[name];
  return text === undefined || text === '' ? null : Number(text);
};

/** The budget of one target: its own small one, or what the long run was told. */
export function budget(small: { readonly runs: number; readonly seconds: number }): Budget {
  const runs = number('POSTERN_FUZZ_COUNT');
  const minutes = number('POSTERN_FUZZ_MINUTES');
  const long = runs !== null || minutes !== null;
  return {
    runs: runs ?? (long ? Number.MAX_SAFE_INTEGER : small.runs),
    seed: number('POSTERN_FUZZ_SEED') ?? defaultSeed,
    timeLimit: long ? (minutes ?? 24 * 60) * 60_000 : small.seconds * 1000,
    long,
  };
}

/** Prints what a target did, in the long run only. */
export function report(target: string, runs: number, startedAt: number, { seed, long }: Budget, more = ''): void {
  if (!long) return;
  const seconds = (performance.now() - startedAt) / 1000;
  const rss = Math.round(process.memoryUsage().rss / 1024 / 1024);
  process.stdout.write(
    `${target.padEnd(24)} ${runs} inputs in ${seconds.toFixed(1)} s, ${Math.round(runs / seconds)}/s, seed ${seed}, rss ${rss} MB${more === '' ? '' : `, ${more}`}\n`,
  );
}
