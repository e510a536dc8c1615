import { expect, test } from 'vitest';
import { createSteadyClock } from '../../src/gateway/steady-clock.ts';

test('a steady clock counts the time that the machine slept, and not the coarseness of the system’s uptime', () => {
  let monotonic = 50;
  let uptime = 900_000;
  const now = createSteadyClock(
    () => monotonic,
    () => uptime,
  );
  const seen = [now()];
  for (const [ran, passed] of [
    [400, 0],
    [400, 1000],
    [10, 3_600_010], // an hour of sleep
    [500, 0],
    [500, 1000],
    [0, 60_000], // and a minute
  ] as const) {
    monotonic += ran;
    uptime += passed;
    seen.push(now());
  }
  expect(seen).toEqual([50, 450, 850, 3_601_060, 3_601_560, 3_602_060, 3_662_060]);
});

test('a steady clock runs as the monotonic one does where nobody sleeps', () => {
  const now = createSteadyClock();
  const before = performance.now();
  const seen = now();
  expect(seen).toBeGreaterThanOrEqual(before);
  expect(seen).toBeLessThanOrEqual(performance.now());
});
