import type { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { ApprovalBroker } from '../../../src/gateway/approval/broker.ts';
import { JournalError } from '../../../src/gateway/journal/errors.ts';
import { holdMember } from '../../../src/gateway/session/hold.ts';
import type { Judged } from '../../../src/gateway/session/judged.ts';
import { RunningStatement } from '../../../src/gateway/session/running-statement.ts';

test('a hold that cannot be recorded is withdrawn, and nothing of it goes on running', async () => {
  vi.useFakeTimers();
  const broker = new ApprovalBroker({
    clock: () => 0,
    monotonic: () => 0,
    newId: () => 'id',
    deadlineMs: 60_000,
    journal: { require: () => undefined, note: () => undefined },
    sequenceJournal: { require: () => undefined, note: () => undefined },
  });
  const recorder = {
    append: () => {
      throw new JournalError('journal_write_failed', 'the disk is full', 'make room');
    },
    sync: async () => undefined,
    detail: () => expect.fail(),
  };
  const effects = { kinds: [], reads: [], writes: [], functions: [], understood: true };
  const rule = { id: 'rule', title: 'Rule', reason: 'because', hint: null };
  const judged = { text: 'DELETE FROM item', effects, rule } as unknown as Judged;
  const running = new RunningStatement(1, judged, { recorder, monotonic: () => 0, use: () => undefined });
  const over = vi.fn(async () => undefined);
  const held = holdMember(
    { judged, running, parameters: [], digest: 'd', repeatable: false, part: null, refusal: null },
    {
      broker,
      recorder,
      client: { write: () => true } as unknown as Socket,
      asker: {
        ...{ sessionId: 's', agent: 'a', subject: 's', connection: 'c', database: 'd', role: 'r', clientAddress: '' },
        ...{ applicationName: null, environment: 'local', transaction: 'idle', sequence: null },
      },
      step: null,
      limit: null,
      keepAlive: () => Buffer.alloc(0),
      held: () => over,
    },
  );
  await expect(held).rejects.toMatchObject({ code: 'journal_write_failed' });
  expect(over).toHaveBeenCalledTimes(1);
  expect(broker.list()).toMatchObject({ pending: [], decided: [{ state: 'withdrawn' }] });
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
