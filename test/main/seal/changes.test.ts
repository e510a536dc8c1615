import { expect, test } from 'vitest';
import { sealChanges } from '../../../src/main/seal/changes.ts';
import { readIfThere } from '../../../src/main/seal/place.ts';

/** The changes of one file from one value to another. */
function changes(before: unknown, after: unknown) {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return sealChanges(
    { texts: { a: before === undefined ? null : text(before) }, digests: {} },
    { texts: { a: after === undefined ? null : text(after) }, digests: {}, digest: '' },
  ).map(({ path, kind, before: was, after: is }) => [path, kind, was, is]);
}

test('entries are matched by name or id, so that one more at the front is one change', () => {
  const rule = (id: string, verdict = 'ask') => ({ id, verdict });
  expect(changes({ rules: [rule('a'), rule('b')] }, { rules: [rule('c'), rule('a'), rule('b', 'allow')] })).toEqual([
    ['rules[b].verdict', 'changed', '"ask"', '"allow"'],
    ['rules[c]', 'added', null, '{"id":"c","verdict":"ask"}'],
  ]);
});

test('another order of rules is a difference: they are asked in their order', () => {
  expect(changes([{ id: 'a' }, { id: 'b' }], [{ id: 'b' }, { id: 'a' }])).toEqual([
    [' (order)', 'changed', 'a, b', 'b, a'],
  ]);
});

test('two entries of one name are shown as the lists they are in', () => {
  expect(changes({ x: [{ id: 'a' }] }, { x: [{ id: 'a' }, { id: 'a', evil: 1 }] })).toEqual([
    ['x', 'changed', '[{"id":"a"}]', '[{"id":"a"},{"id":"a","evil":1}]'],
  ]);
});

test('hashes of keys are fingerprints, however deep they lie', () => {
  const agent = { name: 'claude', key: { hash: 'ab'.repeat(32) } };
  expect(changes({ agents: [] }, { agents: [agent] })).toEqual([
    ['agents[claude]', 'added', null, '{"name":"claude","key":{"hash":"fingerprint abababab"}}'],
  ]);
  expect(changes({ agents: [agent] }, { agents: [{ ...agent, key: { hash: 'cd'.repeat(32) } }] })).toEqual([
    ['agents[claude].key.hash', 'changed', 'fingerprint abababab', 'fingerprint cdcdcdcd'],
  ]);
});

test('two long values that begin alike are different, and said to be cut', () => {
  const long = (end: string) => `${'x'.repeat(30_000)}${end}`;
  const [[path, kind, before] = []] = changes({ note: long('a') }, { note: long('b') });
  expect([path, kind, before?.slice(-20)]).toEqual(['note', 'changed', '… (30003 characters)']);
});

test('comments are no difference of a value, but of the layout', () => {
  expect(changes('{ "a": 1 }', '{ "a": 1 /* one */ }')).toEqual([
    ['', 'changed', null, expect.stringContaining('Only the layout differs')],
  ]);
});

test('a field that is there twice is at least a difference of the layout', () => {
  expect(changes('{"a":1}', '{"a":2,"a":1}')).toEqual([['', 'changed', null, expect.stringContaining('twice')]]);
});

test('a file that came or went is shown field by field, and as text when it is no JSON', () => {
  expect(changes(undefined, { a: 1 })).toEqual([['a', 'added', null, '1']]);
  expect(changes({ a: 1 }, undefined)).toEqual([['a', 'removed', '1', null]]);
  expect(changes(undefined, 'no JSON')).toEqual([['', 'added', null, 'no JSON']]);
  expect(changes(undefined, 'null')).toEqual([['', 'added', null, 'null']]);
});

test('names of fields are no names of ours', () => {
  expect(changes('{}', '{"__proto__":{"admin":true},"constructor":1}')).toEqual([
    ['__proto__', 'added', null, '{"admin":true}'],
    ['constructor', 'added', null, '1'],
  ]);
});

test('what is not there is nothing', () => {
  expect(readIfThere('/nonexistent/file')).toBeNull();
});
