/** What a text may cost us before it is refused; every limit has a test. */
export interface SqlLimits {
  /** Longest statement text, in bytes of UTF-8. libpg-query's memory grows about 15-fold with it and never shrinks. */
  readonly statementBytes: number;
  /** Budget of the parse cache, in bytes (estimated). */
  readonly cacheBytes: number;
}

export const DEFAULT_SQL_LIMITS: SqlLimits = {
  statementBytes: 1024 * 1024,
  cacheBytes: 32 * 1024 * 1024,
};
