import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApprovalBroker, type Hold } from '../../../src/gateway/approval/broker.ts';
import { retryLimit } from '../../../src/gateway/approval/retry-book.ts';
import type { ApprovalQuestion, RetryStep } from '../../../src/gateway/approval/types.ts';
import fc from '../../support/property.ts';
import { question } from './question.ts';

const deadlineMs = 300_000;
const operator = { by: 'ada', via: 'memory' } as const;
/** Three statements of one agent. The last two are one text that a rule judged differently: one digest, two questions. */
const statements = [
  { digest: 'a'.repeat(64), rule: 'write' },
  { digest: 'b'.repeat(64), rule: 'write' },
  { digest: 'b'.repeat(64), rule: 'delete' },
] as const;

const ask = (which: number, statementSeq: number): ApprovalQuestion =>
  question({
    sessionId: `session-${statementSeq}`,
    statementSeq,
    rule: { id: statements[which]?.rule ?? '', title: 'Rule', reason: 'because', hint: null },
    digest: statements[which]?.digest ?? '',
  });

type Command =
  | { readonly kind: 'send'; readonly which: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | {
      readonly kind: 'cancel' | 'disconnect' | 'approve' | 'approveRetry' | 'denyRetry' | 'withdraw';
      readonly at: number;
    }
  | { readonly kind: 'settings' | 'journalFails' | 'journalWorks' | 'stop' };

const at = fc.nat({ max: 6 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 2 }).map((which): Command => ({ kind: 'send', which })) },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 0, max: retryLimit.offerMs }).map((ms): Command => ({ kind: 'wait', ms })),
  },
  {
    weight: 16,
    arbitrary: fc
      .tuple(fc.constantFrom('cancel', 'disconnect', 'approve', 'approveRetry', 'denyRetry', 'withdraw'), at)
      .map(([kind, which]): Command => ({ kind, at: which }) as Command),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('settings', 'journalFails', 'journalWorks', 'stop').map((kind): Command => ({ kind })),
  },
);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A broker with everything that was seen of it from outside. */
function observed() {
  const steps: RetryStep[] = [];
  let fails = false;
  let made = 0;
  const broker = new ApprovalBroker({
    clock: Date.now,
    monotonic: () => performance.now(),
    newId: () => `request-${made++}`,
    deadlineMs,
    journal: {
      require: (step) => {
        if (fails) throw new Error('the disk is full');
        steps.push(step);
      },
      note: (step) => steps.push(step),
    },
    sequenceJournal: { require: () => undefined, note: () => undefined },
  });
  return { broker, steps, fail: (now: boolean) => (fails = now) };
}

test('in any order of retries, cancels, decisions and races a ticket is used at most once, for its own question, in time, and after its approval was written', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      vi.clearAllTimers();
      const { broker, steps, fail } = observed();
      const holds: Hold[] = [];
      let sent = 0;
      const attempt = (work: () => unknown): void => {
        try {
          work();
        } catch {
          // refused: nothing may have changed, which the invariants below see
        }
      };
      const send = (which: number): void => {
        sent += 1;
        const asked = ask(which, sent);
        const issued = steps.findLast(({ event, request }) => event === 'issued' && request.digest === asked.digest);
        const earlier = broker.redeem(asked, true);
        if (earlier === null) {
          holds.push(broker.ask(asked, true));
          return;
        }
        const decided = steps.filter(({ request }) => request.id === earlier.approvalId).map(({ event }) => event);
        if (earlier.state === 'approved') {
          expect(decided).toEqual(['offered', 'issued', 'redeemed']);
          expect(issued?.request.rule.id).toBe(asked.rule.id);
          expect(Date.now() - earlier.at).toBeLessThan(retryLimit.answerMs);
        } else expect(decided).toEqual(['offered', 'denied', 'refused']);
      };
      const run = (step: Command): void => {
        switch (step.kind) {
          case 'send':
            return send(step.which);
          case 'wait':
            return void vi.advanceTimersByTime(step.ms);
          case 'settings':
            return broker.withdrawEarlier(() => 'a rule was changed');
          case 'journalFails':
          case 'journalWorks':
            return void fail(step.kind === 'journalFails');
          case 'stop':
            return broker.stop('stopped');
          case 'cancel':
            return holds[step.at]?.giveUp('cancelled', 'because');
          case 'disconnect':
            return holds[step.at]?.giveUp('withdrawn', 'because');
          case 'withdraw':
            return attempt(() => broker.withdrawTicket({ id: `request-${step.at}`, ...operator }));
          default: {
            const { id, digest } = holds[step.at]?.request ?? { id: 'nobody', digest: '' };
            const action = step.kind === 'denyRetry' ? 'deny' : 'approve';
            attempt(() => broker.decide({ id, digest, action, forRetry: step.kind !== 'approve', ...operator }));
          }
        }
      };

      for (const step of commands) {
        run(step);
        const { pending, retries, decided } = broker.list();
        // One card for one statement, and nothing is at once in question and answered.
        const digests = retries.map(({ digest }) => digest);
        expect(digests).toEqual([...new Set(digests)]);
        const ids = [...pending, ...decided].map(({ id }) => id);
        expect(ids).toEqual([...new Set(ids)]);
        for (const request of retries) expect(['offered', 'ticket']).toContain(request.retry?.state);
      }
      fail(false);
      broker.stop('the end');
      vi.advanceTimersByTime(deadlineMs + retryLimit.offerMs);
      const finals = ['redeemed', 'refused', 'denied', 'expired', 'withdrawn', 'replaced'];
      for (const id of new Set(steps.map(({ request }) => request.id))) {
        const events = steps.filter(({ request }) => request.id === id).map(({ event }) => event);
        const ends = events.filter(
          (event) => finals.includes(event) && !(event === 'denied' && events.includes('refused')),
        );
        expect([events[0], ends.length]).toEqual(['offered', 1]);
      }
      expect([broker.list().pending, broker.list().retries, vi.getTimerCount()]).toEqual([[], [], 0]);
    }),
    { numRuns: 400 },
  );
});
