import { describe, expect, it } from 'vitest';
import { SessionProjection } from '../../../src/gateway/journal/projection.ts';
import type { RecordBody } from '../../../src/gateway/journal/records.ts';
import { outcome, sessionEnd, sessionStart, smallSession, startTime, statement } from './support.ts';

const decision: RecordBody = {
  type: 'decision',
  statement: 2,
  decision: { approvalId: 'a-1', state: 'approved', by: 'maria', via: 'desk', reason: 'fine', at: startTime + 2500 },
};

function applyAll(projection: SessionProjection, bodies: readonly RecordBody[]) {
  return bodies.map((body, index) => projection.apply({ seq: index + 2, time: startTime + index * 1000, body }));
}

describe('a session folded from its records', () => {
  it('tells statements, decisions, outcomes and counts', () => {
    const projection = new SessionProjection('s-1');
    applyAll(projection, [
      sessionStart(),
      statement(1),
      outcome(1, { rows: 3 }),
      statement(2, { verdict: 'ask' }),
      { type: 'hold', statement: 2, approvalId: 'a-1', deadlineAt: startTime + 60_000 },
      decision,
      outcome(2, { rows: 1, tags: ['UPDATE 1'] }),
      statement(3, { verdict: 'block' }),
      outcome(3, { status: 'refused', rows: 0, sqlstate: '42501' }),
      statement(4),
      outcome(4, { status: 'error', rows: 0, sqlstate: '22012' }),
      sessionEnd,
    ]);
    const detail = projection.detail(false);
    expect(detail.summary).toEqual({
      id: 's-1',
      live: false,
      startedAt: startTime,
      endedAt: startTime + 11_000,
      endReason: 'client_terminated',
      agent: 'claude',
      subject: 'key:1a2b3c4d',
      connection: 'shop',
      environment: 'production',
      database: 'shop',
      role: 'shop_app',
      applicationName: 'psql',
      clientAddress: '127.0.0.1:50123',
      clientTls: null,
      groups: [],
      token: null,
      sessionRole: null,
      counts: { statements: 4, held: 1, refused: 1, errors: 1, rows: 4 },
    });
    expect(
      detail.statements.map(({ seq, verdict, decision: made, outcome: came }) => [
        seq,
        verdict,
        made?.state,
        came?.status,
      ]),
    ).toEqual([
      [1, 'allow', undefined, 'ok'],
      [2, 'ask', 'approved', 'ok'],
      [3, 'block', undefined, 'refused'],
      [4, 'allow', undefined, 'error'],
    ]);
  });

  it('says after each record what changed', () => {
    const changes = applyAll(new SessionProjection('s-1'), [
      sessionStart(),
      statement(1),
      { type: 'rows', statement: 1, rows: [['1']] },
      outcome(1),
      sessionEnd,
    ]);
    expect(changes.map(({ statement: entry, summary }) => [entry?.seq, entry?.outcome?.status, summary])).toEqual([
      [undefined, undefined, true],
      [1, undefined, true],
      [undefined, undefined, false],
      [1, 'ok', true],
      [undefined, undefined, true],
    ]);
  });

  it('without an end is interrupted at its last record, unless it is live', () => {
    const projection = new SessionProjection('s-1');
    applyAll(projection, [sessionStart(), statement(1)]);
    const ends = [true, false].map((live) => {
      const { endedAt, endReason } = projection.summary(live);
      return { endedAt, endReason };
    });
    expect(ends).toEqual([
      { endedAt: null, endReason: null },
      { endedAt: startTime + 1000, endReason: 'interrupted' },
    ]);
  });

  it('keeps the latest statements only, and counts all', () => {
    const projection = new SessionProjection('s-1', { statements: 3, textLength: 1_000_000 });
    applyAll(projection, smallSession(10));
    const { summary, statements } = projection.detail(false);
    expect({ counts: summary.counts, kept: statements.map(({ seq }) => seq) }).toEqual({
      counts: { statements: 10, held: 0, refused: 0, errors: 0, rows: 10 },
      kept: [8, 9, 10],
    });
  });

  it('keeps no more text than its limit', () => {
    const projection = new SessionProjection('s-1', { statements: 100, textLength: 25 });
    applyAll(
      projection,
      [1, 2, 3, 4].map((number) => statement(number, { text: 'x'.repeat(10) })),
    );
    expect(projection.detail(true).statements.map(({ seq }) => seq)).toEqual([3, 4]);
  });
});
