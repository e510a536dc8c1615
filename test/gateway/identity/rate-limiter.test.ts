import { expect, test } from 'vitest';
import {
  addressLimit,
  createRateLimiter,
  freeFailures,
  longestDelayMs,
  spacingMs,
  windowMs,
} from '../../../src/gateway/identity/rate-limiter.ts';
import fc from '../../support/property.ts';

const times = (count: number, act: () => number): number[] => Array.from({ length: count }, act);

test('ten failures in a minute are answered at once, the rest one a second, ten seconds late at most', () => {
  const limiter = createRateLimiter(() => 0);
  expect(times(10, () => limiter.failed('a'))).toEqual(Array(10).fill(0));
  expect(times(12, () => limiter.failed('a'))).toEqual([
    1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 10_000, 10_000,
  ]);
});

test('one address does not slow another', () => {
  const limiter = createRateLimiter(() => 0);
  times(20, () => limiter.failed('a'));
  expect(limiter.failed('b')).toBe(0);
});

test('a failure each second after the limit waits a second each', () => {
  let now = 0;
  const limiter = createRateLimiter(() => now);
  times(10, () => limiter.failed('a'));
  const delays = times(5, () => {
    const delay = limiter.failed('a');
    now += delay;
    return delay;
  });
  expect(delays).toEqual([1000, 1000, 1000, 1000, 1000]);
});

test('a new minute begins with ten again', () => {
  let now = 0;
  const limiter = createRateLimiter(() => now);
  times(15, () => limiter.failed('a'));
  now = windowMs - 1;
  expect(limiter.failed('a')).toBe(spacingMs);
  now = windowMs;
  expect(times(10, () => limiter.failed('a'))).toEqual(Array(10).fill(0));
  expect(limiter.failed('a')).toBeGreaterThanOrEqual(spacingMs);
});

test('no more addresses than the limit are remembered: the oldest is forgotten first', () => {
  const limiter = createRateLimiter(() => 0);
  for (const address of ['oldest', 'kept']) times(freeFailures, () => limiter.failed(address));
  for (let index = 0; index < addressLimit - 1; index++) limiter.failed(`address ${index}`);
  expect([limiter.failed('kept'), limiter.failed('oldest')]).toEqual([spacingMs, 0]);
});

test('whatever the timing, answers of a limited address are a second apart until the delay reaches its cap', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 }), (gaps) => {
      let now = 0;
      const limiter = createRateLimiter(() => now);
      let last = Number.NEGATIVE_INFINITY;
      for (const gap of gaps) {
        now += gap;
        const delay = limiter.failed('a');
        expect(delay).toBeLessThanOrEqual(longestDelayMs);
        if (delay === 0) continue;
        if (delay < longestDelayMs) expect(now + delay - last).toBeGreaterThanOrEqual(spacingMs);
        last = now + delay;
      }
    }),
  );
});
