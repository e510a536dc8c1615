import { describe, expect, test } from 'vitest';
import { timeoutText } from '../../../src/contract/index.ts';
import { causeHint, deadlineOf } from '../../../src/gateway/approval/deadline.ts';

const cause = { setting: 'idle_in_transaction_session_timeout', valueMs: 30_000 } as const;

describe('the deadline of a request', () => {
  test('is the gate’s own where the server ends nothing, or later', () => {
    const own = { waitMs: 5000, cause: null, expiry: 'no answer within 5 s' };
    expect(deadlineOf(5000, null)).toEqual(own);
    expect(deadlineOf(5000, { ...cause, leftMs: 5000 })).toEqual(own);
  });

  test('is what the server leaves where that is less', () => {
    expect(deadlineOf(300_000, { ...cause, leftMs: 28_500 })).toEqual({
      waitMs: 28_500,
      cause,
      expiry:
        'no answer within 29 s, and the database ends this session soon after (idle_in_transaction_session_timeout = 30 s)',
    });
  });

  test.each([999, 0, -20_000])('is no time at all with %d ms left: nobody could answer', (leftMs) => {
    expect(deadlineOf(300_000, { ...cause, leftMs })).toEqual({
      waitMs: 0,
      cause,
      expiry:
        'nobody was asked, because the database ends this session too soon for an answer (idle_in_transaction_session_timeout = 30 s)',
    });
  });

  test('of 0 asks nobody, whatever the server leaves', () => {
    expect(deadlineOf(0, { ...cause, leftMs: 1 })).toMatchObject({ waitMs: 0, cause: null });
  });
});

test('a cause is said as PostgreSQL writes it, with what an agent can do', () => {
  expect(timeoutText({ setting: 'transaction_timeout', valueMs: 1500 })).toBe('transaction_timeout = 1500 ms');
  expect(causeHint(cause)).toContain('outside a transaction');
  expect(causeHint({ setting: 'idle_session_timeout', valueMs: 100 })).toBe(
    'Raise idle_session_timeout for this session, then try again.',
  );
});
