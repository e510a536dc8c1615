import { describe, expect, test } from 'vitest';
import { type MaskException, type MaskRule, maskRule } from '../../../src/contract/index.ts';
import { columnMatcher, ruleApplies } from '../../../src/gateway/masking/rules.ts';
import { tagsOf } from '../../../src/gateway/masking/tags.ts';

const masker = { kind: 'full' } as const;
const users = { schema: 'crm', name: 'users' };

describe('what a rule may name', () => {
  test('a table and a column, in the schema public unless it says another', () => {
    expect(maskRule.parse({ id: 'a', table: 'users', column: 'email', masker })).toEqual({
      ...{ id: 'a', schema: 'public', table: 'users', column: 'email', masker },
    });
  });

  test('a tag or a detector instead: then everywhere', () => {
    expect(maskRule.parse({ id: 'a', tag: 'pii', masker })).toEqual({
      ...{ id: 'a', schema: '*', table: '*', column: '*', tag: 'pii', masker },
    });
    expect(maskRule.parse({ id: 'b', detector: 'iban', schema: 'crm', masker })).toMatchObject({
      schema: 'crm',
      table: '*',
    });
  });

  test('nothing at all is no rule', () => {
    expect(
      maskRule.safeParse({ id: 'a', masker }).error?.issues.map(({ path, message }) => [path.join(), message]),
    ).toEqual([
      ['table', 'name a table and a column, a tag, or a detector'],
      ['column', 'name a table and a column, a tag, or a detector'],
    ]);
    expect(maskRule.safeParse({ id: 'a', detector: 'no-such', masker }).success).toBe(false);
  });

  test('a rule that was read is a rule that can be written', () => {
    const read = maskRule.parse({ id: 'a', tag: 'pii', masker, except: { agents: ['dba-*'] } });
    expect(maskRule.parse(read)).toEqual(read);
  });
});

describe('which columns a rule fits', () => {
  const rule = (part: Partial<MaskRule>): MaskRule => maskRule.parse({ id: 'a', masker, ...part });

  test('by name, whatever the case', () => {
    const matches = columnMatcher(rule({ schema: '*', table: 'USERS', column: '*mail' }));
    expect([matches(users, { name: 'Email' }), matches(users, { name: 'mails' })]).toEqual([true, false]);
  });

  test('by tag in the comment', () => {
    const matches = columnMatcher(rule({ tag: 'health' }));
    expect(matches(users, { name: 'x', comment: 'postern:tag=hr,health' })).toBe(true);
    expect([matches(users, { name: 'x', comment: 'health' }), matches(users, { name: 'x' })]).toEqual([false, false]);
  });

  test('by what a detector found', () => {
    const matches = columnMatcher(rule({ detector: 'email' }));
    expect(matches(users, { name: 'x', detected: ['phone', 'email'] })).toBe(true);
    expect([matches(users, { name: 'x', detected: ['phone'] }), matches(users, { name: 'email' })]).toEqual([
      false,
      false,
    ]);
  });

  test('by all that it says', () => {
    const matches = columnMatcher(rule({ tag: 'pii', table: 'users' }));
    expect(matches(users, { name: 'x', comment: 'pii' })).toBe(true);
    expect(matches({ schema: 'crm', name: 'orders' }, { name: 'x', comment: 'pii' })).toBe(false);
  });
});

test.each([
  ['postern:mask=email', ['email']],
  ['The address. postern:tag=hr,health; see wiki', ['hr', 'health']],
  ['PII', ['pii']],
  ['contains pii (GDPR)', ['pii']],
  ['postern:mask=PII', ['pii']],
  ['no pii-free, nopii, xpostern:tag=a', []],
  ['postern:mask=', []],
  ['', []],
  [null, []],
])('tags in the comment %j', (comment, tags) => {
  expect(tagsOf(comment)).toEqual(tags);
});

describe('for whom a rule holds', () => {
  const who = {
    subject: 'ada@acme',
    agent: 'dba-claude',
    groups: ['engineers', 'oncall'],
    environment: 'staging',
  } as const;
  const applies = (except?: MaskException): boolean => ruleApplies(except === undefined ? {} : { except }, who);

  test('for everybody who is not excepted, by any one of the exceptions', () => {
    expect(applies()).toBe(true);
    expect(applies({ subjects: ['bob@acme'], agents: ['dba'], groups: ['ops'], environments: ['production'] })).toBe(
      true,
    );
    expect(applies({ subjects: ['*@acme'] })).toBe(false);
    expect(applies({ subjects: ['bob@acme'], agents: ['dba-*'] })).toBe(false);
    expect(applies({ groups: ['oncall'] })).toBe(false);
    expect(applies({ environments: ['local', 'staging'] })).toBe(false);
  });

  test('an exception without a word in it excepts nobody', () => {
    expect(applies({})).toBe(true);
  });
});
