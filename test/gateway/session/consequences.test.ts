import { beforeAll, expect, test } from 'vitest';
import { movesNames } from '../../../src/gateway/session/consequences.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { catalogOf, statementsOf, userFunction } from '../sql/builders.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});
const catalog = catalogOf(
  [],
  [
    userFunction('similarity', { fromExtension: true, extension: 'pg_trgm', volatility: 'i', language: 'c' }),
    userFunction('anything'),
  ],
);

test.each([
  ['DISCARD TEMP', true],
  ['DISCARD ALL', true],
  ['RESET ALL', true],
  ['SET search_path = app', true],
  ['SELECT anything()', true],
  ['DISCARD PLANS', false],
  ["SELECT similarity('a', 'b')", false],
  ['SELECT pg_advisory_unlock_all()', false],
])('whether names may mean something else behind %s: %s', (text, moves) => {
  const [statement] = statementsOf(parser.understand(text, catalog));
  expect(statement && movesNames(statement.effects, { searchPathVaries: false })).toBe(moves);
});
