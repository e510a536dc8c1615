import { describe, expect, it } from 'vitest';
import { drawTable } from '../../../src/gateway/evidence/result-table.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with a control character
const plain = (lines: readonly string[]) => lines.map((line) => line.replace(/\u001b\[[0-9;]*m/g, ''));
const text = (name: string, masked = false) => ({ name, typeOid: 25, masked });

describe('a result on a terminal', () => {
  it('is aligned by what characters take, numbers to the right', () => {
    const columns = [{ name: 'id', typeOid: 23, masked: false }, text('name'), text('email', true)];
    expect(
      plain(
        drawTable(
          {
            columns,
            rows: [
              ['1', '漢字', 'a***'],
              ['22', null, 'b***'],
            ],
          },
          100,
        ),
      ),
    ).toEqual([' id | name | email* ', '----+------+--------', '  1 | 漢字 | a***   ', ' 22 | ∅    | b***   ']);
  });

  it('too wide for the terminal is drawn upright', () => {
    const columns = [text('a'), text('longer')];
    expect(
      plain(
        drawTable(
          {
            columns,
            rows: [
              ['x'.repeat(30), 'y'],
              ['1', null],
            ],
          },
          30,
        ),
      ),
    ).toEqual([
      '-[ RECORD 1 ]-----------------',
      'a      | xxxxxxxxxxxxxxxxxxxx…',
      'longer | y',
      '-[ RECORD 2 ]-----------------',
      'a      | 1',
      'longer | ∅',
    ]);
  });

  it('cannot be broken by its values', () => {
    const lines = plain(drawTable({ columns: [text('a\u001b[2J')], rows: [['x\ny\u202e']] }, 100));
    expect(lines).toEqual([' a\\x1b[2J     ', '--------------', ' x\\x0ay\\u202e ']);
  });
});
