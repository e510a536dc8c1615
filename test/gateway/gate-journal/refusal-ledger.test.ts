import { expect, test } from 'vitest';
import { RefusalLedger, refusalLimit } from '../../../src/gateway/gate-journal/refusal-ledger.ts';
import type { RecordBody } from '../../../src/gateway/journal/records.ts';
import type { RefusedAttempt } from '../../../src/gateway/session/open-session.ts';

const { eachPerAddress, each, addresses, windowMs } = refusalLimit;
const attempt = (changes: Partial<RefusedAttempt> = {}): RefusedAttempt => ({
  stage: 'log_in',
  clientAddress: '127.0.0.1:50000',
  clientUid: 1000,
  clientProcess: { pid: 4711, program: 'psql' },
  user: 'claude',
  database: 'shop',
  identity: null,
  reason: 'no agent has this key',
  ...changes,
});

function world() {
  const written: RecordBody[] = [];
  const timers: { delayMs: number; run: () => void }[] = [];
  const state = { now: 1_000 };
  const ledger = new RefusalLedger({
    record: (body) => written.push(body),
    clock: () => state.now,
    later: (delayMs, run) => timers.push({ delayMs, run }),
  });
  return { ledger, written, timers, state };
}

test('a refusal is written with who it was, as far as that is known', () => {
  const { ledger, written } = world();
  const identity = { agent: 'acme:claude', subject: 'acme:ada' };
  expect(ledger.refused(attempt({ stage: 'session', identity }))).toBe(true);
  expect(ledger.cancelRefused({ clientAddress: '127.0.0.1:2', processId: 7, unread: 3 })).toBe(true);
  expect(written).toEqual([
    {
      type: 'login_refused',
      stage: 'session',
      clientAddress: '127.0.0.1:50000',
      clientUid: 1000,
      clientPid: 4711,
      clientProgram: 'psql',
      user: 'claude',
      database: 'shop',
      agent: 'acme:claude',
      subject: 'acme:ada',
      reason: 'no agent has this key',
    },
    { type: 'cancel_refused', clientAddress: '127.0.0.1:2', processId: 7, unread: 3 },
  ]);
});

test('of a flood the first are written and the others counted, once a minute, by how far they came', () => {
  const { ledger, written, timers, state } = world();
  for (let knock = 0; knock < 5_000; knock += 1) {
    const stage = knock % 2 === 0 ? 'log_in' : 'start_up';
    expect(ledger.refused(attempt({ stage, clientAddress: `127.0.0.1:${knock}` }))).toBe(knock < eachPerAddress);
  }
  ledger.cancelRefused({ clientAddress: '127.0.0.1:2', processId: 7, unread: 40 });
  expect([written.length, timers.map(({ delayMs }) => delayMs)]).toEqual([eachPerAddress, [windowMs]]);
  state.now += windowMs;
  timers[0]?.run();
  expect(written.slice(eachPerAddress)).toEqual([
    {
      type: 'refusals_counted',
      clientAddress: '127.0.0.1',
      since: 1_000,
      until: 1_000 + windowMs,
      startUps: 2_500 - eachPerAddress / 2,
      logIns: 2_500 - eachPerAddress / 2,
      sessions: 0,
      cancels: 41,
      lastReason: 'a cancel key that is nobody’s',
    },
  ]);
  expect(ledger.refused(attempt())).toBe(true); // a new minute
  expect(timers).toHaveLength(2);
});

test('a flood from everywhere writes no more than one from a few addresses', () => {
  const { ledger, written } = world();
  for (let knock = 0; knock < 10_000; knock += 1) {
    ledger.refused(attempt({ clientAddress: `10.0.${knock % 200}.${(knock * 7) % 250}:1` }));
  }
  ledger.flush();
  const counted = written.flatMap((body) => (body.type === 'refusals_counted' ? [body] : []));
  expect(written.filter(({ type }) => type === 'login_refused').length).toBeLessThanOrEqual(each);
  expect(counted.length).toBeLessThanOrEqual(addresses + 1);
  expect(counted.filter(({ clientAddress }) => clientAddress === null)).toHaveLength(1);
  expect(written.length - counted.length + counted.reduce((sum, { logIns }) => sum + logIns, 0)).toBe(10_000);
});

test('what a client claims is kept to a length', () => {
  const { ledger, written } = world();
  const long = 'x'.repeat(9_000);
  ledger.refused(attempt({ user: long, database: long, reason: long }));
  expect(JSON.stringify(written).length).toBeLessThan(1_200);
});

test('nothing is written when there was nothing to count', () => {
  const { ledger, written } = world();
  ledger.refused(attempt());
  ledger.flush();
  ledger.flush();
  expect(written).toHaveLength(1);
});
