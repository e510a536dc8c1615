/** One suite on one server, both ways. `direct` is null for a suite that only means something at a gate. */
export interface Row {
  readonly suite: string;
  readonly server: string;
  readonly direct: Cell | null;
  readonly through: Cell;
  readonly verdict: 'same' | 'different' | 'not run';
  /** What differs, or why it did not run; one sentence each. */
  readonly remarks: readonly string[];
}

/** Passed and failed, and how long that took in seconds. Null when the suite broke before it could tell. */
export type Cell = { readonly passed: number; readonly failed: number; readonly seconds: number } | null;

/** The rows in columns for people, with the remarks below. */
export function table(rows: readonly Row[]): string {
  const head = ['suite', 'PostgreSQL', 'direct', 'through Postern', '', 'seconds'];
  const lines = [head, ...rows.map(cells)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const remarks = rows.flatMap(({ suite, server, remarks: said }) =>
    said.map((one) => `${suite} on ${server}: ${one}`),
  );
  return [...text, ...(remarks.length === 0 ? [] : ['', ...remarks])].join('\n');
}

function cells({ suite, server, direct, through, verdict }: Row): string[] {
  const seconds = [direct, through].map((cell) => cell?.seconds.toFixed(0) ?? '–').join(' → ');
  return [suite, server, count(direct), count(through), verdict, seconds];
}

const count = (cell: Cell): string => (cell === null ? '–' : `${cell.passed}/${cell.passed + cell.failed}`);
