import { beforeAll, describe, expect, it } from 'vitest';
import { type PolicyPreset, policyRule, type RuleMatch, type Verdict } from '../../../../src/contract/index.ts';
import { policyOf } from '../../../../src/gateway/policy/index.ts';
import type { Policy, PolicyInput } from '../../../../src/gateway/policy/types.ts';
import type { CatalogSnapshot } from '../../../../src/gateway/sql/catalog.ts';
import { indexOf } from '../../../../src/gateway/sql/catalog-index.ts';
import { columnsTouched } from '../../../../src/gateway/sql/columns.ts';
import { createParser, type Parser } from '../../../../src/gateway/sql/parser.ts';
import fc from '../../../support/property.ts';
import { catalogOf, table, userFunction } from '../../sql/builders.ts';

const orders = table('orders', ['id', 'status', 'note'], {
  uniqueKeys: [['id']],
  indexed: ['id', 'status'],
  estimatedRows: 1200,
});
const catalog: CatalogSnapshot = catalogOf(
  [
    orders,
    table('customers', ['id', 'email', 'city'], { uniqueKeys: [['id']], estimatedRows: 50 }),
    table('scratch', ['a', 'b'], { schema: 'work' }),
    table('open_orders', ['id', 'note'], {
      kind: 'v',
      definition: 'SELECT id, note FROM orders',
      dependsOn: [{ oid: orders.oid, attributeNumber: 1 }],
    }),
  ],
  [userFunction('refund')],
);

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});

const rule = (verdict: Verdict, when: RuleMatch, rest: object = {}) =>
  policyRule.parse({ id: `own-${verdict}`, when, verdict, reason: 'because', ...rest });

function judge(
  text: string,
  rules: ReturnType<typeof rule>[],
  rest: Partial<PolicyInput> = {},
  preset: PolicyPreset = 'production',
) {
  const policy: Policy = policyOf({ policy: preset, policyRules: rules });
  const judgement = policy.judge({
    understanding: parser.understand(text, catalog),
    environment: 'production',
    connection: 'shop',
    agent: 'claude',
    subject: 'key:1',
    groups: [],
    database: 'shop',
    role: 'app',
    protocol: 'simple',
    transaction: 'idle',
    transactionMoved: false,
    now: Date.parse('2026-11-23T10:30:00Z'), // a Monday
    estimatedRows: ({ oid }) => {
      const rows = oid === null ? null : (indexOf(catalog).relationByOid(oid)?.estimatedRows ?? null);
      return rows === null || rows < 0 ? null : rows;
    },
    columns: (statement) => columnsTouched(statement, catalog),
    ...rest,
  });
  return `${judgement.verdict} ${judgement.rule.id}`;
}

describe('a rule that restrains', () => {
  it.each<[string, RuleMatch, string, string]>([
    ['any relation listed', { relations: ['public.cust*'] }, 'SELECT 1 FROM orders, customers', 'block own-block'],
    ['a read through a view', { reads: ['public.orders'] }, 'SELECT * FROM open_orders', 'block own-block'],
    [
      'a relation nobody knows, in any schema',
      { relations: ['public.secrets'] },
      'SELECT * FROM secrets',
      'block own-block',
    ],
    ['another relation', { relations: ['public.customers'] }, 'SELECT * FROM orders', 'allow read'],
    [
      'one of several effects',
      { effects: ['delete', 'truncate'] },
      'WITH d AS (DELETE FROM orders WHERE id = 1 RETURNING 1) SELECT * FROM d',
      'block own-block',
    ],
    ['a column by name', { columns: ['public.customers.email'] }, 'SELECT c.email FROM customers c', 'block own-block'],
    ['a column by star', { columns: ['public.customers.email'] }, 'SELECT * FROM customers', 'block own-block'],
    [
      'a column in a whole row',
      { columns: ['public.customers.email'] },
      'SELECT row_to_json(c) FROM customers c',
      'block own-block',
    ],
    [
      'a column in WHERE only',
      { columns: ['*.email'] },
      "SELECT id FROM customers WHERE email LIKE 'a%'",
      'block own-block',
    ],
    [
      'a column inserted without a list',
      { columns: ['public.customers.email'] },
      "INSERT INTO customers VALUES (1, 'e', 'c')",
      'block own-block',
    ],
    ['other columns only', { columns: ['public.customers.email'] }, 'SELECT id, city FROM customers', 'allow read'],
    [
      'a column of a relation under a view',
      { columns: ['public.orders.status'] },
      'SELECT id FROM open_orders',
      'block own-block',
    ],
    ['a function', { functions: ['public.refund'] }, 'SELECT refund(1)', 'block own-block'],
    ['a condition', { conditions: ['delete-without-key'] }, 'DELETE FROM orders', 'block own-block'],
    [
      'what is not proved, be it by an index',
      { predicate: ['unproven'] },
      'UPDATE orders SET note = 1 WHERE status = 2',
      'block own-block',
    ],
    ['a weak predicate', { predicate: ['tautology'] }, 'UPDATE orders SET note = 1 WHERE 1 = 1', 'block own-block'],
    [
      'many rows',
      { effects: ['update'], estimatedRows: { atLeast: 1000 } },
      'UPDATE orders SET note = 1 WHERE id = 1',
      'block own-block',
    ],
    [
      'few rows',
      { effects: ['update'], estimatedRows: { atLeast: 1000 } },
      'UPDATE customers SET city = 1 WHERE id = 1',
      'ask scoped-write',
    ],
    [
      'an unknown number of rows',
      { effects: ['update'], estimatedRows: { atLeast: 1000 } },
      'UPDATE work.scratch SET a = 1',
      'block own-block',
    ],
    ['a text that is not understood', { effects: ['unknown'] }, 'SELEKT 1', 'block own-block'],
    ['all of its fields', { relations: ['public.orders'], effects: ['update'] }, 'SELECT * FROM orders', 'allow read'],
  ])('holds for %s', (_, when, text, expected) => {
    expect(judge(text, [rule('block', when)])).toBe(expected);
  });

  it('is the worst of a text with several statements', () => {
    expect(judge('SELECT 1; SELECT * FROM customers', [rule('terminate', { relations: ['*.customers'] })])).toBe(
      'terminate own-terminate',
    );
  });

  it('holds for a FunctionCall', () => {
    const answer = judge('', [rule('ask', { effects: ['function_call'] })], { protocol: 'function_call' });
    expect(answer).toBe('ask own-ask');
  });
});

