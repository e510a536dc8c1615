import { beforeAll, describe, expect, it } from 'vitest';
import { createParser, mayReadDifferently, type Parser } from '../../../src/gateway/sql/parser.ts';
import fc from '../../support/property.ts';
import { catalogOf, named, statementsOf, table, userFunction } from './builders.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await createParser({ limits: { statementBytes: 200_000 } });
});

describe('the parser', () => {
  it.each(['', '-- only a comment', ' ;; /* nothing */ '])('takes %j for no statement', (text) => {
    expect(parser.understand(text, null)).toEqual({ status: 'understood', statements: [] });
  });

  it('cuts a text at byte offsets, so that letters beyond ASCII do not shift the parts', () => {
    const statements = statementsOf(parser.understand("SELECT 'äöü€𝄞'; SELECT 'ß' ;\n SELECT 3", null));
    expect(statements.map((statement) => statement.text)).toEqual(["SELECT 'äöü€𝄞'", "SELECT 'ß'", 'SELECT 3']);
  });

  it.each([
    ['SELECT 1\0; DROP TABLE x', 'invalid_text'],
    ["SELECT '\ud800'", 'invalid_text'],
    ['SELEC 1', 'syntax'],
    ['SELECT 1; SELEC', 'syntax'],
    [`SELECT '${'ä'.repeat(100_000)}'`, 'too_long'],
    [`SELECT ${'('.repeat(20_000)}1${')'.repeat(20_000)}`, 'too_deep'],
    [`SELECT ${"'x' || ".repeat(20_000)}'x'`, 'too_deep'],
  ])('does not understand case %#', (text, code) => {
    expect(parser.understand(text, null)).toEqual({ status: 'not_understood', code, reason: expect.any(String) });
  });

  it('still understands after it ran out of room', () => {
    for (let round = 0; round < 3; round++) parser.understand(`SELECT ${'('.repeat(20_000 + round)}1`, null);
    expect(statementsOf(parser.understand('SELECT 42', null))[0]?.effects.kinds).toEqual(['read']);
  });

  it('says where the syntax is wrong', () => {
    expect(parser.understand('SELECT FROM WHERE', null)).toMatchObject({
      reason: 'syntax error at or near "WHERE" (at character 13)',
    });
  });

  it('remembers a text per catalog, not per version number alone', () => {
    const one = catalogOf([table('t', ['id'])]);
    const other = catalogOf([table('t', ['id'])], [userFunction('now')]);
    const calls = (catalog: typeof one) =>
      statementsOf(parser.understand('SELECT now()', catalog))[0]?.effects.functions;
    expect(calls(one)).toEqual([{ schema: null, name: 'now', harmless: true, certain: true }]);
    expect(calls(other)).toEqual([{ schema: 'public', name: 'now', harmless: false }]);
    expect(parser.understand('SELECT now()', one)).toBe(parser.understand('SELECT now()', one));
  });

  it('reads functions that newer grammars take for syntax as functions of an older server', () => {
    const old = catalogOf([], [], { serverVersionNumber: 150018 });
    const functions =
      statementsOf(parser.understand("SELECT json_value('{}', '$.a')", old))[0]?.effects.functions ?? [];
    expect(named(functions)).toEqual(['JsonFuncExpr']);
  });

  it.each([
    [160014, 'SELECT merge_action()', ['MergeSupportFunc'], true],
    [170010, 'SELECT merge_action()', [], true],
    [150018, 'SELECT lower(system_user) FROM audit', ['lower', 'system_user'], false],
    [150018, 'SELECT * FROM system_user', ['system_user'], false],
    [160014, 'SELECT * FROM system_user', ['system_user'], true],
    [130023, 'SELECT a.system_user FROM audit a', [], true],
  ])('on a server %i reads %s as that server does', (serverVersionNumber, text, functions, understood) => {
    const catalog = catalogOf([table('audit', ['system_user'])], [], { serverVersionNumber });
    const [effects] = statementsOf(parser.understand(text, catalog)).map((statement) => statement.effects);
    expect([named(effects?.functions ?? []).toSorted(), effects?.understood]).toEqual([functions, understood]);
  });

  it.each([
    ["SELECT 'a\\'' ", true],
    ["SELECT E'\\n'", true],
    ["SELECT 'a'", false],
    ['SELECT 1 -- \\d', false],
  ])('knows that another reading of strings could change %s: %s', (text, answer) => {
    expect(mayReadDifferently(text)).toBe(answer);
  });
});

describe('any text', () => {
  const words = fc.constantFrom(
    ...'SELECT FROM WHERE ( ) , ; * users id = 1 $1 \' " -- /* */ $$ WITH x AS DELETE UPDATE SET INSERT INTO VALUES UNION'.split(
      ' ',
    ),
    ...['ORDER BY', 'now()', 'u.f', '(u).f', 'EXPLAIN', 'ANALYZE', 'COPY', 'TO STDOUT', 'PREPARE p AS', '\\', 'ä', '𝄞'],
  );

  it('gets an answer, and what is understood lies in the text', () => {
    const catalog = catalogOf([table('users', ['id'], { uniqueKeys: [['id']] })], [userFunction('f')]);
    fc.assert(
      fc.property(fc.array(words, { maxLength: 25 }), (parts) => {
        const text = parts.join(' ');
        const understanding = parser.understand(text, catalog);
        if (understanding.status === 'not_understood') return understanding.reason !== '';
        return understanding.statements.every((one) => one.effects.kinds.length > 0 && text.includes(one.text));
      }),
      { numRuns: 3000 },
    );
  });
});
