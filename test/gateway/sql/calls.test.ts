import { beforeAll, describe, expect, test } from 'vitest';
import { isSafeCall } from '../../../src/gateway/policy/functions.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, statementsOf, userFunction } from './builders.ts';

const ofExtension = (extension: string, name: string, volatility: 'i' | 's' | 'v', language = 'c') =>
  userFunction(name, { fromExtension: true, extension, volatility, language });
const catalog = catalogOf(
  [],
  [
    ofExtension('pg_trgm', 'similarity', 'i'),
    ofExtension('pg_trgm', 'set_limit', 'v'),
    ofExtension('tablefunc', 'crosstab', 's'),
    ofExtension('pg_stat_statements', 'pg_stat_statements', 'v'),
    ofExtension('pg_stat_statements', 'pg_stat_statements_reset', 'v'),
    ofExtension('vector', 'inner_product', 'i'),
    userFunction('inner_product'),
    userFunction('equal_quietly', { language: 'sql', body: 'SELECT true' }),
    userFunction('equal_loudly'),
    userFunction('checks'),
  ],
  {
    userOperators: ['=', '==='],
    operatorCalls: [
      { operator: '=', called: { schema: 'public', name: 'equal_loudly' } },
      { operator: '===', called: { schema: 'public', name: 'equal_quietly' } },
    ],
    typeCalls: [{ oid: 1, name: 'checked', calls: [{ schema: 'public', name: 'checks' }] }],
  },
);

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});
const unsafe = (text: string): readonly string[] =>
  statementsOf(parser.understand(text, catalog)).flatMap(({ effects }) =>
    effects.functions.filter((called) => !isSafeCall(called)).map(({ name }) => name),
  );

describe('calls that need consent', () => {
  test.each([
    ['SELECT crosstab($1)', ['crosstab']], // STABLE, and runs the SQL it is given
    ['SELECT set_limit(0)', ['set_limit']],
    ['SELECT pg_stat_statements_reset()', ['pg_stat_statements_reset']],
    ['SELECT inner_product(a, b) FROM t', ['inner_product']], // a user's function might be meant
    ['SELECT 1 IN (SELECT 2)', ['equal_loudly']],
    ['SELECT CASE 1 WHEN 2 THEN 3 END', ['equal_loudly']],
    ['SELECT 1 FROM a JOIN b USING (x)', ['equal_loudly']],
    ['SELECT 1 FROM a NATURAL JOIN b', ['equal_loudly']],
    ["SELECT pg_input_is_valid('1', 'checked')", ['checks']],
    ['SELECT information_schema.no_such(1)', ['no_such']],
    ['SELECT pg_advisory_unlock(1)', ['pg_advisory_unlock']],
  ])('%s: %j', (text, names) => {
    expect(unsafe(text)).toEqual(names);
  });

  test.each([
    'SELECT similarity(a, b) FROM t',
    'SELECT query FROM pg_stat_statements(true)',
    'SELECT (information_schema._pg_expandarray(i.indkey)).n FROM pg_index i',
    'SELECT 1 === 2',
    'SELECT 1 OPERATOR(pg_catalog.=) 2',
    'SELECT CASE WHEN true THEN 1 END',
    'SELECT 1 FROM a JOIN b ON true',
    'SELECT EXISTS (SELECT 1)',
    'SELECT pg_advisory_unlock_all()',
  ])('do not stand in %s', (text) => {
    expect(unsafe(text)).toEqual([]);
  });
});
