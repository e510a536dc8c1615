import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect, memoryPorts } from '../../../src/contract/index.ts';
import { demoConnection } from '../../../src/main/demo/connection.ts';
import { createFacts } from '../../../src/main/demo/facts.ts';
import { startOperator } from '../../../src/main/demo/operator.ts';
import { endOrphan, postmasterOf, untilEnded } from '../../../src/main/demo/postmaster.ts';
import { table } from '../../../src/main/demo/printer.ts';
import { createDesk } from '../../../src/main/desk/desk.ts';
import { aRequest, deskPorts, fakeGateway } from '../support/fakes.ts';

test('facts hold only when there are some and none fails', () => {
  const facts = createFacts(() => undefined);
  expect(facts.ok).toBe(false);
  facts.check('one', true, '');
  expect(facts.ok).toBe(true);
  facts.check('two', false, { seen: 1 });
  expect([facts.ok, facts.all.at(-1)]).toEqual([false, { what: 'two', ok: false, seen: '{"seen":1}' }]);
});

test('rows are aligned as psql does', () => {
  expect(
    table([
      { id: 1, name: 'Ada' },
      { id: 20, name: null },
    ]).split('\n'),
  ).toEqual(['id │ name', '───┼─────', '1  │ Ada', '20 │ NULL']);
});

test('the scripted operator approves changes of products over the contract, and denies everything else', async () => {
  const gateway = fakeGateway();
  const desk = createDesk(deskPorts({ gateway }));
  const [near, far] = memoryPorts();
  desk.attach(near);
  const operator = startOperator(connect(far), () => undefined);
  const effects = { kinds: ['update' as const], reads: [], functions: [], understood: true };
  const stock = aRequest({ id: 'stock', effects: { ...effects, writes: ['public.products'] } });
  const people = aRequest({ id: 'people', effects: { ...effects, writes: ['public.products', 'public.customers'] } });
  gateway.requests.push(stock, people);
  for (const request of [stock, people]) gateway.emit('approval.changed', request);
  await expect
    .poll(() => operator.decided.map(({ id, state }) => [id, state]))
    .toEqual([
      ['stock', 'approved'],
      ['people', 'denied'],
    ]);
});

test('the demo’s connection masks every kind of personal data and asks as in production', () => {
  const { environment, policy, maskRules, upstream } = demoConnection(5555);
  expect([environment, policy, upstream.port, upstream.user]).toEqual([
    'production',
    'production',
    5555,
    'postern_demo',
  ]);
  expect(maskRules.map(({ table: name, column }) => `${name}.${column}`)).toEqual([
    'customers.email',
    'customers.phone',
    'customers.national_id',
    'customers.birth_date',
    'customers.street',
    'payments.card_number',
    'payments.card_holder',
    'payments.expires',
  ]);
});

test('a pid file tells which server holds a cluster, and a stale one leads to no kill', async () => {
  const cluster = await mkdtemp(join(tmpdir(), 'postern-cluster-'));
  expect(postmasterOf(cluster)).toBeNull();
  await writeFile(join(cluster, 'postmaster.pid'), `${process.pid}\n/data\n1700000000\n5499\n\n127.0.0.1\n`);
  expect(postmasterOf(cluster)).toEqual({ pid: process.pid, port: 5499 });
  const asked: number[] = [];
  await endOrphan(cluster, async (port) => {
    asked.push(port);
    return false;
  });
  await endOrphan(cluster, () => Promise.reject(new Error('connection refused')));
  expect(asked).toEqual([5499]);
  const ended = untilEnded(cluster);
  await rm(join(cluster, 'postmaster.pid'));
  await ended;
});
