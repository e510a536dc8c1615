import { expect, test } from 'vitest';
import { type Finding, reasonFor } from './known-differences.ts';

const finding = (sql: string, problem: Finding['problem']): Finding => ({
  ...{ test: 'triggers', line: 1, relations: ['t'] },
  ...{ sql, problem },
});

test('a difference is explained for its own statement and problem only', () => {
  const wrote = 'wrote but judged read-only';
  expect(reasonFor(finding('SET CONSTRAINTS ALL IMMEDIATE', wrote))).toMatch(/deferred triggers/);
  expect(reasonFor(finding('SET work_mem = 1', wrote))).toBeNull();
  expect(reasonFor(finding('CREATE INDEX ON t (a ops)', wrote))).toBeNull();
});
