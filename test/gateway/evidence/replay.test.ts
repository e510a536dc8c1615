import { describe, expect, it } from 'vitest';
import { asciicast } from '../../../src/gateway/evidence/asciicast.ts';
import { buildReplay } from '../../../src/gateway/evidence/replay.ts';
import type { JournalRecord } from '../../../src/gateway/journal/records.ts';
import fc from '../../support/property.ts';
import { outcome, sessionStart, startTime, statement } from '../journal/support.ts';
import { detailOf, recordsOf, shopSession } from './support.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with a control character
const colour = /\u001b\[[0-9;]*m/g;

function replayOf(records: readonly JournalRecord[], live = false) {
  return buildReplay(detailOf(records, live).summary, records);
}

function screen(records: readonly JournalRecord[], live = false): string[] {
  const text = replayOf(records, live)
    .frames.map(({ data }) => data)
    .join('');
  return text
    .replace(colour, '')
    .split('\r\n')
    .map((line) => line.trimEnd());
}

describe('the replay of a session', { timeout: 30_000 }, () => {
  it('shows what was sent, asked, decided, refused and answered', () => {
    expect(screen(shopSession)).toEqual([
      'Postern session s-1, 2026-03-02 09:00:00 UTC',
      'claude (key:1a2b3c4d) as shop_app on shop via shop, production, PostgreSQL 18.0',
      '',
      'shop=> SELECT id, email, city',
      'shop->   FROM customers',
      'shop->  WHERE city = $1 -- near us',
      "  $1 = 'Köln'",
      ' id  | email*           | city',
      '-----+------------------+------',
      '   7 | a***@example.com | Köln',
      ' 112 | b***@example.com | ∅',
      '(2 rows)',
      '* masked: email (email, rule public.customers.email)',
      'Time: 4 ms',
      '',
      "shop=> UPDATE orders SET state = 'shipped' WHERE id = 41",
      '‖ held: Writes on production need approval. It changes public.orders on production.',
      '  waiting for the operator, 2 min at most',
      '✔ approved by maria (desk) after 12.3 s: order 41 left this morning',
      'UPDATE 1',
      'Time: 6 ms, held 12.3 s',
      '',
      'shop=> DROP TABLE payments',
      '✖ refused, not executed: No DDL on production. DROP TABLE changes the structure of public.payments.',
      'ERROR:  42501: permission denied by Postern',
      'HINT:  Write a migration and let a person run it.',
      'Time: 4 ms',
      '',
      'shop=> SELECT 1/0',
      'NOTICE:  a notice with \\x1b[31mcolour',
      'ERROR:  22012: division by zero',
      'Time: 4 ms',
      '',
      '── session ended: client_terminated',
      '',
    ]);
  });

  it('keeps the real moments, and types the text before its own', () => {
    const { frames, durationMs } = replayOf(shopSession);
    const at = (text: string) => frames.find(({ data }) => data.replace(colour, '').includes(text))?.at;
    expect([at('shipped'), at('held'), at('approved'), at('UPDATE 1'), durationMs]).toEqual([
      expect.toSatisfy((moment: number) => moment > 3600 && moment <= 4000),
      4001,
      16_301,
      16_310,
      21_000,
    ]);
    expect(frames.map((frame) => frame.at)).toEqual(
      frames.map((frame) => frame.at).toSorted((one, other) => one - other),
    );
  });

  it('marks each statement by what matters most about it', () => {
    expect(replayOf(shopSession).markers).toEqual([
      { at: 800, seq: 1, label: 'SELECT id, email, city FROM customers WHERE city = $1 -- near us', kind: 'masked' },
      { at: 3600, seq: 2, label: "UPDATE orders SET state = 'shipped' WHERE id = 41", kind: 'approved' },
      { at: 17_600, seq: 3, label: 'DROP TABLE payments', kind: 'refused' },
      { at: 19_600, seq: 4, label: 'SELECT 1/0', kind: 'error' },
    ]);
  });

  it('says whose answer it is when statements were pipelined', () => {
    const records = recordsOf([
      [0, sessionStart()],
      [10, statement(1, { text: 'SELECT 1' })],
      [11, statement(2, { text: 'SELECT 2' })],
      [20, outcome(1)],
      [21, outcome(2)],
    ]);
    expect(screen(records, true).slice(3)).toEqual([
      'shop=> SELECT 1',
      'shop=> SELECT 2',
      '── statement 1',
      'SELECT 1',
      'Time: 4 ms',
      '',
      '── statement 2',
      'SELECT 1',
      'Time: 4 ms',
      '',
      '',
    ]);
  });

  it('says when the session was interrupted, and what still waits', () => {
    const records = recordsOf([
      [0, sessionStart()],
      [10, statement(1, { text: 'DELETE FROM orders', verdict: 'ask' })],
      [11, { type: 'hold', statement: 1, approvalId: 'a', deadlineAt: startTime + 5000 }],
    ]);
    expect(screen(records).at(-2)).toBe('The recording ends here: the session was interrupted.');
    expect(replayOf(records).markers.map(({ kind }) => kind)).toEqual(['held']);
  });

  it('says how many rows were recorded of those that went out', () => {
    const records = recordsOf([
      [0, sessionStart()],
      [10, statement(1, { text: 'TABLE t' })],
      [11, { type: 'result', statement: 1, columns: [{ name: 'n', typeOid: 23, format: 'text' }], maskedColumns: [] }],
      [12, { type: 'rows', statement: 1, rows: Array.from({ length: 150 }, (_, n) => [String(n)]) }],
      [13, outcome(1, { rows: 5000, tags: ['SELECT 5000'] }, 150)],
    ]);
    expect(screen(records, true).slice(-6)).toEqual([
      ' 99',
      '(150 rows, 50 of them not drawn here)',
      '5,000 rows went to the agent; the first 150 are recorded',
      'Time: 4 ms',
      '',
      '',
    ]);
  });

  it('never goes back in time, even when the clock did', () => {
    const records = recordsOf([
      [5000, sessionStart()],
      [9000, statement(1)],
      [7000, outcome(1)],
      [7500, statement(2)],
    ]);
    const moments = replayOf(records).frames.map(({ at }) => at);
    expect(moments).toEqual(moments.toSorted((one, other) => one - other));
  });

  it('lets nothing recorded act on the terminal', () => {
    const evil = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(evil, evil, (one, other) => {
        const records = recordsOf([
          [0, sessionStart({ agent: one, database: other, connection: one })],
          [1, statement(1, { text: one, parameters: [{ text: other, format: 'text', truncated: false }] })],
          [
            2,
            {
              type: 'result',
              statement: 1,
              columns: [{ name: one, typeOid: 25, format: 'text' }],
              maskedColumns: [{ name: one, masker: other, rule: one }],
            },
          ],
          [3, { type: 'rows', statement: 1, rows: [[other]] }],
          [4, { type: 'notice', statement: 1, severity: one, sqlstate: other, message: one }],
          [5, outcome(1, { status: 'refused', tags: [one], message: other })],
          [6, { type: 'session_end', reason: one }],
        ]);
        const drawn = replayOf(records)
          .frames.map(({ data }) => data)
          .join('')
          .replace(colour, '')
          .replaceAll('\r\n', '');
        expect(drawn).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
      { numRuns: 100 },
    );
  });
});

describe('an asciicast', () => {
  it('has a header, and outputs and markers in the order of time', () => {
    const replay = replayOf(shopSession);
    const [header, ...events] = asciicast(replay)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(header).toEqual({
      version: 2,
      width: 100,
      height: 30,
      timestamp: startTime / 1000,
      duration: 21,
      title: 'Postern session s-1: claude on shop',
    });
    const list = events as [number, string, string][];
    expect(list.map(([at]) => at)).toEqual(list.map(([at]) => at).toSorted((one, other) => one - other));
    expect(list.filter(([, kind]) => kind === 'm').map(([at, , label]) => [at, label])).toEqual(
      replay.markers.map(({ at, label }) => [at / 1000, label]),
    );
    expect(
      list
        .filter(([, kind]) => kind === 'o')
        .map(([, , data]) => data)
        .join(''),
    ).toBe(replay.frames.map(({ data }) => data).join(''));
  });
});
