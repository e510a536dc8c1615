import { beforeAll, describe, expect, it } from 'vitest';
import { createParser, mayReadDifferently, type Parser } from '../../../src/gateway/sql/parser.ts';
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
    expect(calls(one)).toEqual([{ schema: null, name: 'now', harmless: true }]);
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
    ["SELECT 'a\\'' ", true],
    ["SELECT E'\\n'", true],
    ["SELECT 'a'", false],
    ['SELECT 1 -- \\d', false],
  ])('knows that another reading of strings could change %s: %s', (text, answer) => {
    expect(mayReadDifferently(text)).toBe(answer);
  });
});
