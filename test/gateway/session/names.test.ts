import { beforeAll, describe, expect, test } from 'vitest';
import type { Definition } from '../../../src/gateway/session/definition.ts';
import { nameLimit } from '../../../src/gateway/session/name-table.ts';
import { NameRegistry } from '../../../src/gateway/session/names.ts';
import type { Portal } from '../../../src/gateway/session/owed.ts';
import { SegmentPortals } from '../../../src/gateway/session/segment-portals.ts';
import type { ParsedStatement } from '../../../src/gateway/sql/effects.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});
const statements = (text: string): readonly ParsedStatement[] => {
  const understanding = parser.understand(text, null);
  if (understanding.status !== 'understood') throw new Error(understanding.reason);
  return understanding.statements;
};
const parsed = (text: string): Definition => ({ via: 'parse', text: Buffer.from(text), parameterTypes: [] });
const registry = (...texts: string[]): NameRegistry => {
  const names = new NameRegistry();
  for (const statement of texts.flatMap(statements)) names.acknowledge(statement);
  return names;
};
const meaning = (definition: Definition | undefined): string | null =>
  definition === undefined ? null : `${definition.via}: ${definition.text}`;

describe('NameRegistry', () => {
  test('keeps what PREPARE and DECLARE named, by their whole statement', () => {
    const names = registry('PREPARE "P" AS SELECT 1', 'DECLARE C CURSOR FOR SELECT 2');
    expect([names.prepared('P'), names.prepared('p'), names.cursor('c')].map(meaning)).toEqual([
      'prepare: PREPARE "P" AS SELECT 1',
      null,
      'declare: DECLARE C CURSOR FOR SELECT 2',
    ]);
  });

  test.each([
    ['DEALLOCATE p', [null, 'q', 'c']],
    ['DEALLOCATE ALL', [null, null, 'c']],
    ['CLOSE c', ['p', 'q', null]],
    ['CLOSE ALL', ['p', 'q', null]],
    ['DISCARD ALL', [null, null, null]],
    ['DISCARD PLANS', ['p', 'q', 'c']],
    ['EXECUTE p', ['p', 'q', 'c']],
    ['FETCH c', ['p', 'q', 'c']],
  ])('%s leaves %j', (text, left) => {
    const names = registry('PREPARE p AS SELECT 1', 'PREPARE q AS SELECT 2', 'DECLARE c CURSOR FOR SELECT 3', text);
    const known = [names.prepared('p') && 'p', names.prepared('q') && 'q', names.cursor('c') && 'c'];
    expect(known.map((name) => name ?? null)).toEqual(left);
  });

  test('keeps the latest names up to its limit; that one was forgotten counts as a change', () => {
    const names = new NameRegistry();
    for (let n = 1; n <= nameLimit.names; n++) names.setPrepared(`n${n}`, parsed('SELECT 1'));
    expect([names.prepared('n1') === undefined, names.changes]).toEqual([false, 0]);
    names.setPrepared('one more', parsed('SELECT 1'));
    expect([names.prepared('n1') === undefined, names.prepared('n2') === undefined, names.changes]).toEqual([
      true,
      false,
      1,
    ]);
  });

  test('keeps texts up to its limit, whatever they are called', () => {
    const names = new NameRegistry();
    const text = 'x'.repeat(nameLimit.bytes / 4);
    for (const name of ['a', 'b', 'c', 'd']) names.setPrepared(name, parsed(text));
    expect(['a', 'b', 'c', 'd'].map((name) => names.prepared(name) === undefined)).toEqual([true, false, false, false]);
    names.deletePrepared('b');
    names.setPrepared('e', parsed(text));
    expect(['c', 'd', 'e'].map((name) => names.prepared(name) === undefined)).toEqual([false, false, false]);
  });

  test('changes to an overlay stay in it', () => {
    const base = registry('PREPARE p AS SELECT 1', 'PREPARE q AS SELECT 2');
    const overlay = NameRegistry.overlay(base);
    overlay.deletePrepared('p');
    overlay.setPrepared('r', parsed('SELECT 3'));
    const known = (names: NameRegistry) => ['p', 'q', 'r'].filter((name) => names.prepared(name) !== undefined);
    expect([known(overlay), known(base)]).toEqual([
      ['q', 'r'],
      ['p', 'q'],
    ]);
    for (const statement of statements('DEALLOCATE ALL')) overlay.acknowledge(statement);
    expect([known(overlay), known(base)]).toEqual([[], ['p', 'q']]);
  });

  test('forgets at the end of a transaction what Bind made, and keeps what may be WITH HOLD', () => {
    const names = registry('DECLARE held CURSOR WITH HOLD FOR SELECT 1', 'PREPARE p AS SELECT 1');
    names.setCursor('bound', parsed('SELECT 1'));
    names.setCursor('bound too', names.prepared('p') as Definition);
    names.endTransaction();
    expect([names.cursor('bound'), names.cursor('bound too'), meaning(names.cursor('held'))]).toEqual([
      undefined,
      undefined,
      'declare: DECLARE held CURSOR WITH HOLD FOR SELECT 1',
    ]);
  });

  test('an overlay starts with the same names and keeps its changes to itself', () => {
    const base = registry('PREPARE p AS SELECT 1');
    const overlay = NameRegistry.overlay(base);
    overlay.deletePrepared('p');
    overlay.setPrepared('q', parsed('SELECT 2'));
    expect([meaning(base.prepared('p')), base.prepared('q')]).toEqual(['prepare: PREPARE p AS SELECT 1', undefined]);
    expect([overlay.prepared('p'), meaning(overlay.prepared('q'))]).toEqual([undefined, 'parse: SELECT 2']);
  });

  test('counts when a known name changes its meaning, not when a new one comes', () => {
    const names = new NameRegistry();
    const counts: number[] = [];
    for (const change of [
      () => names.setPrepared('p', parsed('SELECT 1')),
      () => names.setPrepared('', parsed('SELECT 1')),
      () => names.setPrepared('', parsed('SELECT 2')),
      () => names.setPrepared('p', parsed('SELECT 2')),
      () => names.deletePrepared('nobody'),
      () => names.deletePrepared('p'),
    ]) {
      change();
      counts.push(names.changes);
    }
    expect(counts).toEqual([0, 0, 0, 1, 1, 2]);
    expect(NameRegistry.overlay(names).changes).toBe(2);
  });
});

describe('SegmentPortals', () => {
  const portal = (text: string): Portal => ({ definition: parsed(text) }) as Portal;
  const [old, made] = [portal('old'), portal('made')];
  const portals = (): SegmentPortals => new SegmentPortals((name) => (name === 'p' ? old : undefined));
  const portalsAfter = (text: string): SegmentPortals => {
    const known = portals();
    for (const statement of statements(text)) known.acknowledge(statement);
    return known;
  };

  test('knows the session’s portals and those bound in the segment', () => {
    const known = portals();
    known.bind('q', made);
    expect([known.named('p'), known.named('q'), known.named('r')]).toEqual([old, made, null]);
  });

  test.each(['CLOSE p', 'CLOSE ALL', 'DISCARD ALL', 'DECLARE p CURSOR FOR SELECT 1'])(
    '%s ends what Bind made',
    (text) => {
      const known = portalsAfter(text);
      expect(known.named('p')).toBeNull();
      known.bind('p', made);
      expect(known.named('p')).toBe(made);
    },
  );

  test('other statements end none', () => {
    expect(portalsAfter('CLOSE q; FETCH p; SELECT 1').named('p')).toBe(old);
  });
});
