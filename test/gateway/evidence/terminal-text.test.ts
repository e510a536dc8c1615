import { describe, expect, it } from 'vitest';
import {
  displayWidth,
  fitToWidth,
  terminalSafe,
  terminalSafeLines,
} from '../../../src/gateway/evidence/terminal-text.ts';
import fc from '../../support/property.ts';

describe('text from agents and databases on a terminal', { timeout: 30_000 }, () => {
  it.each([
    ['escape sequences', '\u001b[2J\u001b]0;title\u0007', '\\x1b[2J\\x1b]0;title\\x07'],
    ['a carriage return', 'safe\rDROP', 'safe\\x0dDROP'],
    ['C1 controls', '\u009b31m', '\\x9b31m'],
    ['delete', 'a\u007fb', 'a\\x7fb'],
    ['bidi overrides and isolates', 'a\u202eb\u2066c', 'a\\u202eb\\u2066c'],
    ['zero-width characters', 'ad\u200bmin\u200d\ufeff', 'ad\\u200bmin\\u200d\\ufeff'],
    ['tag characters', 'x\u{e0041}', 'x\\u{e0041}'],
    ['line separators', 'a\u2028b', 'a\\u2028b'],
    ['lone surrogates', 'a\ud800b', 'a\\ud800b'],
    ['blank fillers', 'a\u3164b\u115fc', 'a\\u3164b\\u115fc'],
    ['a null byte', 'a\u0000', 'a\\x00'],
  ])('shows %s', (_, text, safe) => {
    expect(terminalSafe(text)).toBe(safe);
  });

  it('leaves the scripts of the world alone', () => {
    const text = 'Köln, Ελλάδα, Привет, 漢字, العربية, नमस्ते, 🎈, e\u0301';
    expect(terminalSafe(text)).toBe(text);
  });

  it('keeps line breaks as lines and tabs as spaces', () => {
    expect(terminalSafeLines('a\r\n\tb\nc\rd')).toEqual(['a', '    b', 'c\\x0dd']);
  });

  it('holds no control or format character, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(terminalSafe(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('widths', () => {
  it('are counted in cells', () => {
    expect(['abc', 'é', 'e\u0301', '漢字', '🎈'].map(displayWidth)).toEqual([3, 1, 1, 4, 2]);
  });

  it('are never exceeded by what was fitted', () => {
    expect(fitToWidth('漢字漢字', 5)).toBe('漢字…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, width) => {
        expect(displayWidth(fitToWidth(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});
