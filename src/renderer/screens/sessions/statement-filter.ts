import type { StatementEntry } from '../../../contract/index.ts';

export type StatementFilter = 'all' | 'allowed' | 'asked' | 'refused' | 'masked' | 'failed';

/** What each filter shows. A statement may be under several: one that was asked and denied is under both. */
export const statementFilters: Record<
  StatementFilter,
  { readonly title: string; readonly test: (statement: StatementEntry) => boolean }
> = {
  all: { title: 'All', test: () => true },
  allowed: { title: 'Allowed', test: (statement) => statement.verdict === 'allow' },
  asked: { title: 'Asked', test: (statement) => statement.verdict === 'ask' },
  refused: {
    title: 'Refused',
    test: ({ verdict, decision, outcome }) =>
      verdict === 'block' ||
      verdict === 'terminate' ||
      outcome?.status === 'refused' ||
      decision?.state === 'denied' ||
      decision?.state === 'expired',
  },
  masked: { title: 'Masked', test: (statement) => (statement.outcome?.maskedColumns.length ?? 0) > 0 },
  failed: { title: 'Failed', test: ({ outcome }) => outcome?.status === 'error' || outcome?.status === 'lost' },
};
