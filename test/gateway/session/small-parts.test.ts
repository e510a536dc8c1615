import { describe, expect, test } from 'vitest';
import { type ConnectionConfig, connectionConfig } from '../../../src/contract/index.ts';
import { CancelRegistry } from '../../../src/gateway/session/cancel-registry.ts';
import { FrameBatch } from '../../../src/gateway/session/frame-batch.ts';
import { refusedByDecision, refusedByRule, waitingNotice } from '../../../src/gateway/session/refusal.ts';
import { routeSession } from '../../../src/gateway/session/route.ts';
import { SegmentCollector, segmentLimit } from '../../../src/gateway/session/segment.ts';
import { close, execute, flush, sync } from '../../../src/gateway/wire/encode-frontend.ts';
import fc from '../../support/property.ts';

describe('FrameBatch', () => {
  test('hands over the bytes of every frame in order, and is then empty', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { maxLength: 20 }), (frames) => {
        const batch = new FrameBatch();
        for (const frame of frames) batch.add(Buffer.from(frame));
        const whole = Buffer.concat(frames);
        expect(batch.size).toBe(whole.length);
        expect(Buffer.concat(batch.take())).toEqual(whole);
        expect([batch.size, batch.take()]).toEqual([0, []]);
      }),
    );
  });

  test('joins frames that lie behind each other in one chunk, without a copy', () => {
    const chunk = Buffer.alloc(100, 'abcdefghij');
    const batch = new FrameBatch();
    for (const [start, end] of [
      [0, 10],
      [10, 30],
      [40, 50],
      [50, 100],
    ])
      batch.add(chunk.subarray(start, end));
    const parts = batch.take();
    expect(parts.map((part) => [part.byteOffset - chunk.byteOffset, part.length])).toEqual([
      [0, 30],
      [40, 60],
    ]);
    expect(parts.every((part) => part.buffer === chunk.buffer)).toBe(true);
  });
});

describe('routeSession', () => {
  const connection = (name: string, more: object = {}): ConnectionConfig =>
    connectionConfig.parse({
      name,
      upstream: { host: 'db', port: 5432, database: `${name}_db`, user: 'app', credential: { from: 'prompt' } },
      ...more,
    });
  const identity = (...connections: string[]) => ({
    agent: 'claude',
    subject: 'claude',
    groups: [],
    connections,
    token: null,
    keyHash: null,
  });
  const shop = connection('shop');
  const office = connection('office');
  const any = connection('any', { anyDatabase: true });

  test('goes to the connection that the database name names, and to its own database', () => {
    expect(routeSession(identity('shop', 'office'), 'office', undefined, [shop, office])).toEqual({
      ok: true,
      config: office,
      database: 'office_db',
    });
  });

  test('goes to the listener’s connection whatever the name, and passes the name on', () => {
    expect(routeSession(identity('shop'), 'warehouse', 'shop', [shop, office])).toEqual({
      ok: true,
      config: shop,
      database: 'warehouse',
    });
  });

  test('passes other names through the only connection that allows it', () => {
    expect(routeSession(identity('shop', 'any'), 'warehouse', undefined, [shop, any])).toEqual({
      ok: true,
      config: any,
      database: 'warehouse',
    });
  });

  test('does not choose between two that would pass it', () => {
    const other = connection('other', { anyDatabase: true });
    expect(routeSession(identity('any', 'other'), 'warehouse', undefined, [any, other]).ok).toBe(false);
  });

  test.each([
    ['by name', 'office', undefined],
    ['by listener', 'shop', 'office'],
    ['by passing through', 'warehouse', undefined],
  ])('treats what the agent may not use as if it were not there, %s', (_, database, fixed) => {
    expect(routeSession(identity('shop'), database, fixed, [shop, office, any])).toEqual({
      ok: false,
      message: `Postern has no connection "${database}" for this agent`,
      hint: 'Give one of these as the database name: shop.',
    });
  });

  test('says so when the agent may use nothing', () => {
    expect(routeSession(identity(), 'shop', undefined, [shop])).toMatchObject({
      ok: false,
      hint: 'This agent key may use no connection; ask the operator to allow one.',
    });
  });
});

describe('CancelRegistry', () => {
  test('cancels the session that has this process id and secret, and no other', async () => {
    const registry = new CancelRegistry();
    const cancelled: string[] = [];
    const handler = (name: string) => async (): Promise<void> => {
      cancelled.push(name);
    };
    // Two upstream servers may give the same process id.
    const one = registry.register(7, 4, handler('one'));
    const two = registry.register(7, 32, handler('two'));
    expect([one.secretKey.length, two.secretKey.length]).toEqual([4, 32]);
    await registry.find(7, two.secretKey)?.(0);
    expect(registry.find(8, two.secretKey)).toBeNull();
    expect(registry.find(7, Buffer.alloc(32))).toBeNull();
    expect(registry.find(7, two.secretKey.subarray(0, 4))).toBeNull();
    expect(registry.find(7, Buffer.alloc(0))).toBeNull();
    two.forget();
    two.forget();
    expect(registry.find(7, two.secretKey)).toBeNull();
    await registry.find(7, one.secretKey)?.(0);
    expect(cancelled).toEqual(['two', 'one']);
  });

  test('never gives two sessions of one process id the same secret', () => {
    const numbers = [1, 1, 1, 2];
    const registry = new CancelRegistry((size) => Buffer.alloc(size, numbers.shift()));
    const secrets = [1, 2].map(() => registry.register(7, 4, async () => undefined).secretKey.toString('hex'));
    expect(secrets).toEqual(['01010101', '02020202']);
  });
});

