import { expect, test } from 'vitest';
import type { MaskRule } from '../../../src/contract/index.ts';
import { type CoveredColumn, coveredColumns, isRenamed, rulesOfRenamed } from '../../../src/gateway/masking/covered.ts';
import type { CatalogColumn, CatalogSnapshot } from '../../../src/gateway/sql/catalog.ts';

const column = (attributeNumber: number, name: string, more: Partial<CatalogColumn> = {}): CatalogColumn => ({
  ...{ attributeNumber, name, typeOid: 25, type: 'text', generated: null },
  ...more,
});
const catalog = (name: string, columns: readonly CatalogColumn[], schema = 'public'): CatalogSnapshot => ({
  ...{ version: 1, serverVersionNumber: 150000, searchPath: [schema], functions: [] },
  relations: [
    {
      ...{ oid: 20_000, schema, name, kind: 'r', columns, uniqueKeys: [], parents: [], definition: null },
      ...{ dependsOn: [], hasTriggers: false, estimatedRows: 0 },
    },
  ],
});
const rule = (id: string, table: string, name: string, more: Partial<MaskRule> = {}): MaskRule => ({
  ...{ id, schema: 'public', table, column: name, masker: { kind: 'email' } },
  ...more,
});
const mail = rule('mail', 'people', 'email');
const look = (before: readonly CoveredColumn[], rules: readonly MaskRule[], at: CatalogSnapshot) =>
  coveredColumns(before, rules, at, 7);
const first = look([], [mail], catalog('people', [column(1, 'id'), column(2, 'email')]));
const was = { schema: 'public', relation: 'people', column: 'email' };

test('what a rule covers is remembered by what a new name does not change', () => {
  expect(first).toEqual([{ oid: 20_000, attributeNumber: 2, rule: 'mail', was, now: null, since: null }]);
});

test.each([
  ['column', catalog('people', [column(1, 'id'), column(2, 'mail')]), { ...was, column: 'mail' }],
  ['table', catalog('persons', [column(1, 'id'), column(2, 'email')]), { ...was, relation: 'persons' }],
  ['schema', catalog('people', [column(2, 'email')], 'crm'), { ...was, schema: 'crm' }],
])('a new name of the %s leaves it covered, as its rule says', (_, renamed, now) => {
  const after = look(first, [mail], renamed);
  expect(after).toEqual([{ oid: 20_000, attributeNumber: 2, rule: 'mail', was, now, since: 7 }]);
  expect(rulesOfRenamed(after.filter(isRenamed), [mail])).toEqual([
    { id: 'mail', schema: now.schema, table: now.relation, column: now.column, masker: { kind: 'email' } },
  ]);
  expect(coveredColumns(after, [mail], renamed, 99)).toEqual(after); // seen first when it was
});

test('a column in the place of the old one is covered beside it', () => {
  const after = look(first, [mail], catalog('people', [column(2, 'mail'), column(3, 'email')]));
  expect(after.map(({ attributeNumber, now }) => [attributeNumber, now?.column ?? null])).toEqual([
    [2, 'mail'],
    [3, null],
  ]);
});

test('a name that it had again, a rule that fits the new one, and a rule for everybody settle it', () => {
  const renamed = look(first, [mail], catalog('people', [column(2, 'mail')]));
  expect(look(renamed, [mail], catalog('people', [column(2, 'email')]))).toEqual(first);
  const moved = rule('mail', 'people', 'mail');
  expect(look(renamed, [moved], catalog('people', [column(2, 'mail')]))).toMatchObject([{ rule: 'mail', now: null }]);
  const wide = rule('wide', '*', 'm*');
  expect(look(renamed, [mail, wide], catalog('people', [column(2, 'mail')]))).toMatchObject([
    { rule: 'wide', now: null },
  ]);
});

test('a rule that excepts somebody settles it only for the others: it stays covered', () => {
  const renamed = look(first, [mail], catalog('people', [column(2, 'mail')]));
  const some = rule('some', 'people', 'mail', { except: { agents: ['claude'] } });
  const after = look(renamed, [some, mail], catalog('people', [column(2, 'mail')]));
  expect(after.map(({ rule: id, now }) => [id, now?.column ?? null])).toEqual([
    ['mail', 'mail'],
    ['some', null],
  ]);
});

test('what the operator takes out of a rule, and what is dropped, is forgotten while it has its name', () => {
  const people = catalog('people', [column(1, 'id'), column(2, 'email')]);
  expect(look(first, [rule('mail', 'people', 'phone')], people)).toEqual([]);
  expect(look(first, [rule('other', 'people', 'phone')], people)).toEqual([]);
  expect(look(first, [mail], catalog('people', [column(1, 'id')]))).toEqual([]);
});

test('without its rule a renamed column is masked whole, and exceptions of a rule that is there hold', () => {
  const renamed = look(first, [mail], catalog('people', [column(2, 'mail')])).filter(isRenamed);
  const names = { schema: 'public', table: 'people', column: 'mail' };
  expect(rulesOfRenamed(renamed, [])).toEqual([{ id: 'renamed', ...names, masker: { kind: 'full' } }]);
  const except = { groups: ['support'] };
  expect(rulesOfRenamed(renamed, [{ ...mail, except }])).toEqual([
    { id: 'mail', ...names, masker: { kind: 'email' }, except },
  ]);
});

test('a rule by detector keeps a column that was found under its old name; one by tag follows its comment', () => {
  const found = rule('found', '*', '*', { schema: '*', detector: 'email' });
  const seen = look([], [found], catalog('people', [column(2, 'contact', { detected: ['email'] })]));
  expect(look(seen, [found], catalog('people', [column(2, 'mail')]))).toMatchObject([{ now: { column: 'mail' } }]);
  const tagged = rule('tagged', '*', '*', { schema: '*', tag: 'pii' });
  expect(look([], [tagged], catalog('people', [column(2, 'contact', { comment: 'pii' })]))).toEqual([]);
});
