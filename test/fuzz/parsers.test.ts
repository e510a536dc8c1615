import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { smallSession, writtenJournal } from '../gateway/journal/support.ts';
import { budget, report } from './budget.ts';
import { cut, input, journals, targets } from './parser-targets.ts';
import { Random } from './random.ts';

const limits = budget({ runs: 15_000, seconds: 6 });
const folder = mkdtempSync(join(tmpdir(), 'postern-fuzz-'));
const { path, folder: written } = await writtenJournal(smallSession(3));
const all = [...targets, journals(folder, readFileSync(path))];
rmSync(written, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(all.map((target) => [target.name, target] as const))('%s', (name, target) => {
  test('takes every input or refuses it, at once, and understands what it takes as it stands', () => {
    const runs = Math.ceil((Math.min(limits.runs, 1e9) * target.share) / 1000);
    const startedAt = performance.now();
    const before = process.memoryUsage.rss();
    let taken = 0;
    let slowest = 0;
    let done = 0;
    for (; done < runs && performance.now() - startedAt < limits.timeLimit; done += 1) {
      // Every input has a seed of its own, so that one can be made again without those before it.
      const seed = (limits.seed + done) >>> 0;
      const random = new Random(seed);
      const bytes = input(target, random);
      const began = performance.now();
      try {
        if (target.check(bytes, random)) taken += 1;
      } catch (error) {
        throw new Error(`seed ${seed}: ${bytes.toString('hex')}: ${String(error)}`, { cause: error });
      }
      slowest = Math.max(slowest, performance.now() - began);
    }
    const growth = Math.round((process.memoryUsage.rss() - before) / 1024 / 1024);
    report(name, done, startedAt, limits, `${taken} taken, slowest ${slowest.toFixed(1)} ms, rss +${growth} MB`);
    expect(taken).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(1000);
    if (limits.long) expect(growth).toBeLessThan(64);
  }, 3_600_000);

  test('refuses or waits for the rest of every sample cut short, at every byte', () => {
    for (const sample of target.samples) {
      const step = limits.long || sample.length < 1000 ? 1 : 37;
      for (let size = 0; size < sample.length; size += step) {
        const part = Buffer.from(sample.subarray(0, size));
        expect(() => target.check(target.repair?.(part) ?? part, new Random(size))).not.toThrow();
      }
    }
  }, 60_000);
});

test('a stream split at any byte gives the messages of the whole stream', () => {
  for (const stream of targets.flatMap((target) =>
    target.samples.filter((sample) => sample.length > 0 && sample.length < 1000),
  )) {
    const whole = cut(stream, () => 4096, [stream.length]);
    for (let at = 1; at < stream.length; at += 1) {
      expect(cut(stream, () => 4096, [at, stream.length])).toEqual(whole);
    }
  }
});
