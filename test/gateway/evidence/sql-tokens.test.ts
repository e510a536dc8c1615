import { describe, expect, it } from 'vitest';
import { sqlTokens } from '../../../src/gateway/evidence/sql-tokens.ts';
import fc from '../../support/property.ts';

const kinds = (text: string) =>
  sqlTokens(text)
    .filter(({ text: piece }) => piece.trim() !== '')
    .map(({ kind, text: piece }) => [kind, piece]);

describe('SQL for colouring', { timeout: 30_000 }, () => {
  it('is cut into keywords, strings, numbers and comments', () => {
    expect(
      kinds("select a from \"select\" where b='it''s' and c=$1 and d=4.5 -- from\n/* x */ E'\\'' $t$ from $t$"),
    ).toEqual([
      ['keyword', 'select'],
      ['other', 'a'],
      ['keyword', 'from'],
      ['other', '"select"'],
      ['keyword', 'where'],
      ['other', 'b'],
      ['other', '='],
      ['string', "'it''s'"],
      ['keyword', 'and'],
      ['other', 'c'],
      ['other', '='],
      ['other', '$1'],
      ['keyword', 'and'],
      ['other', 'd'],
      ['other', '='],
      ['number', '4.5'],
      ['comment', '-- from'],
      ['comment', '/* x */'],
      ['string', "E'\\''"],
      ['string', '$t$ from $t$'],
    ]);
  });

  it('is never lost, whatever it is', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '$$',
      '$a$',
      '--',
      '/*',
      '*/',
      '\n',
      'E',
      '\\',
      'select',
      ' ',
      '1',
      '🎈',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ unit: 'binary' }))), (pieces) => {
        const text = pieces.join('');
        expect(
          sqlTokens(text)
            .map(({ text: token }) => token)
            .join(''),
        ).toBe(text);
      }),
    );
  });
});
