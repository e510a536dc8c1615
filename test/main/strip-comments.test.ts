import { expect, test } from 'vitest';
import { stripComments } from '../../src/main/strip-comments.ts';
import fc from '../support/property.ts';

test('comments become spaces, so that every fault keeps its line and column', () => {
  expect(stripComments('{ // a "b"\n "c": /* x\n y */ 1 }')).toBe('{         \n "c":     \n      1 }');
});

test('what looks like a comment inside a string is a string', () => {
  expect(stripComments('{"url": "http://x", "q": "\\" // no"}')).toBe('{"url": "http://x", "q": "\\" // no"}');
});

test('JSON without comments is left as it is, whatever its strings hold', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(stripComments(text)).toBe(text);
    }),
  );
});

test('a comment anywhere between tokens changes nothing', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.string().filter((text) => !text.includes('*/') && !text.endsWith('*')),
      (text, words) => {
        const commented = `/*${words}*/${text}/*${words}*/ // ${words.replaceAll('\n', ' ')}`;
        expect(JSON.parse(stripComments(commented))).toEqual(JSON.parse(text));
      },
    ),
  );
});
