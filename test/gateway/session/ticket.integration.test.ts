import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApprovalRequest } from '../../../src/contract/index.ts';
import { readJournal } from '../../../src/gateway/journal/reader.ts';
import type { RecordBody } from '../../../src/gateway/journal/records.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';

const add = 'UPDATE item SET stock = stock + $1 WHERE id = $2';
let database: TestDatabase;
let gate: TestGate;

beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item (id int PRIMARY KEY, stock int)');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.query('TRUNCATE item; INSERT INTO item VALUES (1, 0), (2, 0)');
  gate = await startGate({ database: database.name });
});
afterEach(() => gate.stop());

const lists = () => gate.gateway.approvals.list();
const pending = (): Promise<ApprovalRequest> => until(() => lists().pending[0]);
const offered = (): Promise<ApprovalRequest> =>
  until(() => lists().retries.find(({ retry }) => retry?.state === 'offered'));
const operator = { by: 'ada', via: 'memory' } as const;
const decideFor = ({ id, digest }: ApprovalRequest, action: 'approve' | 'deny', reason?: string): ApprovalRequest =>
  gate.gateway.approvals.decide({ id, digest, action, forRetry: true, ...(reason ? { reason } : {}), ...operator });
const stock = async (id = 1): Promise<number> =>
  (await database.query('SELECT stock FROM item WHERE id = $1', [id])).rows[0].stock;
const quiet = { onnotice: () => undefined };

/** A client that sends the statement and then goes away without a word. */
async function giveUp(text = add, values: unknown[] = [5, 1]): Promise<ApprovalRequest> {
  const client = new pg.Client(gate.address);
  client.on('error', () => undefined);
  await client.connect();
  client.query(text, values).catch(() => undefined);
  await pending();
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  return offered();
}

/** Asks again and expects to be held; leaves nothing behind. */
async function asksAgain(
  client: pg.Client,
  text: string | pg.QueryConfig,
  values: unknown[],
): Promise<ApprovalRequest> {
  const refused = client.query(text, values).catch((error) => error.code);
  const request = await pending();
  gate.gateway.approvals.decide({ id: request.id, digest: request.digest, action: 'deny', ...operator });
  expect(await refused).toBe('42501');
  return request;
}

async function gateRecords(): Promise<Extract<RecordBody, { type: 'retry' }>[]> {
  const folder = join(gate.journalFolder, 'gate');
  const bodies = (await readdir(folder)).flatMap((name) =>
    [...readJournal(join(folder, name))].map(({ body }) => body),
  );
  return bodies.flatMap((body) => (body.type === 'retry' ? [body] : []));
}

