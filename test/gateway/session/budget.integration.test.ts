import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ApprovalRequest, Budgets } from '../../../src/contract/index.ts';
import { bind, execute, parse, sync } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

let database: TestDatabase;
let gate: TestGate;
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item AS SELECT n AS id FROM generate_series(1, 20000) n');
});
afterAll(() => database.drop());
afterEach(() => gate.stop());

const start = async (budgets: Budgets): Promise<void> => {
  gate = await startGate({ database: database.name, policy: 'observe', budgets });
};
const pending = (): Promise<ApprovalRequest> => until(() => gate.gateway.approvals.list().pending[0]);
const decide = async (action: 'approve' | 'deny'): Promise<ApprovalRequest> => {
  const { id, digest } = await pending();
  return gate.gateway.approvals.decide({ id, digest, action, by: 'test', via: 'memory' });
};

test('over its budget a session asks; an approval gives as much again', async () => {
  await start({ perSession: { rowsRead: 100 }, over: 'ask' });
  const client = await gate.connect();
  await client.query('SELECT * FROM item LIMIT 100');
  const next = client.query('SELECT * FROM item LIMIT 50');
  expect((await pending()).rule).toEqual({
    id: 'budget',
    title: 'The budget is used up',
    reason: 'This session has used up its budget: 100 rows read, of 100.',
    hint: 'Read and write less at a time; the operator is asked for more.',
  });
  await decide('approve');
  expect((await next).rowCount).toBe(50);
  expect((await client.query('SELECT 1')).rowCount).toBe(1);
  await client.query('SELECT * FROM item LIMIT 60');
  const over = client.query('SELECT 1');
  await decide('deny');
  await expect(over).rejects.toMatchObject({ code: '42501' });
  await client.query('BEGIN'); // what only keeps house is never asked about
  await client.query('ROLLBACK');
});

test('statements of one pipeline are counted one by one, not all of them before any', async () => {
  gate = await startGate({
    database: database.name,
    policy: 'observe',
    budgets: { perSession: { statements: 3 }, over: 'ask' },
    deadlineMs: 0,
  });
  const client = await RawClient.logIn(gate.address);
  const step = (id: number): Buffer[] => [parse('', `SELECT ${id}`), bind('', ''), execute('')];
  client.send(...[1, 2, 3, 4, 5].flatMap(step), sync());
  const heard = told(await client.untilReady());
  // None of it came back: the fourth asks, and what is in one segment with it is only sent when all are answered.
  expect(heard.filter((one) => /^[DE]/.test(one))).toEqual(['D 1', 'D 2', 'D 3', 'E 42501']);
  client.close();
});

test('a table that is made from a query counts by its rows', async () => {
  await start({ perSession: { rowsWritten: 10 }, over: 'ask' });
  const client = await gate.connect();
  await client.query('CREATE TEMP TABLE made AS SELECT * FROM item LIMIT 9');
  await client.query('SELECT * INTO TEMP other FROM item LIMIT 1');
  const over = client.query('SELECT 1');
  expect((await pending()).rule.reason).toContain('10 rows written, of 10');
  await decide('deny');
  await expect(over).rejects.toMatchObject({ code: '42501' });
});

test('rows written count by the command tags, COPY included', async () => {
  await start({ perSession: { rowsWritten: 10 }, over: 'ask' });
  const client = await gate.connect();
  await client.query('CREATE TEMP TABLE t (id int)');
  await client.query('INSERT INTO t SELECT generate_series(1, 9) RETURNING id');
  await client.query('INSERT INTO t VALUES (1)');
  const over = client.query('SELECT 1');
  expect((await pending()).rule.reason).toContain('10 rows written, of 10');
  await decide('deny');
  await expect(over).rejects.toMatchObject({ code: '42501' });
});

test('where a budget ends the session, it does so in the middle of a result', async () => {
  await start({ perSession: { rowsRead: 5000 }, over: 'terminate' });
  const client = await gate.connect();
  const lost = new Promise((resolve) => client.on('error', resolve));
  await expect(client.query('SELECT * FROM item')).rejects.toMatchObject({ code: '53400' });
  expect(await lost).toBeInstanceOf(Error);
  const records = (await gate.journal()).map(({ body }) => body);
  expect(records.find(({ type }) => type === 'outcome')).toMatchObject({ outcome: { status: 'lost', rows: 5000 } });
});

test('the hour of an agent is one for all its sessions', async () => {
  await start({ perHour: { statements: 2 }, over: 'terminate' });
  const first = await gate.connect();
  await first.query('SELECT 1');
  const second = await gate.connect();
  await second.query('SELECT 1');
  const lost = new Promise((resolve) => second.on('error', resolve));
  await expect(second.query('SELECT 1')).rejects.toMatchObject({ code: '42501' });
  await lost;
});
