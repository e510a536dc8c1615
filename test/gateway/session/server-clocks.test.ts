import { describe, expect, test } from 'vitest';
import {
  keepAliveMs,
  knownTimeouts,
  runningTimeouts,
  serverLimit,
  timeoutMs,
} from '../../../src/gateway/session/server-clocks.ts';

const idle = { transaction: 'idle', segmentOpen: false, keepsTransaction: false } as const;
const open = { ...idle, transaction: 'open' } as const;
const segment = { ...idle, segmentOpen: true } as const;
const kept = { ...open, keepsTransaction: true } as const;
const fresh = { idleMs: 0, transactionMs: 0 };
const all = {
  idle_in_transaction_session_timeout: 30_000,
  idle_session_timeout: 10_000,
  transaction_timeout: 60_000,
};

describe('what the server leaves a session that waits', () => {
  test('outside a transaction is everything: a Sync starts its idle timer anew', () => {
    expect(serverLimit(all, idle, fresh)).toBeNull();
    expect(keepAliveMs(all, idle)).toBe(5000);
  });

  test('in a transaction is the lesser of both timers, each less its age and a margin', () => {
    const idleTimer = { setting: 'idle_in_transaction_session_timeout', valueMs: 30_000 };
    const whole = { setting: 'transaction_timeout', valueMs: 60_000 };
    expect(serverLimit(all, open, fresh)).toEqual({ ...idleTimer, leftMs: 28_500 });
    expect(serverLimit(all, open, { idleMs: 100, transactionMs: 20_000 })).toEqual({ ...idleTimer, leftMs: 28_400 });
    expect(serverLimit(all, open, { idleMs: 0, transactionMs: 45_000 })).toEqual({ ...whole, leftMs: 13_000 });
    expect(serverLimit(all, { ...open, transaction: 'failed' }, fresh)).toEqual({ ...idleTimer, leftMs: 28_500 });
    expect(keepAliveMs(all, open)).toBeNull();
  });

  test('in a transaction that may be kept alive is what transaction_timeout leaves', () => {
    expect(serverLimit(all, kept, fresh)).toEqual({ setting: 'transaction_timeout', valueMs: 60_000, leftMs: 58_000 });
    expect(serverLimit({ ...all, transaction_timeout: 0 }, kept, fresh)).toBeNull();
    expect(keepAliveMs(all, kept)).toBe(15_000);
  });

  test('in an open segment is what transaction_timeout leaves, and a Sync would commit', () => {
    for (const place of [segment, { ...kept, segmentOpen: true }]) {
      expect(serverLimit(all, place, { idleMs: 0, transactionMs: 50_000 })).toMatchObject({
        setting: 'transaction_timeout',
        leftMs: 8000,
      });
      expect(keepAliveMs(all, place)).toBeNull();
    }
  });

  test('has a margin of half a second to two seconds', () => {
    const left = (valueMs: number) => serverLimit({ transaction_timeout: valueMs }, open, fresh)?.leftMs;
    expect([1000, 2000, 20_000, 3_600_000].map(left)).toEqual([500, 1500, 19_000, 3_598_000]);
  });

  test('is nothing where a timer is too short to be kept up with', () => {
    expect(keepAliveMs({ idle_session_timeout: 200 }, idle)).toBeNull();
    expect(serverLimit({ idle_session_timeout: 200 }, idle, fresh)).toMatchObject({ leftMs: -300 });
  });

  test('is unlimited where nothing is set or known', () => {
    for (const place of [idle, open, segment, kept]) {
      expect([serverLimit({}, place, fresh), keepAliveMs({}, place)]).toEqual([null, null]);
    }
  });
});

test('transaction_timeout runs on as it began, whatever it is set to meanwhile; only 0 stops it', () => {
  const running = (before: number, now: number) =>
    runningTimeouts({ transaction_timeout: before }, { transaction_timeout: now, idle_session_timeout: 1 });
  expect(
    [
      [5, 9],
      [9, 5],
      [5, 0],
      [0, 5],
    ].map(([before = 0, now = 0]) => running(before, now)),
  ).toEqual([5, 9, 0, 5].map((ms) => ({ transaction_timeout: ms, idle_session_timeout: 1 })));
});

test.each([
  ['18.6 (Debian 18.6-1)', 3],
  ['17devel', 3],
  ['16.4', 2],
  ['14beta1', 2],
  ['13.20', 1],
  ['9.5.25', 0],
  ['', 0],
])('a server of version "%s" is asked for %d timeouts', (version, count) => {
  expect(knownTimeouts(version).length).toBe(count);
});

test.each([
  ['0', 0],
  ['1500ms', 1500],
  ['30s', 30_000],
  ['5min', 300_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
  ['-1', null],
  ['soon', null],
  ['', null],
  ['5 min', null],
  ['5constructor', null],
])('SHOW prints "%s" for %s ms', (text, ms) => {
  expect(timeoutMs(text)).toBe(ms);
});
