import { describe, expect, test } from 'vitest';
import type { Finding, MaskRule } from '../../../../src/contract/index.ts';
import { nameClue } from '../../../../src/gateway/masking/suggestions/name-clues.ts';
import { suggestMasks } from '../../../../src/gateway/masking/suggestions/suggest.ts';
import type { ColumnSample, SuggestInput } from '../../../../src/gateway/masking/suggestions/types.ts';
import type { CatalogColumn, CatalogRelation } from '../../../../src/gateway/sql/catalog.ts';

const relation = (
  name: string,
  columns: readonly (readonly [name: string, type: string, comment?: string])[],
  more: Partial<CatalogRelation> = {},
): CatalogRelation => ({
  oid: 20_000,
  schema: 'public',
  name,
  kind: 'r',
  columns: columns.map(
    ([column, type, comment], index): CatalogColumn => ({
      attributeNumber: index + 1,
      name: column,
      typeOid: 25,
      type,
      generated: null,
      ...(comment !== undefined && { comment }),
    }),
  ),
  uniqueKeys: [],
  parents: [],
  definition: null,
  dependsOn: [],
  hasTriggers: false,
  estimatedRows: 1,
  ...more,
});

const suggest = (relations: readonly CatalogRelation[], more: Partial<SuggestInput> = {}) =>
  suggestMasks({
    catalog: { version: 1, serverVersionNumber: 180000, searchPath: ['public'], relations, functions: [] },
    rules: [],
    samples: [],
    findings: [],
    isDismissed: () => false,
    ...more,
  });

/** `table.column kind confidence`, for short comparisons. */
const short = (...input: Parameters<typeof suggest>) =>
  suggest(...input).map(({ table, column, kind, confidence }) => `${table}.${column} ${kind} ${confidence}`);

const sample = (table: string, column: string, part: Partial<ColumnSample>): ColumnSample => ({
  ...{ schema: 'public', table, column, looked: 100, recognised: {}, givenNames: 0 },
  ...part,
});

describe('names', () => {
  test.each([
    ['email', 'email'],
    ['contactEMail', 'email'],
    ['e_mail', 'email'],
    ['correo', 'email'],
    ['Telefonnummer', 'phone'],
    ['mobile_phone', 'phone'],
    ['ssn', 'national_id'],
    ['sozialversicherungsnummer', 'national_id'],
    ['steuer_id', 'national_id'],
    ['passport_no', 'national_id'],
    ['iban', 'iban'],
    ['card_number', 'payment_card'],
    ['pan', 'payment_card'],
    ['cvv', 'payment_card'],
    ['first_name', 'person_name'],
    ['nachname', 'person_name'],
    ['prénom', 'person_name'],
    ['apellido', 'person_name'],
    ['street', 'address'],
    ['billing_address', 'address'],
    ['plz', 'address'],
    ['password_hash', 'secret'],
    ['api_key', 'secret'],
    ['refreshToken', 'secret'],
  ])('%s holds %s', (column, kind) => {
    expect(nameClue('t', column, 'text')?.kind).toBe(kind);
  });

  test.each([
    ['salary', 'number', 'income'],
    ['dob', 'date', 'birth_date'],
    ['geburtsdatum', 'date', 'birth_date'],
    ['last_login_ip', 'address', 'ip_address'],
  ] as const)('%s of a %s holds %s', (column, types, kind) => {
    expect(nameClue('t', column, types)?.kind).toBe(kind);
  });

  test.each([
    ['email_verified_at', 'text'],
    ['email_template', 'text'],
    ['phone_count', 'number'],
    ['email', 'other'],
    ['description', 'text'],
    ['panel', 'text'],
    ['cancelled', 'text'],
    ['zipped', 'text'],
    ['tokens_used', 'number'],
    ['shipping_method', 'text'],
    ['ip_range_count', 'number'],
  ] as const)('%s of a %s holds nothing personal', (column, types) => {
    expect(nameClue('t', column, types)).toBe(null);
  });

  test('a name alone is a person’s in a table of people only', () => {
    expect(nameClue('customers', 'name', 'text')?.kind).toBe('person_name');
    expect(nameClue('products', 'name', 'text')).toBe(null);
  });
});