describe('SegmentCollector', () => {
  test('gathers messages up to the Sync or Flush', () => {
    const collector = new SegmentCollector();
    const [first, second] = [execute('a'), close('S', 'b')];
    expect([collector.empty, collector.add(first), collector.add(second), collector.empty]).toEqual([
      true,
      null,
      null,
      false,
    ]);
    expect(collector.add(sync())).toEqual({ kind: 'segment', frames: [first, second], end: 'sync' });
    expect(collector.add(flush())).toEqual({ kind: 'segment', frames: [], end: 'flush' });
  });

  test('sends on what grows too large, by number and by size', () => {
    const many = new SegmentCollector();
    const message = execute('');
    for (let count = 1; count < segmentLimit.messages; count += 1) expect(many.add(message)).toBeNull();
    expect(many.add(message)).toMatchObject({ end: 'flush', frames: { length: segmentLimit.messages } });
    expect(new SegmentCollector().add(Buffer.alloc(segmentLimit.bytes, 'B'))).toMatchObject({ end: 'flush' });
  });
});

describe('what an agent is told', () => {
  const rule = { id: 'no-drop', title: 'No DROP', reason: 'it would drop item', hint: 'ask first' };
  const decision = { by: 'ada', via: 'window', at: 0, waitedMs: 5 };

  test('of a refusal by a rule', () => {
    expect(refusedByRule('block', rule)).toEqual({
      severity: 'ERROR',
      sqlstate: '42501',
      message: 'Postern refused this statement: it would drop item. ask first.',
      detail: 'verdict: block; rule: no-drop (No DROP). The statement was not sent to the database.',
      hint: 'ask first',
    });
    expect(refusedByRule('terminate', { ...rule, hint: null })).toMatchObject({ severity: 'FATAL', hint: undefined });
  });

  test('of a denial, with the operator’s reason', () => {
    expect(refusedByDecision(rule, { ...decision, state: 'denied', reason: 'not today' }, null)).toMatchObject({
      severity: 'ERROR',
      sqlstate: '42501',
      message:
        'The operator denied this statement: not today. Do not repeat it unchanged; ask the operator what would be acceptable.',
      detail: expect.stringContaining('verdict: ask; rule: no-drop (No DROP); decision: denied.'),
    });
  });

  test.each(['expired', 'withdrawn', 'skipped'] as const)('of a hold that ended %s', (state) => {
    expect(refusedByDecision(rule, { ...decision, state, reason: 'because' }, null)).toMatchObject({
      sqlstate: '42501',
      message: 'Postern did not run this statement, which needs approval: because. it would drop item. ask first.',
      detail: expect.stringContaining(`decision: ${state}.`),
      hint: 'ask first',
    });
  });

  test('of a cancel, in the server’s own words', () => {
    expect(refusedByDecision(rule, { ...decision, state: 'cancelled', reason: null }, null)).toMatchObject({
      sqlstate: '57014',
      message: 'canceling statement due to user request',
    });
  });

  test('of a hold that the server’s own timeout cut short, with what to do about it', () => {
    const cause = { setting: 'transaction_timeout', valueMs: 1500 } as const;
    expect(refusedByDecision(rule, { ...decision, state: 'expired', reason: 'because' }, cause)).toMatchObject({
      sqlstate: '42501',
      hint: expect.stringMatching(/^Roll back, then run the statement outside a transaction.*transaction_timeout/),
    });
    expect(waitingNotice(rule, 1000, cause).message).toBe(
      'Postern holds this statement until the operator decides (at most 1 s, because the database ends this session then: transaction_timeout = 1500 ms): it would drop item',
    );
  });

  test('of a cancel and of the wait, with what a later approval does for the identical statement', () => {
    const later = expect.stringContaining('within 10 minutes, the identical statement will run at once');
    const cancelled = { ...decision, state: 'cancelled', reason: null } as const;
    expect([refusedByDecision(rule, cancelled, null, true).hint, waitingNotice(rule, 90_000, null, true).hint]).toEqual(
      [later, later],
    );
    expect([refusedByDecision(rule, cancelled, null).hint, waitingNotice(rule, 90_000, null).hint]).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('of the wait', () => {
    expect(waitingNotice(rule, 90_000, null, true)).toMatchObject({
      severity: 'NOTICE',
      message: 'Postern holds this statement until the operator decides (at most 90 s): it would drop item',
    });
  });
});
