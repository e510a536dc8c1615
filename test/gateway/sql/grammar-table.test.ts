import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { GRAMMAR_TABLE } from '../../../src/gateway/sql/grammar-table.ts';

/** A dependency of libpg-query, not of ours: resolved from there. */
const TYPES = ['@pgsql', 'types'].join('/');

/** Fields per type of the parser's own type definitions, in the table's notation. */
function typeDefinitions(): ReadonlyMap<string, readonly string[]> {
  const require = createRequire(createRequire(import.meta.url).resolve('libpg-query'));
  const source = readFileSync(require.resolve(TYPES).replace(/index\.js$/, 'types.d.ts'), 'utf8');
  const bodies = [...source.matchAll(/export interface (\w+) \{([^}]*)\}/g)];
  const names = new Set(bodies.map(([, name]) => name));
  return new Map(
    bodies.map(([, name = '', body = '']) => [
      name,
      [...body.matchAll(/(\w+)\??:\s*([^;]+);/g)].map(([, field = '', type = '']) => {
        const base = type.trim().replace(/\[\]$/, '');
        return base === 'Node' ? `${field}=` : names.has(base) ? `${field}=${base}` : field;
      }),
    ]),
  );
}

describe('the grammar table', () => {
  it('says the same of every node type as the type definitions of the installed parser', () => {
    const entries = GRAMMAR_TABLE.trim()
      .replaceAll('\n  ', ' ')
      .split('\n')
      .map((line) => line.split(' '));
    const definitions = typeDefinitions();
    const expected = entries.map(([name = '']) => [name, ...(definitions.get(name) ?? ['not in the definitions'])]);
    expect(entries).toEqual(expected);
  });
});
