import pg from 'pg';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApprovalRequest } from '../../../src/contract/index.ts';
import { query } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

const update = 'UPDATE item SET name = $1 WHERE id = $2';
let database: TestDatabase;
let gate: TestGate;

beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item (id int PRIMARY KEY, name text)');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.query("TRUNCATE item; INSERT INTO item VALUES (1, 'one'), (2, 'two')");
  gate = await startGate({ database: database.name });
});
afterEach(() => gate.stop());

const pending = (): Promise<ApprovalRequest> => until(() => gate.gateway.approvals.list().pending[0]);
const decide = async (action: 'approve' | 'deny', reason?: string): Promise<ApprovalRequest> => {
  const { id, digest } = await pending();
  return gate.gateway.approvals.decide({
    id,
    digest,
    action,
    ...(reason ? { reason } : {}),
    by: 'test',
    via: 'memory',
  });
};
const nameOf = async (id: number): Promise<string> =>
  (await database.query('SELECT name FROM item WHERE id = $1', [id])).rows[0].name;
const outcomes = async (): Promise<string[]> =>
  (await gate.journal()).flatMap(({ body }) => (body.type === 'outcome' ? [body.outcome.status] : []));

describe('a statement that needs approval', () => {
  test('waits, tells the client so, and runs when approved', async () => {
    const client = await gate.connect();
    const notices: string[] = [];
    client.on('notice', (notice) => notices.push(notice.message ?? ''));
    const running = client.query(update, ['uno', 1]);
    const request = await pending();
    expect(request).toMatchObject({
      agent: 'claude',
      connection: 'shop',
      environment: 'production',
      text: update,
      parameters: [
        { text: 'uno', format: 'text', truncated: false },
        { text: '1', format: 'text', truncated: false },
      ],
      effects: { kinds: expect.arrayContaining(['update']), writes: ['public.item'] },
      transaction: 'idle',
    });
    expect(await nameOf(1)).toBe('one');
    await decide('approve');
    expect((await running).rowCount).toBe(1);
    expect(await nameOf(1)).toBe('uno');
    expect(notices).toEqual([expect.stringContaining('holds this statement')]);
  });

  test('is refused with 42501 and the reason when denied, and the connection goes on', async () => {
    const client = await gate.connect();
    const running = client.query(update, ['uno', 1]).catch((error) => error);
    await decide('deny', 'not on a Friday');
    expect(await running).toMatchObject({
      code: '42501',
      message: expect.stringContaining('not on a Friday'),
      detail: expect.stringMatching(/verdict: ask; rule: .*decision: denied/),
    });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(await nameOf(1)).toBe('one');
  });

  test('in the simple protocol waits and runs just the same', async () => {
    const client = await gate.connect();
    const running = client.query("UPDATE item SET name = 'uno' WHERE id = 1");
    await decide('approve');
    expect((await running).rowCount).toBe(1);
  });

  test('denied inside a transaction fails the transaction, so that COMMIT rolls back', async () => {
    const client = await gate.connect();
    await client.query('BEGIN');
    await client.query('SELECT count(*) FROM item');
    const running = client.query(update, ['uno', 1]).catch((error) => error.code);
    expect((await pending()).transaction).toBe('open');
    await decide('deny');
    expect(await running).toBe('42501');
    expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
  });

  test('cancelled by its client is answered with 57014 and never runs', async () => {
    const sql = postgres({ ...gate.address, username: gate.address.user, max: 1, onnotice: () => undefined });
    await sql`SELECT 1`;
    const query = sql`UPDATE item SET name = 'uno' WHERE id = 1`;
    const code = query.catch((error: { code: string }) => error.code);
    await pending();
    query.cancel();
    expect(await code).toBe('57014');
    expect((await sql`SELECT 7 AS seven`)[0]?.seven).toBe(7);
    expect(await nameOf(1)).toBe('one');
    await sql.end();
    expect(gate.gateway.approvals.list().decided[0]?.state).toBe('cancelled');
  });

  test('is withdrawn when its client goes away, and the upstream is closed at once', async () => {
    const client = new pg.Client({ ...gate.address, application_name: 'leaver' });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    client.query(update, ['uno', 1]).catch(() => undefined);
    await pending();
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await until(() => gate.gateway.approvals.list().decided.find(({ state }) => state === 'withdrawn'));
    await until(async () => {
      const { rows } = await database.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'leaver'");
      return rows.length === 0 ? true : null;
    });
    expect(await nameOf(1)).toBe('one');
  });

  test('tells the client the server’s own words when the upstream dies meanwhile', async () => {
    const client = await gate.connect();
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    const ended = client.query(update, ['uno', 1]).catch((error) => error.code);
    await pending();
    await database.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    expect(await ended).toBe('57P01');
    expect((await until(() => gate.gateway.approvals.list().decided[0])).state).toBe('withdrawn');
  });

  test('is answered once: a second decision is refused', async () => {
    const client = await gate.connect();
    const running = client.query(update, ['uno', 1]).catch((error) => error.code);
    const request = await decide('deny');
    await running;
    const again = () =>
      gate.gateway.approvals.decide({
        id: request.id,
        digest: request.digest,
        action: 'approve',
        by: 'x',
        via: 'memory',
      });
    expect(again).toThrow(expect.objectContaining({ code: 'approval_already_ended' }));
  });

  test('cannot be approved under another digest than its own', async () => {
    const client = await gate.connect();
    const running = client.query(update, ['uno', 1]).catch((error) => error.code);
    const { id } = await pending();
    const forged = () =>
      gate.gateway.approvals.decide({ id, digest: '0'.repeat(64), action: 'approve', by: 'x', via: 'memory' });
    expect(forged).toThrow(expect.objectContaining({ code: 'approval_digest_mismatch' }));
    await decide('deny');
    expect(await running).toBe('42501');
  });

  test('keeps everything behind it waiting, in order', async () => {
    const client = await gate.connect();
    const order: string[] = [];
    const all = [
      client.query('SELECT 1').then(() => order.push('first')),
      client.query(update, ['uno', 1]).then(() => order.push('held')),
      client.query('SELECT 3').then(() => order.push('last')),
    ];
    await pending();
    expect(order).toEqual(['first']);
    await decide('approve');
    await Promise.all(all);
    expect(order).toEqual(['first', 'held', 'last']);
  });

  test('is recorded before it waits, with its decision and its outcome', async () => {
    const client = await gate.connect();
    const running = client.query(update, ['uno', 1]);
    await decide('approve');
    await running;
    await client.end();
    const kinds = await until(async () => {
      const records = (await gate.journal()).map(({ body }) => body.type);
      return records.includes('session_end') ? records : null;
    });
    expect(kinds).toEqual(['session_start', 'statement', 'hold', 'decision', 'outcome', 'session_end']);
  });
});