describe('a rule that allows', () => {
  const scratch: RuleMatch = { relations: ['work.*'] };
  it.each<[string, RuleMatch, string, string]>([
    ['all relations listed', scratch, 'UPDATE work.scratch SET a = 1', 'allow own-allow'],
    [
      'a read as well, from a relation not listed',
      scratch,
      'INSERT INTO work.scratch SELECT id, note FROM orders',
      'ask write-from-query',
    ],
    ['a copy within what is listed', scratch, 'INSERT INTO work.scratch SELECT * FROM work.scratch', 'allow own-allow'],
    [
      'writes listed, data from elsewhere',
      { writes: ['work.*'] },
      'INSERT INTO work.scratch SELECT id, email FROM customers',
      'ask write-from-query',
    ],
    ['nothing written at all', { writes: ['work.*'] }, 'SELECT * FROM customers', 'allow read'],
    ['a function nobody knows', scratch, 'UPDATE work.scratch SET a = refund(1)', 'ask update-without-key'],
    [
      'a function that is listed',
      { ...scratch, functions: ['public.refund'] },
      'UPDATE work.scratch SET a = refund(1)',
      'allow own-allow',
    ],
    [
      'a dangerous function',
      { ...scratch, functions: ['*'] },
      "UPDATE work.scratch SET a = pg_read_file('x')",
      'block dangerous-function',
    ],
    ['a change of role inside', { effects: ['session', 'read'] }, 'SET ROLE admin', 'block restricted-setting'],
    ['a program', { relations: ['work.*'] }, "COPY work.scratch TO PROGRAM 'sh'", 'block copy-program'],
    ['a condition it names', { conditions: ['unknown-function'] }, 'SELECT refund(1)', 'allow own-allow'],
    ['an unknown text it does not name', { agents: ['*'] }, 'SELEKT 1', 'ask not-understood'],
    ['a relation of an unknown schema', scratch, 'UPDATE scratch SET a = 1', 'ask update-without-key'],
    [
      'rows nobody has counted',
      { ...scratch, estimatedRows: { atMost: 100 } },
      'UPDATE work.scratch SET a = 1',
      'ask update-without-key',
    ],
  ])('judges %s', (_, when, text, expected) => {
    expect(judge(text, [rule('allow', when)])).toBe(expected);
  });
});

