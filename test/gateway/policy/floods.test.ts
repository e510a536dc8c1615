import { beforeAll, describe, expect, it } from 'vitest';
import { policies } from '../../../src/gateway/policy/index.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, table } from '../sql/builders.ts';
import { inputOf } from './input.ts';

const catalog = catalogOf([
  table('events', ['id', 'user_id'], { estimatedRows: 50_000 }),
  table('users', ['id'], { estimatedRows: 3000 }),
  table('fresh', ['id'], { estimatedRows: -1 }),
]);

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});

const judged = (sql: string) => policies.production.judge(inputOf(parser.understand(sql, catalog), 'production'));

describe('work that a statement makes out of nothing', () => {
  it.each([
    ['SELECT count(*) FROM generate_series(1, 1000 * 1000 * 10)', 'It makes 10,000,000 rows out of nothing.'],
    ['SELECT count(*) FROM generate_series(1, 10 ^ 9)', 'It makes 1,000,000,000 rows out of nothing.'],
    ["SELECT generate_series(timestamp '2000-01-01', '2001-01-01', '1 s')", 'It makes 31,622,401 rows out of nothing.'],
    ["SELECT repeat('x', 1000000000)", 'It makes 1,000,000,000 bytes out of nothing.'],
    ["SELECT md5(repeat(repeat('xy', 10000), 10000))", 'It makes 200,000,000 bytes out of nothing.'],
    ["SELECT lpad('x', 900000000, 'y')", 'It makes 900,000,000 bytes out of nothing.'],
    ['SELECT unnest(array_fill(0, ARRAY[10000, 10000]))', 'It makes 800,000,000 bytes out of nothing.'],
    [
      "SELECT string_agg(repeat('x', 1000), '') FROM generate_series(1, 1000000)",
      'It makes 1,000,000,000 bytes out of nothing.',
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t',
      'It recurses without a condition that ends it.',
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION SELECT n + 1 FROM t WHERE true) SELECT count(*) FROM t LIMIT 1',
      'It recurses without a condition that ends it.',
    ],
    [
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 9000000) SELECT max(n) FROM t',
      'It makes 9,000,000 rows out of nothing.',
    ],
    ['SELECT count(*) FROM events, users', 'It joins tables without a condition, to about 150,000,000 rows.'],
    [
      'SELECT count(*) FROM events a CROSS JOIN events b WHERE 1 = 1',
      'It joins tables without a condition, to about 2,500,000,000 rows.',
    ],
    [
      'SELECT 1 FROM events JOIN users ON true ORDER BY 1 LIMIT 5',
      'It joins tables without a condition, to about 150,000,000 rows.',
    ],
  ])('is asked about: %s', (sql, reason) => {
    expect(judged(sql)).toMatchObject({ verdict: 'ask', rule: { id: 'generates-many-rows', reason } });
  });

  it.each([
    "SELECT generate_series('2020-01-01'::date, '2030-01-01'::date, '1 day')",
    'SELECT generate_series(1, $1)',
    "SELECT repeat('-', 80), lpad(id::text, 10, '0') FROM events",
    "SELECT repeat('x', id) FROM users",
    'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT n FROM t',
    'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT n FROM t LIMIT 10',
    'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 10) SELECT n FROM t',
    'WITH RECURSIVE t(n) AS (SELECT id FROM users UNION SELECT n FROM t) SELECT n FROM t',
    'WITH RECURSIVE t AS (SELECT id FROM events UNION ALL SELECT e.id FROM events e JOIN t ON e.user_id = t.id) SELECT 1 FROM t',
    'SELECT count(*) FROM events e, users u WHERE e.user_id = u.id',
    'SELECT count(*) FROM events e JOIN users u ON u.id = e.user_id LEFT JOIN events f USING (id)',
    'SELECT * FROM events, users LIMIT 10',
    'SELECT count(*) FROM events, fresh',
  ])('passes where it is little or has an end: %s', (sql) => {
    expect(judged(sql)).toMatchObject({ verdict: 'allow' });
  });
});