describe('a held statement that its client gave up', () => {
  test('by leaving, approved late, runs at once when it comes again, exactly once', async () => {
    const held = await giveUp();
    expect(held).toMatchObject({ state: 'withdrawn', attempt: 1, retry: { state: 'offered', usedBy: null } });
    expect(decideFor(held, 'approve', 'fine')).toMatchObject({ retry: { state: 'ticket', decidedBy: 'ada' } });
    const client = await gate.connect();
    const notices: string[] = [];
    client.on('notice', ({ message }) => notices.push(message ?? ''));
    expect((await client.query(add, [5, 1])).rowCount).toBe(1);
    expect(notices).toEqual([expect.stringContaining('approved this statement after it was given up')]);
    expect([await stock(), lists().retries]).toEqual([5, []]);
    await asksAgain(client, add, [5, 1]);
    expect(await stock()).toBe(5);
  });

  test('is in the journals step by step: the decision, who made it, for which request, and what ran on it', async () => {
    const held = await giveUp();
    decideFor(held, 'approve');
    const client = await gate.connect();
    await client.query(add, [5, 1]);
    await client.end();
    const usedBy = lists().decided[0]?.retry?.usedBy;
    const redeemed = await until(async () => {
      const file = join(gate.journalFolder, `${usedBy?.sessionId}.journal`);
      const records = [...readJournal(file)].map(({ body }) => body);
      return records.some(({ type }) => type === 'session_end') ? records : null;
    });
    expect(redeemed.map(({ type }) => type)).toEqual([
      'session_start',
      'statement',
      'decision',
      'outcome',
      'session_end',
    ]);
    expect(redeemed[2]).toEqual({
      type: 'decision',
      statement: 1,
      decision: {
        approvalId: held.id,
        state: 'approved',
        by: 'ada',
        via: 'memory',
        reason: null,
        at: expect.any(Number),
        retryOf: { sessionId: held.sessionId, statement: 1 },
      },
    });
    const steps = await gateRecords();
    expect(steps.map(({ event, approvalId, by }) => [event, approvalId, by])).toEqual([
      ['offered', held.id, null],
      ['issued', held.id, 'ada'],
      ['redeemed', held.id, 'ada'],
    ]);
    expect(steps[2]?.usedBy).toEqual({ sessionId: usedBy?.sessionId, statement: 1 });
  });

  test('with postgres.js, by a cancel, hears what a later approval does, and its retry runs at once', async () => {
    const sql = postgres({ ...gate.address, username: gate.address.user, max: 1, ...quiet });
    await sql`SELECT 1`;
    const tell = () => sql`UPDATE item SET stock = stock + ${5} WHERE id = ${1}`;
    const query = tell();
    const error = query.catch((caught: unknown) => caught);
    await pending();
    query.cancel();
    expect(await error).toMatchObject({
      code: '57014',
      hint: expect.stringContaining('the identical statement will run at once'),
    });
    decideFor(await offered(), 'approve');
    await tell();
    await sql.end();
    expect(await stock()).toBe(5);
  });

  test('with pg and its query_timeout, decided once the program has ended its client, runs once on the retry', async () => {
    const impatient = await gate.connect({ query_timeout: 200 });
    await expect(impatient.query(add, [5, 1])).rejects.toThrow('Query read timeout');
    // pg only stops to listen: the statement is still held, until the connection goes.
    expect((await pending()).state).toBe('pending');
    (impatient as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    decideFor(await offered(), 'approve');
    const next = await gate.connect({ query_timeout: 5000 });
    expect((await next.query(add, [5, 1])).rowCount).toBe(1);
    expect(await stock()).toBe(5);
  });

  test('asks again, as the second try on one card, when nobody has decided yet', async () => {
    const first = await giveUp();
    const client = await gate.connect();
    const running = client.query(add, [5, 1]);
    const second = await pending();
    expect(second).toMatchObject({ attempt: 2, replaces: first.id });
    expect([lists().pending.length, lists().retries, lists().decided]).toEqual([1, [], []]);
    expect(() => decideFor(first, 'approve')).toThrow(expect.objectContaining({ code: 'approval_not_found' }));
    gate.gateway.approvals.decide({ id: second.id, digest: second.digest, action: 'approve', ...operator });
    expect((await running).rowCount).toBe(1);
    expect(await stock()).toBe(5);
  });

  test('denied late, is refused at once with the reason when it comes again, and asked about after that', async () => {
    decideFor(await giveUp(), 'deny', 'use the nightly job');
    const client = await gate.connect();
    await expect(client.query(add, [5, 1])).rejects.toMatchObject({
      code: '42501',
      message:
        'The operator denied this statement: use the nightly job. Do not repeat it unchanged; ask the operator what would be acceptable.',
    });
    await asksAgain(client, add, [5, 1]);
    expect(await stock()).toBe(0);
  });
});

describe('a ticket', () => {
  test.each<[string, string, unknown[], pg.ClientConfig]>([
    ['another value', add, [6, 1], {}],
    ['a space more', `${add} `, [5, 1], {}],
    ['its values written into the text', 'UPDATE item SET stock = stock + 5 WHERE id = 1', [], {}],
    ['another search_path', add, [5, 1], { options: '-c search_path=pg_temp,public' }],
    ['a setting of its own at the start', add, [5, 1], { options: '-c geqo=off' }],
  ])('is not for a statement with %s', async (_, text, values, config) => {
    decideFor(await giveUp(), 'approve');
    await asksAgain(await gate.connect(config), text, values);
    expect([await stock(), lists().retries.length]).toEqual([0, 1]);
  });

  test.each(['SET app.tenant = 2', 'BEGIN', "SET TimeZone TO 'Asia/Tokyo'"])(
    'is not for a session after %s',
    async (before) => {
      decideFor(await giveUp(), 'approve');
      const client = await gate.connect();
      const prepared = client.query(before).then(() => true);
      await until(async () => {
        const asked = lists().pending[0];
        if (asked !== undefined)
          gate.gateway.approvals.decide({ id: asked.id, digest: asked.digest, action: 'approve', ...operator });
        return Promise.race([prepared, null]);
      });
      await asksAgain(client, add, [5, 1]);
      expect([await stock(), lists().retries.length]).toEqual([0, 1]);
    },
  );

  test('is not for the same text in the other protocol', async () => {
    const text = 'UPDATE item SET stock = stock + 5 WHERE id = 1';
    decideFor(await giveUp(text, []), 'approve'); // without values, pg sends a Query
    const client = await gate.connect();
    await asksAgain(client, { name: 'prepared', text }, []);
    await client.query(text);
    expect(await stock()).toBe(5);
  });

  test('is never made for what a name stands for, which the next session may have given another meaning', async () => {
    const client = new pg.Client(gate.address);
    client.on('error', () => undefined);
    await client.connect();
    await client.query('PREPARE change AS UPDATE item SET stock = 1 WHERE id = 1');
    client.query('EXECUTE change').catch(() => undefined);
    await pending();
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await until(() => lists().decided.find(({ state }) => state === 'withdrawn'));
    expect(lists().retries).toEqual([]);
  });

  test('is used by exactly one of several sessions that come at once', async () => {
    decideFor(await giveUp(), 'approve');
    const clients = await Promise.all([1, 2, 3, 4].map(() => gate.connect()));
    const tries = clients.map((client) =>
      client.query(add, [5, 1]).then(
        () => 'ran',
        (error) => error.code,
      ),
    );
    await until(() => (lists().pending.length === 3 ? true : null));
    for (const { id, digest } of lists().pending) {
      gate.gateway.approvals.decide({ id, digest, action: 'deny', ...operator });
    }
    expect((await Promise.all(tries)).sort()).toEqual(['42501', '42501', '42501', 'ran']);
    expect(await stock()).toBe(5);
  });

  test('that the operator takes back is of no use any more', async () => {
    const { id } = decideFor(await giveUp(), 'approve');
    expect(gate.gateway.approvals.withdrawTicket({ id, ...operator }).retry?.state).toBe('withdrawn');
    expect(() => gate.gateway.approvals.withdrawTicket({ id, ...operator })).toThrow(
      expect.objectContaining({ code: 'approval_already_ended' }),
    );
    await asksAgain(await gate.connect(), add, [5, 1]);
    expect((await gateRecords()).map(({ event, by }) => [event, by])).toEqual([
      ['offered', null],
      ['issued', 'ada'],
      ['withdrawn', 'ada'],
    ]);
  });

  test('ends when a rule or the key changes; what a rule blocks by then stays blocked', async () => {
    decideFor(await giveUp(), 'approve');
    const before = gate.gateway.settings();
    const connections = before.connections.map((config) => ({ ...config, policy: 'staging' as const }));
    gate.gateway.configure({ ...before, connections }, 'ada');
    expect(lists().decided[0]?.retry).toMatchObject({ state: 'withdrawn', reason: expect.stringContaining('changed') });
    gate.gateway.configure(before, 'ada');
    decideFor(await giveUp(), 'approve');
    const agents = before.agents.map((agent) => ({ ...agent, revokedAt: 1 }));
    gate.gateway.configure({ ...before, agents }, 'ada');
    expect(lists().decided[0]?.retry).toMatchObject({ state: 'withdrawn', reason: expect.stringContaining('revoked') });
    expect(lists().retries).toEqual([]);
  });
});
