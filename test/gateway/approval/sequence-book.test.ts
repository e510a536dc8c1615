import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApprovalBroker } from '../../../src/gateway/approval/broker.ts';
import { sequenceLimit } from '../../../src/gateway/approval/sequence-book.ts';
import type { SequencePart } from '../../../src/gateway/approval/sequence-part.ts';
import type { ApprovalQuestion, SequenceEvent, SequenceStep } from '../../../src/gateway/approval/types.ts';
import { question } from './question.ts';

const minute = 60_000;
const part: SequencePart = {
  needs: 'sweep',
  typical: true,
  schemas: ['public'],
  removes: [{ schema: 'public', name: 'item', oid: 7 }],
};
const step: SequenceStep = {
  part,
  byOwnRule: false,
  scope: { kind: 'sweep', schemas: ['public'], removable: new Set([7]), ownRule: null },
};
let made = 0;
const ask = (more: Partial<ApprovalQuestion> = {}): ApprovalQuestion =>
  question({
    environment: 'staging',
    text: 'TRUNCATE item',
    effects: { kinds: ['truncate'], reads: [], writes: ['public.item'], functions: [], understood: true },
    rule: { id: 'truncate', title: 'Empties a table', reason: 'because', hint: null },
    digest: `${++made}`.padStart(64, '0'),
    sequence: {
      kind: 'sweep',
      recognised: true,
      evidence: 'two came',
      tool: null,
      schemas: ['public'],
      before: [],
      behind: [],
      moreBehind: 0,
      impact: null,
      answer: null,
    },
    ...more,
  });

const operator = { by: 'ada', via: 'memory' } as const;
let events: SequenceEvent[];
let fails: boolean;
let broker: ApprovalBroker;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  events = [];
  fails = false;
  let requests = 0;
  broker = new ApprovalBroker({
    clock: Date.now,
    monotonic: () => performance.now(),
    newId: () => `request-${++requests}`,
    deadlineMs: 5 * minute,
    journal: { require: () => undefined, note: () => undefined },
    sequenceJournal: {
      require: (event) => {
        if (fails) throw new Error('the disk is full');
        events.push(event);
      },
      note: (event) => events.push(event),
    },
  });
});
afterEach(() => {
  broker.stop('the test is over');
  vi.useRealTimers();
});

function decideWhole(action: 'approve' | 'deny', asked = ask()): void {
  const { request } = broker.ask(asked, true, null, step);
  broker.decide({ id: request.id, digest: request.digest, action, wholeSequence: true, ...operator });
}
const answered = (more: Partial<ApprovalQuestion> = {}, asks: Partial<SequenceStep> = {}): string | null =>
  broker.answerOfSequence(ask(more), { ...step, ...asks })?.state ?? null;

describe('a decision for a whole sequence', () => {
  test('answers the steps of the same agent in the same place, and no other', () => {
    decideWhole('approve');
    expect(answered()).toBe('approved');
    for (const other of ['agent', 'subject', 'connection', 'database', 'role'] as const) {
      expect(answered({ [other]: 'another' }), other).toBeNull();
    }
    expect(answered({ environment: 'production' })).toBeNull();
  });

  test('answers the rules of its kind, and a rule of the operator’s own only where that one asked', () => {
    decideWhole('approve');
    const rule = (id: string) => ({ id, title: id, reason: 'because', hint: null });
    expect(answered({ rule: rule('delete-without-key') })).toBe('approved');
    expect(answered({ rule: rule('ddl') })).toBeNull();
    expect(answered({ rule: rule('budget') })).toBeNull();
    expect(answered({ rule: rule('truncate') }, { byOwnRule: true })).toBeNull();
  });

  test('reaches its kind, its schemas and the tables that were shown', () => {
    decideWhole('approve');
    const of = (change: Partial<SequencePart>) => answered({}, { part: { ...part, ...change } });
    expect(of({ schemas: ['public', 'ledger'] })).toBeNull();
    expect(of({ needs: 'migration', removes: [] })).toBeNull();
    expect(of({ needs: 'reset' })).toBeNull();
    expect(of({ removes: [{ schema: 'public', name: 'new', oid: 8 }] })).toBeNull();
    expect(of({ removes: [{ schema: 'public', name: 'unknown', oid: null }] })).toBeNull();
    expect(of({})).toBe('approved');
  });

  test('ends when no step came for a while, at the latest after its time, and after so many steps', () => {
    decideWhole('approve');
    for (let waited = 0; waited + minute < sequenceLimit.approvedMs; waited += minute) {
      expect(answered()).toBe('approved');
      vi.advanceTimersByTime(minute);
    }
    vi.advanceTimersByTime(minute);
    expect(answered()).toBeNull();

    decideWhole('approve');
    vi.advanceTimersByTime(sequenceLimit.approvedIdleMs - 1);
    expect(answered()).toBe('approved');
    vi.advanceTimersByTime(sequenceLimit.approvedIdleMs);
    expect(answered()).toBeNull();

    decideWhole('approve');
    for (let count = 0; count < sequenceLimit.statements; count++) answered();
    expect(answered()).toBeNull();
    expect(events.map(({ event, reason }) => [event, reason])).toEqual([
      ['approved', null],
      ['ended', 'it lasted 30 min, the longest that is allowed'],
      ['approved', null],
      ['ended', 'no statement of it came for 2 min'],
      ['approved', null],
      ['ended', 'it had 5000 statements, the most that are allowed'],
    ]);
  });

  test('ends by itself when nobody looks, and the desk hears of it', () => {
    const states: (string | undefined)[] = [];
    decideWhole('deny');
    broker.onChange(({ sequence }) => states.push(sequence?.answer?.state));
    vi.advanceTimersByTime(sequenceLimit.deniedIdleMs + 5000);
    expect(states).toEqual(['ended']);
    expect(broker.list()).toMatchObject({ sequences: [], decided: [{ sequence: { answer: { state: 'ended' } } }] });
  });

  test('that is denied refuses the steps that wait and those that come', async () => {
    const waiting = broker.ask(ask(), true, null, step);
    const other = broker.ask(ask({ agent: 'somebody else' }), true, null, step);
    decideWhole('deny');
    expect(await waiting.decision).toMatchObject({ state: 'denied', sequence: { approvalId: 'request-3' } });
    expect(answered()).toBe('denied');
    expect(broker.list().pending).toEqual([other.request]);
  });

  test('is not taken when it cannot be written down', () => {
    fails = true;
    const { request } = broker.ask(ask(), true, null, step);
    const decide = () =>
      broker.decide({ id: request.id, digest: request.digest, action: 'approve', wholeSequence: true, ...operator });
    expect(decide).toThrow('the disk is full');
    expect(broker.list().pending).toEqual([request]);
    expect(answered()).toBeNull();
  });

  test('is not offered for the retry of a statement that was given up', () => {
    const hold = broker.ask(ask(), true, null, step);
    hold.giveUp('withdrawn', 'the client left');
    const { id, digest } = hold.request;
    expect(() =>
      broker.decide({ id, digest, action: 'approve', forRetry: true, wholeSequence: true, ...operator }),
    ).toThrow(expect.objectContaining({ code: 'approval_given_up' }));
    expect(answered()).toBeNull();
  });
});
