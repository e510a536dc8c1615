import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ApprovalRequest } from '../../../src/contract/index.ts';
import { ApprovalBroker, type Hold } from '../../../src/gateway/approval/broker.ts';
import type { Decision } from '../../../src/gateway/approval/types.ts';
import fc from '../../support/property.ts';
import { question } from './question.ts';

const digest = 'd'.repeat(64);
const deadlineMs = 1000;
const journal = { require: () => undefined, note: () => undefined };
function brokerOf(deadline = deadlineMs): ApprovalBroker {
  let made = 0;
  return new ApprovalBroker({
    clock: Date.now,
    monotonic: () => performance.now(),
    newId: () => `request-${++made}`,
    deadlineMs: deadline,
    journal,
    sequenceJournal: journal,
  });
}
const operator = { by: 'ada', via: 'memory' } as const;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an approval request', () => {
  test('waits for the operator and ends approved, with who and why and how long', async () => {
    const broker = brokerOf();
    const hold = broker.ask(question(), true);
    expect(broker.list()).toEqual({ pending: [hold.request], retries: [], sequences: [], decided: [] });
    expect(hold.request).toMatchObject({
      state: 'pending',
      createdAt: 1_000_000,
      deadlineAt: 1_001_000,
      decidedAt: null,
    });
    vi.advanceTimersByTime(400);
    const ended = broker.decide({ id: hold.request.id, digest, action: 'approve', reason: 'fine', ...operator });
    expect(ended).toEqual({
      ...hold.request,
      state: 'approved',
      decidedAt: 1_000_400,
      decidedBy: 'ada',
      reason: 'fine',
    });
    expect(await hold.decision).toEqual({
      state: 'approved',
      by: 'ada',
      via: 'memory',
      sequence: null,
      reason: 'fine',
      at: 1_000_400,
      waitedMs: 400,
    });
    expect(broker.list()).toEqual({ pending: [], retries: [], sequences: [], decided: [ended] });
  });

  test('is denied when nobody answers in time', async () => {
    const hold = brokerOf().ask(question(), true);
    vi.advanceTimersByTime(deadlineMs);
    expect(await hold.decision).toMatchObject({ state: 'expired', by: null, reason: 'no answer within 1 s' });
  });

  test('is not prolonged or ended by a clock that is set', async () => {
    const broker = brokerOf();
    const hold = broker.ask(question(), true);
    vi.setSystemTime(9_000_000);
    expect(broker.list().pending).toEqual([hold.request]);
    vi.setSystemTime(0);
    vi.advanceTimersByTime(deadlineMs);
    expect(await hold.decision).toMatchObject({ state: 'expired', waitedMs: deadlineMs });
  });

  test('ends when the server would end its session, less a margin, and says why', async () => {
    const hold = brokerOf(60_000).ask(question(), true, {
      setting: 'transaction_timeout',
      valueMs: 5000,
      leftMs: 4500,
    });
    expect(hold.request).toMatchObject({
      deadlineAt: 1_004_500,
      deadlineCause: { setting: 'transaction_timeout', valueMs: 5000 },
    });
    vi.advanceTimersByTime(4499);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await hold.decision).toMatchObject({
      state: 'expired',
      waitedMs: 4500,
      reason: expect.stringContaining('transaction_timeout = 5 s'),
    });
  });

  test('is asked of nobody where the server leaves too little time to answer', async () => {
    const broker = brokerOf(60_000);
    const heard: string[] = [];
    broker.onChange(({ state }) => heard.push(state));
    const hold = broker.ask(question(), true, {
      setting: 'idle_in_transaction_session_timeout',
      valueMs: 1400,
      leftMs: 900,
    });
    expect(await hold.decision).toMatchObject({ state: 'expired', reason: expect.stringContaining('too soon') });
    expect(heard).toEqual(['expired']);
  });

  test('that is overdue is expired, not approved, when the machine slept and its timers with it', async () => {
    let slept = 0;
    const broker = new ApprovalBroker({
      clock: Date.now,
      monotonic: () => performance.now() + slept,
      newId: () => 'request-1',
      deadlineMs: 60_000,
      journal,
      sequenceJournal: journal,
    });
    const hold = broker.ask(question(), true);
    slept = 3_600_000;
    const decide = () => broker.decide({ id: 'request-1', digest, action: 'approve', ...operator });
    expect(decide).toThrow(expect.objectContaining({ code: 'approval_already_ended' }));
    expect(await hold.decision).toMatchObject({ state: 'expired' });
  });

  test('is found overdue within seconds of a resume, without anybody asking', async () => {
    let slept = 0;
    const broker = new ApprovalBroker({
      clock: Date.now,
      monotonic: () => performance.now() + slept,
      newId: () => 'request-1',
      deadlineMs: 60_000,
      journal,
      sequenceJournal: journal,
    });
    const hold = broker.ask(question(), true);
    slept = 3_600_000;
    vi.advanceTimersByTime(5000);
    expect(await hold.decision).toMatchObject({ state: 'expired' });
  });

  test('shows the locks of its transaction while it waits, and tells nobody of them when it has ended', () => {
    const broker = brokerOf();
    const heard: [string, boolean | undefined][] = [];
    broker.onChange(({ state, locks }) => heard.push([state, locks?.known]));
    const hold = broker.ask(question({ transaction: 'open' }), true);
    const locks = { held: [], moreHeld: 0, blocked: [], moreBlocked: 0, known: true };
    hold.showLocks(locks);
    expect(broker.list().pending).toEqual([{ ...hold.request, locks }]);
    hold.end('withdrawn', 'gone');
    hold.showLocks({ ...locks, known: false });
    expect(heard).toEqual([
      ['pending', undefined],
      ['pending', true],
      ['withdrawn', true],
    ]);
  });

  test('has expired at once, and nobody hears of it as pending, when the deadline is 0', async () => {
    const broker = brokerOf(0);
    const heard: ApprovalRequest[] = [];
    broker.onChange((request) => heard.push(request));
    const hold = broker.ask(question(), true);
    expect(await hold.decision).toMatchObject({ state: 'expired', waitedMs: 0 });
    expect(heard.map(({ state }) => state)).toEqual(['expired']);
  });

  test('is withdrawn when the gate stops', async () => {
    const broker = brokerOf();
    const holds = [broker.ask(question(), true), broker.ask(question(), true)];
    broker.stop('the gate stops');
    expect(
      (await Promise.all(holds.map(({ decision }) => decision))).map(({ state, reason }) => [state, reason]),
    ).toEqual([
      ['withdrawn', 'the gate stops'],
      ['withdrawn', 'the gate stops'],
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(['0'.repeat(64), '', `${digest}d`, digest.toUpperCase()])(
    'cannot be decided under the digest "%s", and goes on waiting',
    (wrong) => {
      const broker = brokerOf();
      const { request } = broker.ask(question(), true);
      const decide = () => broker.decide({ id: request.id, digest: wrong, action: 'approve', ...operator });
      expect(decide).toThrow(expect.objectContaining({ code: 'approval_digest_mismatch' }));
      expect(broker.list().pending).toEqual([request]);
    },
  );

  test('that never was is not found', () => {
    const decide = () => brokerOf().decide({ id: 'nobody', digest, action: 'approve', ...operator });
    expect(decide).toThrow(expect.objectContaining({ code: 'approval_not_found' }));
  });

  test('is told to every listener, and to none that stopped listening', () => {
    const broker = brokerOf();
    const heard: string[] = [];
    const stop = broker.onChange(({ id, state }) => heard.push(`${id} ${state}`));
    const { request } = broker.ask(question(), true);
    broker.decide({ id: request.id, digest, action: 'deny', ...operator });
    stop();
    broker.ask(question(), true);
    expect(heard).toEqual(['request-1 pending', 'request-1 denied']);
  });

  test('stays in the inbox among the latest 200 that ended', () => {
    const broker = brokerOf(0);
    for (let asked = 0; asked < 201; asked += 1) broker.ask(question(), true);
    const { decided } = broker.list();
    expect([decided.length, decided[0]?.id, decided.at(-1)?.id]).toEqual([200, 'request-201', 'request-2']);
  });
});

type Command =
  | { readonly kind: 'ask' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'approve' | 'deny' | 'forge' | 'withdraw' | 'cancel' | 'skip'; readonly which: number }
  | { readonly kind: 'stop' };

const which = fc.nat({ max: 7 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Command>({ kind: 'ask' }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 600 }).map((ms): Command => ({ kind: 'wait', ms })) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.constantFrom('approve', 'deny', 'forge', 'withdraw', 'cancel', 'skip'), which)
      .map(([kind, target]): Command => ({ kind, which: target }) as Command),
  },
  { weight: 1, arbitrary: fc.constant<Command>({ kind: 'stop' }) },
);

