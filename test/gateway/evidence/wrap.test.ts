import { expect, test } from 'vitest';
import { wrapWords } from '../../../src/gateway/evidence/wrap.ts';

test('text that fits stays one line', () => {
  expect(wrapWords('ERROR:  42501: no', 40)).toEqual(['ERROR:  42501: no']);
});

test('longer text breaks between words, and reads as one paragraph', () => {
  expect(wrapWords('one two three four', 9)).toEqual(['one two', '  three', '  four']);
});

test('a word that is wider than the line is left whole', () => {
  expect(wrapWords('a bbbbbbbbbbbb c', 6)).toEqual(['a', '  bbbbbbbbbbbb', '  c']);
});
