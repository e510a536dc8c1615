import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment, PolicyPreset, Verdict } from '../../src/contract/index.ts';
import { policies } from '../../src/gateway/policy/index.ts';
import { SEVERITY } from '../../src/gateway/policy/judge.ts';
import type { CatalogSnapshot } from '../../src/gateway/sql/catalog.ts';
import { loadCatalog } from '../../src/gateway/sql/catalog-query.ts';
import type { ParsedStatement, Understanding } from '../../src/gateway/sql/effects.ts';
import { createParser, type Parser } from '../../src/gateway/sql/parser.ts';
import { inputOf } from '../gateway/policy/input.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { catalogQuery } from './catalog.ts';

interface CorpusCase {
  readonly id: string;
  readonly category: string;
  readonly expect: 'allow' | 'approval' | 'block';
  readonly sql?: string;
  readonly steps?: readonly { readonly q?: string }[];
  readonly expectByProfile?: Readonly<Record<'readonly' | 'readwrite', 'allow' | 'approval'>>;
}

const read = (file: string): string => readFileSync(new URL(`data/${file}`, import.meta.url), 'utf8');
const cases = (file: string): readonly CorpusCase[] => JSON.parse(read(file)).cases;

/**
 * Risky only because of *which column* they read: the policy does not know mask rules. The masking room answers them
 * (what it cannot mask it refuses), and the acceptance runner judges both together.
 */
const MASKING_DECIDES =
  /^(SELECT id FROM users ORDER BY ssn|SELECT count\(\*\) FROM users WHERE salary|EXPLAIN ANALYZE SELECT 1 FROM users WHERE email|DECLARE c CURSOR WITH HOLD FOR SELECT email|COPY \(SELECT email FROM users\) TO STDOUT)/;

let database: TestDatabase;
let parser: Parser;
let catalog: CatalogSnapshot;

beforeAll(async () => {
  database = await createDatabase();
  await database.query(read('roles.sql'));
  await database.query(read('schema.sql'));
  parser = await createParser();
  const side = await catalogQuery(database);
  catalog = await loadCatalog(side.query, 1);
  await side.end();
});

afterAll(() => database.drop());

/** The worst verdict over the case's steps; EXECUTE is resolved to what was prepared, as the session does. */
function judge(one: CorpusCase, preset: PolicyPreset, environment: Environment): { verdict: Verdict; rule: string } {
  const prepared = new Map<string, ParsedStatement>();
  let worst: { verdict: Verdict; rule: string } = { verdict: 'allow', rule: 'none' };
  for (const text of one.sql === undefined ? (one.steps ?? []).flatMap((step) => step.q ?? []) : [one.sql]) {
    const filled = text.replace(/\{\{(\w+)\}\}/g, 'placeholder');
    const understanding = resolve(parser.understand(filled, catalog), prepared);
    const input = inputOf(understanding, environment);
    const { verdict, rule } = policies[preset].judge(input);
    if (SEVERITY[verdict] > SEVERITY[worst.verdict]) worst = { verdict, rule: rule.id };
  }
  return worst;
}

function resolve(understanding: Understanding, prepared: Map<string, ParsedStatement>): Understanding {
  if (understanding.status !== 'understood') return understanding;
  const statements = understanding.statements.flatMap((statement) => {
    for (const use of statement.names) if (use.op === 'prepare') prepared.set(use.name, use.statement);
    const executed = statement.names.flatMap((use) => (use.op === 'execute' ? (prepared.get(use.name) ?? []) : []));
    return [statement, ...executed];
  });
  return { status: 'understood', statements };
}

describe('the risky corpus', () => {
  const judged = cases('risky.json').filter((one) => !MASKING_DECIDES.test(one.sql ?? ''));

  it.each(['production', 'staging'] as const)('runs nothing without a person under the preset %s', (preset) => {
    const passed = judged
      .map((one) => ({ id: one.id, sql: one.sql, ...judge(one, preset, preset) }))
      .filter((answer) => answer.verdict === 'allow');
    expect(passed).toEqual([]);
  });

  it.each(['production', 'staging'] as const)('never runs what must be blocked under the preset %s', (preset) => {
    const held = judged
      .filter((one) => one.expect === 'block')
      .map((one) => ({ id: one.id, sql: one.sql, ...judge(one, preset, preset) }))
      .filter((answer) => answer.verdict !== 'block');
    expect(held).toEqual([]);
  });
});

describe('the benign corpus', () => {
  const allowedBy = (preset: PolicyPreset, environment: Environment, profile: 'readonly' | 'readwrite') =>
    cases('benign.json')
      .map((one) => {
        const expected = (one.expectByProfile?.[profile] ?? one.expect) === 'allow';
        const { verdict, rule } = judge(one, preset, environment);
        return { id: one.id, sql: one.sql, verdict, rule, asExpected: (verdict === 'allow') === expected };
      })
      .filter((answer) => !answer.asExpected);

  it('passes under production, but for the writes, which are held', () => {
    expect(allowedBy('production', 'production', 'readonly')).toEqual([]);
  });

  it('passes under staging, writes included, but for a DELETE by a pattern, which no key proves narrow, and an UPDATE whose trigger sends notifications in its owner’s name', () => {
    expect(allowedBy('staging', 'staging', 'readwrite').map(({ sql, rule }) => [sql, rule])).toEqual([
      [`DELETE FROM "products" WHERE "products"."sku"::text LIKE 'DB-%'`, 'delete-without-key'],
      [`UPDATE users SET nickname = 'bob' WHERE id = 5`, 'unknown-function'],
    ]);
  });

  it('never writes under read-only', () => {
    const writes = cases('benign.json').filter((one) => one.expectByProfile !== undefined);
    expect(writes.map((one) => judge(one, 'read-only', 'production').verdict)).toEqual(writes.map(() => 'block'));
  });
});