test('a suggestion says which column, how to mask it and why', () => {
  expect(
    suggest([
      relation('customers', [
        ['id', 'bigint'],
        ['email', 'text'],
      ]),
    ]),
  ).toEqual([
    {
      schema: 'public',
      table: 'customers',
      column: 'email',
      type: 'text',
      kind: 'email',
      masker: { kind: 'email' },
      confidence: 'high',
      reasons: [{ from: 'name', text: 'it is called email' }],
    },
  ]);
});

test('types say something: network addresses, and domains by their names', () => {
  expect(
    short([
      relation('visits', [
        ['source', 'inet'],
        ['reply_to', 'app.email_address'],
        ['size', 'integer'],
      ]),
    ]),
  ).toEqual(['visits.reply_to email high', 'visits.source ip_address medium']);
});

test('comments say it by tags', () => {
  expect(
    short([
      relation('t', [
        ['a', 'text', 'Where to write to. postern:mask=email'],
        ['b', 'text', 'PII'],
        ['c', 'text', 'nothing about pii-free data'],
      ]),
    ]),
  ).toEqual(['t.a email high', 't.b personal high']);
});

test('sampled values say it: most of a column surely, some of it less so, a few perhaps', () => {
  const t = relation('t', [
    ['a', 'text'],
    ['b', 'text'],
    ['c', 'text'],
    ['d', 'text'],
    ['n', 'bigint'],
    ['m', 'bigint'],
  ]);
  const samples = [
    sample('t', 'a', { recognised: { email: 90 } }),
    sample('t', 'b', { recognised: { email: 4 } }),
    sample('t', 'c', { recognised: { phone: 1 } }),
    sample('t', 'd', { givenNames: 60 }),
    sample('t', 'n', { recognised: { payment_card: 12 } }),
    sample('t', 'm', { recognised: { payment_card: 99 } }),
  ];
  expect(short([t], { samples })).toEqual([
    't.a email high',
    't.m payment_card high',
    't.b email medium',
    't.d person_name medium',
    't.c phone low',
  ]);
  expect(suggest([t], { samples })[0]?.reasons).toEqual([
    { from: 'sample', text: 'e-mail addresses in 90 of 100 sampled values' },
  ]);
});

test('two sources that agree are surer than one', () => {
  const users = relation('users', [['name', 'text']]);
  expect(short([users])).toEqual(['users.name person_name medium']);
  expect(short([users], { samples: [sample('users', 'name', { givenNames: 80 })] })).toEqual([
    'users.name person_name high',
  ]);
});

const finding: Finding = {
  column: { schema: 'public', table: 'v', column: 'note' },
  place: 'public.v.note',
  detector: 'iban',
  kind: 'iban',
  values: 3,
  looked: 40,
  examples: [],
  firstSeenAt: 1,
  lastSeenAt: 2,
  dismissed: false,
};

test('what agents got says it, of views too, which their names alone do not', () => {
  const view = relation(
    'v',
    [
      ['email', 'text'],
      ['note', 'text'],
    ],
    { kind: 'v' },
  );
  expect(short([view], { findings: [finding] })).toEqual(['v.note iban medium']);
});

test('columns that a rule names, partitions, and what was dismissed are left out', () => {
  const rule: MaskRule = { id: 'r', schema: 'public', table: 'a', column: '*mail', masker: { kind: 'full' } };
  const relations = [
    relation('a', [
      ['email', 'text'],
      ['phone', 'text'],
    ]),
    relation('part', [['email', 'text']], { parents: [20_000] }),
    relation('pg_thing', [['email', 'text']], { oid: 1000 }),
    relation('b', [
      ['email', 'text'],
      ['iban', 'text'],
    ]),
  ];
  expect(
    short(relations, { rules: [rule], isDismissed: (place, kind) => place === 'public.b.email' && kind === 'email' }),
  ).toEqual(['a.phone phone high', 'b.iban iban high']);
});
