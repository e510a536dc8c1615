import { beforeAll, describe, expect, it } from 'vitest';
import type { Scope, Verdict } from '../../../src/contract/index.ts';
import { policies } from '../../../src/gateway/policy/index.ts';
import { withinScope } from '../../../src/gateway/policy/scope.ts';
import type { PolicyInput } from '../../../src/gateway/policy/types.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, table } from '../sql/builders.ts';

const catalog = catalogOf([
  table('orders', ['id', 'note'], { uniqueKeys: [['id']] }),
  table('scratch', ['a'], { schema: 'work' }),
  table('pg_class', ['oid'], { schema: 'pg_catalog' }),
  table('guarded', ['a'], {
    schema: 'work',
    rowSecurity: { expressions: ['(a IN ( SELECT orders.id FROM public.orders))'], reads: [], calls: [] },
  }),
]);
let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});

function judge(text: string, scope: Scope | null, rest: Partial<PolicyInput> = {}): string {
  const input: PolicyInput = {
    understanding: parser.understand(text, catalog),
    environment: 'staging',
    connection: 'c',
    agent: 'a',
    subject: 's',
    groups: [],
    database: 'd',
    role: 'r',
    protocol: 'simple',
    transaction: 'idle',
    transactionMoved: false,
    now: Date.parse('2026-11-23T00:00:00Z'),
    estimatedRows: () => null,
    columns: () => [],
    ...rest,
  };
  const { verdict, rule } = withinScope(policies.observe.judge(input), scope, input);
  return `${verdict} ${rule.id}`;
}

describe('a key that only reads', () => {
  const scope: Scope = { readOnly: true };
  it.each([
    ['SELECT * FROM orders', 'allow observe'],
    ['BEGIN', 'allow observe'],
    ['UPDATE orders SET note = 1 WHERE id = 1', 'block scope-read-only'],
    ['WITH d AS (DELETE FROM orders RETURNING 1) SELECT * FROM d', 'block scope-read-only'],
    ['EXPLAIN ANALYZE DELETE FROM orders', 'block scope-read-only'],
    ['CREATE TEMP TABLE t (a int)', 'block scope-read-only'],
    ['DO $$ BEGIN END $$', 'block scope-read-only'],
    ['SELECT mend(1)', 'block scope-read-only'],
    ['SELEKT', 'block scope-read-only'],
  ])('%s: %s', (text, expected) => expect(judge(text, scope)).toBe(expected));
});

describe('a key for certain schemas', () => {
  const scope: Scope = { readOnly: false, schemas: ['work', 'tmp_*'] };
  it.each([
    ['SELECT * FROM work.scratch', 'allow observe'],
    ['UPDATE work.scratch SET a = 1', 'allow observe'],
    ['SELECT oid FROM pg_class', 'allow observe'],
    ['SELECT 1', 'allow observe'],
    ['SELECT * FROM work.guarded', 'allow observe'], // its policy decides which rows are seen, and shows none of others
    ['SELECT * FROM work.guarded, orders', 'block scope-schemas'],
    ['SELECT * FROM orders', 'block scope-schemas'],
    ['INSERT INTO work.scratch SELECT id FROM orders', 'block scope-schemas'],
    ['SELECT * FROM nobody_knows', 'block scope-schemas'],
    ['DELETE FROM pg_class', 'block scope-schemas'],
    ['SELECT mend(a) FROM work.scratch', 'block scope-schemas'],
    ['DO $$ BEGIN END $$', 'block scope-schemas'],
    ['SELEKT', 'block scope-schemas'],
  ])('%s: %s', (text, expected) => expect(judge(text, scope)).toBe(expected));

  it('refuses a FunctionCall, of which nothing can be told', () => {
    expect(judge('', scope, { protocol: 'function_call' })).toBe('block scope-schemas');
  });
});

it('a key whose time is over ends the session', () => {
  const at = (validUntil: string): string => judge('SELECT 1', { readOnly: false, validUntil });
  expect([at('2026-11-23T00:00:01Z'), at('2026-11-23T00:00:00Z')]).toEqual([
    'allow observe',
    'terminate scope-expired',
  ]);
});

it('without a scope, and where something was refused already, nothing changes', () => {
  expect(judge('DELETE FROM orders', null)).toBe('allow observe');
  const input = { now: 0 } as PolicyInput;
  const refused = { verdict: 'block' as Verdict, rule: { id: 'x', title: '', reason: '', hint: null } };
  expect(withinScope(refused, { readOnly: true }, input)).toBe(refused);
});
