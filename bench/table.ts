import type { Run, Workload } from './workloads.ts';

/** The runs of one subject in one workload; `processor` in seconds per unit of work, null where it could not be told. */
export interface Measured {
  readonly subject: string;
  readonly runs: readonly (Run & { readonly processor: number | null })[];
}

const factor = { ns: 1e9, µs: 1e6, ms: 1e3 } as const;

/** One workload as a table: medians over the rounds, and each subject against the first. */
export function table(workload: Workload, measured: readonly Measured[]): string {
  const { unit, processorUnit } = workload;
  const first = middle(measured[0]?.runs.map(({ value }) => value) ?? []);
  const hasP99 = measured.some(({ runs }) => runs.some(({ p99 }) => p99 !== undefined));
  const rows = measured.map(({ subject, runs }) => {
    const value = middle(runs.map((run) => run.value));
    const processor = runs.flatMap((run) => (run.processor === null ? [] : [run.processor]));
    return [
      subject,
      shown(value),
      ...(hasP99 ? [shown(middle(runs.map((run) => run.p99 ?? 0)))] : []),
      `${(value / first).toFixed(2)}×`,
      workload.moreIsBetter ? '' : `${value < first ? '' : '+'}${shown(value - first)}`,
      processor.length === 0 ? '–' : shown(middle(processor) * factor[processorUnit]),
    ];
  });
  const head = [
    '',
    unit,
    ...(hasP99 ? ['p99'] : []),
    'to direct',
    workload.moreIsBetter ? '' : 'added',
    `CPU ${processorUnit}`,
  ];
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return [`${workload.title} (median of ${workload.rounds} interleaved runs)`, ...text.map((line) => `  ${line}`)].join(
    '\n',
  );
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

function shown(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
