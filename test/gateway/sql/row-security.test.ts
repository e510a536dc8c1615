import { beforeAll, describe, expect, test } from 'vitest';
import { policies } from '../../../src/gateway/policy/index.ts';
import type { PolicyInput } from '../../../src/gateway/policy/types.ts';
import type { CatalogRowSecurity } from '../../../src/gateway/sql/catalog.ts';
import { columnsTouched } from '../../../src/gateway/sql/columns.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, statementsOf, table, userFunction } from './builders.ts';

const security = (rest: Partial<CatalogRowSecurity>): CatalogRowSecurity => ({
  expressions: [],
  reads: [],
  calls: [],
  ...rest,
});
const users = table('users', ['id', 'password'], { schema: 'auth' });
const docs = table('docs', ['id', 'owner'], {
  schema: 'app',
  uniqueKeys: [['id']],
  rowSecurity: security({
    expressions: ['(owner IN ( SELECT users.id FROM auth.users))'],
    reads: [{ schema: 'auth', name: 'users' }],
  }),
});
const view = (name: string, definition: string, ...on: readonly { oid: number }[]) =>
  table(name, ['id'], {
    schema: 'app',
    kind: 'v',
    definition,
    dependsOn: on.map(({ oid }) => ({ oid, attributeNumber: 1 })),
  });
const catalog = catalogOf(
  [
    users,
    docs,
    table('notes', ['id'], {
      schema: 'app',
      rowSecurity: security({ expressions: ['app.opaque(id)'], calls: [{ schema: 'app', name: 'opaque' }] }),
    }),
    table('waits', ['id'], {
      schema: 'app',
      rowSecurity: security({ expressions: ['(pg_advisory_lock(1) IS NULL)'] }),
    }),
    table('broken', ['id'], { schema: 'app', rowSecurity: security({ expressions: ['((('] }) }),
    table('left_side', ['id'], {
      schema: 'app',
      rowSecurity: security({ reads: [{ schema: 'app', name: 'right_side' }] }),
    }),
    table('right_side', ['id'], {
      schema: 'app',
      rowSecurity: security({ expressions: ['(EXISTS ( SELECT 1 FROM app.left_side))'] }),
    }),
    view('docs_view', 'SELECT docs.id FROM app.docs', docs),
    view('users_view', 'SELECT users.id FROM auth.users', users),
  ],
  [
    userFunction('opaque', { schema: 'app' }),
    userFunction('reader', { schema: 'app', language: 'sql', body: 'SELECT count(*) FROM app.docs' }),
  ],
);

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});
const effectsOf = (text: string) => statementsOf(parser.understand(text, catalog)).map(({ effects }) => effects)[0];
const reads = (text: string): readonly string[] =>
  (effectsOf(text)?.reads ?? []).map(({ name, via }) => (via === undefined ? name : `${name} by ${via}`)).sort();
const calls = (text: string): readonly string[] =>
  (effectsOf(text)?.functions ?? []).filter(({ harmless }) => !harmless).map(({ name }) => name);

describe('what policies of row-level security read', () => {
  test.each([
    ['SELECT id FROM app.docs', ['docs', 'users by policy']],
    ['UPDATE app.docs SET owner = 1 WHERE id = 1', ['docs', 'users by policy']],
    ['INSERT INTO app.docs VALUES (1, 1)', ['users by policy']],
    ['COPY app.docs TO STDOUT', ['docs', 'users by policy']],
    ['EXPLAIN SELECT id FROM app.docs', ['docs', 'users by policy']],
    ['SELECT id FROM app.docs_view', ['docs by view', 'docs_view', 'users by policy']],
    ['SELECT app.reader()', ['docs by function', 'users by policy']],
  ])('%s: %j', (text, expected) => expect(reads(text)).toEqual(expected));

  test.each([
    ['SELECT d.id FROM app.docs d, auth.users', ['docs', 'users']],
    ['SELECT d.id FROM auth.users, app.docs d', ['docs', 'users']],
    ['SELECT d.id FROM app.docs d, app.users_view', ['docs', 'users by view', 'users_view']],
    ['SELECT d.id FROM app.users_view, app.docs d', ['docs', 'users by view', 'users_view']],
  ])('gives way to any other way to the same table: %s', (text, expected) => expect(reads(text)).toEqual(expected));

  test('is followed once where policies look at each other', () => {
    expect(reads('SELECT id FROM app.left_side')).toEqual(['left_side', 'right_side by policy']);
  });
});

test.each([
  ['SELECT id FROM app.notes', ['opaque']],
  ['DELETE FROM app.notes WHERE id = 1', ['opaque']],
  ['SELECT id FROM app.waits', ['pg_advisory_lock']],
  ['SELECT id FROM app.broken', ['policy on broken']],
  ['SELECT id FROM app.docs', []],
])('what policies call counts as called: %s: %j', (text, expected) => expect(calls(text)).toEqual(expected));

describe('what only policies look at', () => {
  test('is no column that the statement touches', () => {
    const [statement] = statementsOf(parser.understand('SELECT id FROM app.docs', catalog));
    expect(statement && columnsTouched(statement, catalog)).toEqual(['app.docs.id']);
  });

  test('is no source of what a write puts down', () => {
    const understanding = parser.understand('UPDATE app.docs SET owner = 2 WHERE id = 1', catalog);
    const input: PolicyInput = {
      understanding,
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
      now: 0,
      estimatedRows: () => null,
      columns: () => [],
    };
    expect(policies.staging.judge(input).verdict).toBe('allow');
  });
});
