import { beforeAll, describe, expect, it } from 'vitest';
import { policies } from '../../../src/gateway/policy/index.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, table } from '../sql/builders.ts';
import { inputOf } from './input.ts';

const catalog = catalogOf(
  [
    table('pg_settings', ['name', 'setting'], { schema: 'pg_catalog', kind: 'v' }),
    table('pg_settings', ['name', 'setting'], { schema: 'evil' }),
  ],
  [],
);

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});

const answer = (sql: string): string => {
  const { verdict, rule } = policies.production.judge(inputOf(parser.understand(sql, catalog), 'production'));
  return `${verdict} ${rule.id}`;
};

describe('settings', () => {
  it.each([
    "SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE name = 'restrict_nonsystem_relation_kind'",
    "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'",
    'SET pg_trgm.similarity_threshold = 0.4',
    'SET LOCAL hnsw.ef_search = 200',
    "SET work_mem = '512MB'",
    'SET work_mem = 65536',
    "SELECT set_config('maintenance_work_mem', '4GB', true)",
    'RESET work_mem',
  ])('that tools change pass: %s', (sql) => {
    expect(answer(sql)).toBe('allow read');
  });

  it.each([
    ["SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'row_security'", 'block restricted-setting'],
    ["SELECT set_config(name, 'x', false) FROM pg_settings WHERE name <> 'role'", 'ask unusual-setting'],
    ["SELECT set_config(name, 'x', false) FROM pg_settings WHERE name = $1", 'ask unusual-setting'],
    [
      "SELECT set_config(name, 'x', false) FROM pg_settings s (setting, name) WHERE name = 'seed'",
      'ask unusual-setting',
    ],
    ["SELECT set_config(name, 'x', false) FROM evil.pg_settings WHERE name = 'seed'", 'ask unusual-setting'],
    [
      "SELECT (SELECT set_config(name, 'x', false) FROM (VALUES ('role')) v(name)) FROM pg_settings WHERE name = 'seed'",
      'ask unusual-setting',
    ],
    [
      "WITH pg_settings AS (SELECT 'role' AS name) SELECT set_config(name, 'x', false) FROM pg_settings WHERE name = 'role'",
      'ask unusual-setting',
    ],
    ["SET work_mem = '2000GB'", 'ask unusual-setting'],
    ['SET work_mem = 2000000000', 'ask unusual-setting'],
    ["SET temp_buffers = '1TB'", 'ask unusual-setting'],
    ['SET hash_mem_multiplier = 1000', 'ask unusual-setting'],
    ["SELECT set_config('work_mem', $1, false)", 'ask unusual-setting'],
    ['SET app.tenant = 1', 'ask unusual-setting'],
  ])('that could do harm do not: %s', (sql, expected) => {
    expect(answer(sql)).toBe(expected);
  });
});