describe('who, where and when', () => {
  const at = (iso: string) => ({ now: Date.parse(iso) });
  it.each<[RuleMatch, Partial<PolicyInput>, boolean]>([
    [{ agents: ['cla*'] }, {}, true],
    [{ agents: ['codex'] }, {}, false],
    [{ groups: ['dba', 'eng'] }, { groups: ['eng'] }, true],
    [{ groups: ['dba'] }, {}, false],
    [{ subjects: ['key:?'] }, {}, true],
    [{ databases: ['shop'], roles: ['app'] }, {}, true],
    [{ environments: ['staging'] }, {}, false],
    [{ transaction: ['open'] }, { transaction: 'open' }, true],
    [{ transaction: ['open'] }, { transaction: 'idle', transactionMoved: true }, true],
    [{ time: { from: '09:00', until: '17:00', timeZone: 'UTC' } }, {}, true],
    [{ time: { from: '09:00', until: '10:30', timeZone: 'UTC' } }, {}, false],
    [{ time: { from: '09:00', until: '17:00', timeZone: 'Asia/Tokyo' } }, {}, false],
    [{ time: { days: ['mon'], from: '00:00', until: '00:00', timeZone: 'UTC' } }, {}, true],
    [{ time: { days: ['sun'], from: '22:00', until: '06:00', timeZone: 'UTC' } }, at('2026-11-23T05:59:00Z'), true],
    [{ time: { days: ['sun'], from: '22:00', until: '06:00', timeZone: 'UTC' } }, at('2026-11-23T06:00:00Z'), false],
  ])('%j with %j holds: %s', (when, rest, holds) => {
    expect(judge('SELECT 1', [rule('block', when)], rest)).toBe(holds ? 'block own-block' : 'allow read');
  });

  it('leaves out a rule that is disabled or no longer valid', () => {
    const rules = [rule('block', {}, { disabled: true }), rule('block', {}, { validUntil: '2026-11-23T10:30:00Z' })];
    expect(judge('SELECT 1', rules)).toBe('allow read');
    expect(judge('SELECT 1', [rule('block', {}, { validUntil: '2026-11-23T10:30:01Z' })])).toBe('block own-block');
  });
});

describe('the format', () => {
  const faults = (value: unknown) =>
    policyRule.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  it('refuses what it does not know, and says where', () => {
    const base = { id: 'a', when: {}, verdict: 'ask', reason: 'r' };
    expect(faults({ ...base, when: { relation: ['x'] } })).toEqual(['when: Unrecognized key: "relation"']);
    expect(faults({ ...base, when: { effects: [] } })?.[0]).toMatch(/^when\.effects: Too small/);
    expect(faults({ ...base, when: { time: { timeZone: 'Mars/Base' } } })).toEqual([
      'when.time.timeZone: is not a time zone that this system knows',
    ]);
    expect(faults({ ...base, verdict: 'block', hold: 'commit' })).toEqual([
      'hold: only a rule that asks can wait for COMMIT',
    ]);
    expect(faults({ ...base, when: { conditions: ['drop'] } })?.[0]).toMatch(/^when\.conditions\.0: Invalid option/);
  });
});

describe('shadowed rules', () => {
  const shadows = (...rules: ReturnType<typeof rule>[]) =>
    policyOf({ policy: 'observe', policyRules: rules })
      .rules.filter(({ origin }) => origin === 'own')
      .map(({ shadowedBy }) => shadowedBy);
  const named = (id: string, verdict: Verdict, when: RuleMatch, rest: object = {}) =>
    rule(verdict, when, { id, ...rest });

  it('are reported where an earlier rule answers whatever they would', () => {
    expect(
      shadows(
        named('all-deletes', 'ask', { effects: ['delete', 'truncate'] }),
        named('orders', 'block', { effects: ['delete'], relations: ['public.orders'] }),
        named('updates', 'block', { effects: ['update'] }),
      ),
    ).toEqual([null, 'all-deletes', null]);
  });

  it('are not reported where the earlier rule allows, ends earlier, or is off', () => {
    expect(
      shadows(
        named('a', 'allow', { effects: ['delete'] }),
        named('b', 'ask', { relations: ['*'] }, { disabled: true }),
        named('c', 'ask', { relations: ['*'] }, { validUntil: '2027-01-01T00:00:00Z' }),
        named('d', 'block', { effects: ['delete'], relations: ['public.*'] }),
      ),
    ).toEqual([null, null, null, null]);
  });

  it('never answer, whatever the statement (property)', () => {
    const lists = fc.record(
      {
        effects: fc.subarray(['read', 'update', 'delete'] as const, { minLength: 1 }),
        relations: fc.subarray(['public.orders', 'public.*', 'work.scratch', '*'], { minLength: 1 }),
        agents: fc.subarray(['claude', 'c*', 'codex'], { minLength: 1 }),
      },
      { requiredKeys: [] },
    );
    const anyRule = fc.record({ when: lists, verdict: fc.constantFrom<Verdict>('allow', 'ask', 'block') });
    const texts = [
      'SELECT * FROM orders',
      'UPDATE work.scratch SET a = 1',
      'DELETE FROM orders WHERE id = 1',
      'SELECT 1',
    ];
    fc.assert(
      fc.property(fc.array(anyRule, { minLength: 2, maxLength: 5 }), fc.constantFrom(...texts), (drafts, text) => {
        const rules = drafts.map(({ when, verdict }, index) => named(`r${index}`, verdict, when as RuleMatch));
        const silent = shadows(...rules).flatMap((by, index) => (by === null ? [] : [`r${index}`]));
        const answered = judge(text, rules).split(' ')[1];
        expect(silent).not.toContain(answered);
      }),
    );
  });
});
