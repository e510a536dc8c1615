import { beforeAll, describe, expect, test } from 'vitest';
import { isSafeCall } from '../../../src/gateway/policy/functions.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, statementsOf, table, userFunction } from './builders.ts';

const ofExtension = (extension: string, name: string, volatility: 'i' | 's' | 'v', language = 'c') =>
  userFunction(name, { fromExtension: true, extension, volatility, language });
const catalog = catalogOf(
  [
    table('made', ['a'], {
      calls: [
        { schema: 'public', name: 'defaults', writing: true },
        { schema: 'public', name: 'sorts' },
      ],
    }),
    table('sets', ['a'], { calls: [{ schema: 'pg_catalog', name: 'set_config', writing: true }] }),
    table('kept', ['a'], { kind: 'm', definition: 'SELECT inner_product(1, 2) AS a' }),
    table('with_checked', ['c'], { calls: [{ schema: 'public', name: 'sorts' }] }),
  ],
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
    userFunction('defaults'),
    userFunction('sorts'),
    userFunction('takes_checked', { language: 'sql', body: 'SELECT 1' }),
    userFunction('holds_checked', {
      body: 'CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE x with_checked.c%TYPE := $1; BEGIN RETURN x; END $$',
    }),
    userFunction('holds_quoted', {
      body: 'CREATE FUNCTION f(int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE x public."An odd one"[] := $1; BEGIN RETURN x; END $$',
    }),
  ],
  {
    userOperators: ['=', '==='],
    operatorCalls: [
      { operator: '=', called: { schema: 'public', name: 'equal_loudly' } },
      { operator: '===', called: { schema: 'public', name: 'equal_quietly' } },
    ],
    typeCalls: [
      { oid: 1, name: 'checked', calls: [{ schema: 'public', name: 'checks' }] },
      { oid: 2, name: 'An odd one', calls: [{ schema: 'public', name: 'sorts' }] },
    ],
    signatureCalls: [
      { name: 'takes_checked', called: { schema: 'public', name: 'checks' } },
      { name: 'checks', called: { schema: 'public', name: 'checks' } },
    ],
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
    ["SELECT pg_input_is_valid('1', 'checked')", ['checks', 'sorts']],
    ['SELECT information_schema.no_such(1)', ['no_such']],
    ['SELECT pg_advisory_unlock(1)', ['pg_advisory_unlock']],
    ["SELECT takes_checked('1')", ['checks']],
    ['SELECT holds_checked(1)', ['sorts', 'holds_checked']],
    ['SELECT holds_quoted(1)', ['sorts', 'holds_quoted']],
    ['INSERT INTO made VALUES (1)', ['defaults', 'sorts']],
    ['SELECT a FROM made', ['sorts']],
    ['ANALYZE made', ['defaults', 'sorts']],
    ['REINDEX TABLE made', ['defaults', 'sorts']],
    ['REFRESH MATERIALIZED VIEW kept', ['inner_product']],
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
    'SELECT a FROM kept',
    'SELECT a FROM sets',
  ])('do not stand in %s', (text) => {
    expect(unsafe(text)).toEqual([]);
  });
});

test('a default that sets something makes an INSERT change a setting that cannot be told', () => {
  const [statement] = statementsOf(parser.understand('INSERT INTO sets (a) VALUES (1)', catalog));
  expect(statement?.effects.settings).toEqual(['*']);
});
