import type { Environment } from '../../../src/contract/index.ts';
import type { PolicyInput } from '../../../src/gateway/policy/types.ts';
import type { Understanding } from '../../../src/gateway/sql/effects.ts';

/** What a policy is asked about a simple Query outside a transaction, of a session about which nothing else is known. */
export const inputOf = (understanding: Understanding, environment: Environment): PolicyInput => ({
  understanding,
  environment,
  connection: 'c',
  agent: 'a',
  subject: 's',
  groups: [],
  database: 'd',
  role: 'r',
  now: 0,
  estimatedRows: () => null,
  columns: () => [],
  protocol: 'simple',
  transaction: 'idle',
  transactionMoved: false,
});