describe('with nobody to ask', () => {
  test('a deadline that passes denies, and says so', async () => {
    const hasty = await startGate({ database: database.name, deadlineMs: 150 });
    const client = await hasty.connect();
    const error = await client.query(update, ['uno', 1]).catch((caught) => caught);
    expect(error).toMatchObject({ code: '42501', detail: expect.stringContaining('decision: expired') });
    await hasty.stop();
  });

  test('a deadline of 0 denies at once what would be held', async () => {
    const strict = await startGate({ database: database.name, deadlineMs: 0 });
    const client = await strict.connect();
    const error = await client.query(update, ['uno', 1]).catch((caught) => caught);
    expect(error).toMatchObject({ code: '42501', detail: expect.stringMatching(/verdict: ask; rule: /) });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await strict.stop();
  });
});

describe('a statement that is refused', () => {
  test.each(['DROP TABLE item', 'SELECT 1; DROP TABLE item', 'BEGIN; DROP TABLE item; COMMIT'])(
    '%s does not run and leaves the connection usable',
    async (text) => {
      const client = await gate.connect();
      await expect(client.query(text)).rejects.toMatchObject({
        code: '42501',
        detail: expect.stringContaining('verdict: block'),
      });
      expect((await client.query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 2 }]);
      expect(await outcomes()).toContain('refused');
    },
  );

  test('in an open transaction fails it, so that COMMIT answers ROLLBACK', async () => {
    const client = await gate.connect();
    await client.query('BEGIN');
    await expect(client.query('DROP TABLE item')).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
  });

  test('behind an allowed one in the same pipeline takes that one back with it', async () => {
    const sql = postgres({ ...gate.address, username: gate.address.user, max: 1, onnotice: () => undefined });
    await expect(
      sql.begin(async (transaction) => {
        await transaction`SELECT 1`;
        await transaction`DROP TABLE item`;
      }),
    ).rejects.toMatchObject({ code: '42501' });
    expect((await sql`SELECT count(*)::int AS n FROM item`)[0]?.n).toBe(2);
    await sql.end();
  });
});

test('a client that waits hears something at least every second, so that a driver with a read timeout of two lives on', async () => {
  const client = await RawClient.logIn(gate.address);
  client.send(query("UPDATE item SET name = 'uno' WHERE id = 1"));
  await client.untilKind('N');
  const since = performance.now();
  await client.untilKind('S');
  await client.untilKind('S');
  expect((performance.now() - since) / 2).toBeLessThan(2000);
  await decide('approve');
  expect(told(await client.untilReady())).toEqual(['C UPDATE 1', 'Z I']);
  client.close();
});
