import { expect, test } from 'vitest';
import {
  cancelAddressLimit,
  createCancelLimiter,
  longestTurnMs,
  wrongKeyBurst,
} from '../../../src/gateway/identity/cancel-limiter.ts';

const times = <T>(count: number, act: () => T): T[] => Array.from({ length: count }, act);

test('five wrong keys are looked at at once, then five a second, and none that would wait for more than five seconds', () => {
  const limiter = createCancelLimiter(() => 0);
  const turns = times(32, () => limiter.turn('a'));
  expect(turns.slice(0, 8)).toEqual([0, 0, 0, 0, 0, 200, 400, 600]);
  expect(turns.slice(-3)).toEqual([5000, null, null]);
  expect(turns.filter((turn) => turn !== null)).toHaveLength(wrongKeyBurst + longestTurnMs / 200);
});

test('after a second of quiet there are five more', () => {
  let now = 0;
  const limiter = createCancelLimiter(() => now);
  times(5, () => limiter.turn('a'));
  now = 1000;
  expect(times(6, () => limiter.turn('a'))).toEqual([0, 0, 0, 0, 0, 200]);
});

test('right keys do not count, however many', () => {
  const limiter = createCancelLimiter(() => 0);
  const turns = times(100, () => {
    const turn = limiter.turn('a');
    limiter.right('a');
    return turn;
  });
  expect(turns).toEqual(Array(100).fill(0));
});

test('one address does not slow another', () => {
  const limiter = createCancelLimiter(() => 0);
  times(50, () => limiter.turn('a'));
  expect(limiter.turn('b')).toBe(0);
});

test('no more addresses than the limit are remembered: the one used longest ago is forgotten first', () => {
  const limiter = createCancelLimiter(() => 0);
  for (const address of ['oldest', 'kept']) times(wrongKeyBurst, () => limiter.turn(address));
  for (let index = 0; index < cancelAddressLimit - 1; index++) limiter.turn(`address ${index}`);
  expect([limiter.turn('kept'), limiter.turn('oldest')]).toEqual([200, 0]);
});
