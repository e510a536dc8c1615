/** What a statement makes the server do by what stands in its text alone, however small the tables are. */
export interface Workload {
  /** Rows that calls of generate_series, and recursion up to a constant, make; multiplied. 1 when there are none. */
  rows: number;
  /** Bytes of the longest text or array that repeat, lpad, rpad or array_fill make. */
  bytes: number;
  /** Rows of relations that are joined without any condition, by the catalog's estimates. */
  combinations: number;
  /** True for recursion that nothing ends. */
  endless: boolean;
}

export const noWork = (): Workload => ({ rows: 1, bytes: 0, combinations: 0, endless: false });

/** True when there is any. */
export const madeWork = ({ rows, bytes, combinations, endless }: Workload): boolean =>
  rows > 1 || bytes > 0 || combinations > 1 || endless;

/** Adds the work of code behind the statement. */
export function mergeWork(work: Workload, from: Workload): void {
  work.rows *= from.rows;
  work.bytes = Math.max(work.bytes, from.bytes);
  work.combinations = Math.max(work.combinations, from.combinations);
  work.endless ||= from.endless;
}