const endings = { withdraw: 'withdrawn', cancel: 'cancelled', skip: 'skipped' } as const;
const answers = { approve: 'approved', deny: 'denied', forge: null } as const;

/** What each request must have become, kept by hand. */
interface Expected {
  readonly hold: Hold;
  readonly askedAt: number;
  state: ApprovalRequest['state'];
}

test('in any order of events every request ends in exactly one state, once, and only the operator approves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
      vi.clearAllTimers();
      const broker = brokerOf();
      const told = new Map<string, string[]>();
      broker.onChange(({ id, state }) => told.set(id, [...(told.get(id) ?? []), state]));
      const requests: Expected[] = [];
      let now = 0;
      const end = (request: Expected | undefined, state: Expected['state']): void => {
        if (request?.state === 'pending') request.state = state;
      };
      const run = (step: Command): void => {
        if (step.kind === 'ask') {
          requests.push({ hold: broker.ask(question(), true), askedAt: now, state: 'pending' });
        } else if (step.kind === 'wait') {
          now += step.ms;
          vi.advanceTimersByTime(step.ms);
          for (const request of requests) if (now - request.askedAt >= deadlineMs) end(request, 'expired');
        } else if (step.kind === 'stop') {
          broker.stop('stopped');
          for (const request of requests) end(request, 'withdrawn');
        } else if (step.kind === 'withdraw' || step.kind === 'cancel' || step.kind === 'skip') {
          const target = requests[step.which];
          target?.hold.end(endings[step.kind], 'because');
          end(target, endings[step.kind]);
        } else {
          decide(requests[step.which], step.kind);
        }
      };
      const decide = (target: Expected | undefined, kind: keyof typeof answers): void => {
        const id = target?.hold.request.id ?? 'nobody';
        const action = kind === 'deny' ? 'deny' : 'approve';
        const attempt = () =>
          broker.decide({ id, digest: kind === 'forge' ? '0'.repeat(64) : digest, action, ...operator });
        if (target === undefined) expect(attempt).toThrow(expect.objectContaining({ code: 'approval_not_found' }));
        else if (target.state !== 'pending')
          expect(attempt).toThrow(expect.objectContaining({ code: 'approval_already_ended' }));
        else if (kind === 'forge')
          expect(attempt).toThrow(expect.objectContaining({ code: 'approval_digest_mismatch' }));
        else {
          expect(attempt().state).toBe(answers[kind]);
          end(target, answers[kind]);
        }
      };

      for (const step of commands) {
        run(step);
        const { pending, decided } = broker.list();
        const ids = (keep: (request: Expected) => boolean) => requests.filter(keep).map(({ hold }) => hold.request.id);
        expect(pending.map(({ id }) => id)).toEqual(ids(({ state }) => state === 'pending'));
        expect(decided.map(({ id }) => id).sort()).toEqual(ids(({ state }) => state !== 'pending').sort());
      }
      vi.advanceTimersByTime(deadlineMs);
      for (const request of requests) end(request, 'expired');
      const decisions: Decision[] = await Promise.all(requests.map(({ hold }) => hold.decision));
      expect(decisions.map(({ state }) => state)).toEqual(requests.map(({ state }) => state));
      expect(requests.map(({ hold }) => told.get(hold.request.id))).toEqual(
        requests.map(({ state }) => ['pending', state]),
      );
      for (const { state, by } of decisions) expect(by !== null).toBe(state === 'approved' || state === 'denied');
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 300 },
  );
});
