import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApprovalRequest } from '../../../src/contract/index.ts';
import { decodeFields } from '../../../src/gateway/wire/decode-backend.ts';
import * as encode from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';
import { serverMajor, since } from '../../support/since.ts';

const insert = "INSERT INTO item VALUES (1, 'one')";
let database: TestDatabase;
let gate: TestGate;
let client: RawClient;
/** Whoever waits for a held session. */
let other: pg.Client | null = null;

beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item (id int, name text)');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.query('TRUNCATE item');
  gate = await startGate({ database: database.name });
  client = await RawClient.logIn(gate.address, { application_name: 'held' });
});
afterEach(async () => {
  client.close();
  await gate.stop();
  await other?.end();
  other = null;
});

const pending = (): Promise<ApprovalRequest> => until(() => gate.gateway.approvals.list().pending[0]);
const decide = async (action: 'approve' | 'deny'): Promise<void> => {
  const { id, digest } = await pending();
  gate.gateway.approvals.decide({ id, digest, action, by: 'test', via: 'memory' });
};
const ask = (text: string): Promise<Buffer[]> => client.send(encode.query(text)).untilReady();
const approved = async (text: string): Promise<void> => {
  const answers = ask(text);
  await decide('approve');
  await answers;
};
const errorOf = (frames: readonly Buffer[]) => {
  const frame = frames.find((candidate) => candidate[0] === 'E'.charCodeAt(0));
  return frame === undefined ? null : decodeFields(frame);
};
/** Waits until the server has been asked nothing by the held session for so long. A Sync is no question. */
const quietFor = (interval: string): Promise<true> =>
  until(async () => {
    const since = `SELECT clock_timestamp() - query_start > '${interval}'::interval AS quiet
      FROM pg_stat_activity WHERE application_name = 'held' AND datname = current_database()`;
    const { rows } = await database.query(since);
    if (rows.length !== 1) throw new Error('the held session is gone');
    return rows[0].quiet === true ? true : null;
  });

describe('a hold in a transaction', () => {
  test('ends before idle_in_transaction_session_timeout does, says so, and the session goes on', async () => {
    await ask("SET idle_in_transaction_session_timeout = '2s'; BEGIN");
    const answers = client.send(encode.query(insert)).untilReady();
    const request = await pending();
    expect(request).toMatchObject({
      deadlineCause: { setting: 'idle_in_transaction_session_timeout', valueMs: 2000 },
    });
    expect(request.deadlineAt - request.createdAt).toBeLessThanOrEqual(1500);
    const frames = await answers;
    expect(told(frames)).toEqual(['E 42501', 'Z E']);
    expect(errorOf(frames)).toMatchObject({
      M: expect.stringContaining('idle_in_transaction_session_timeout = 2 s'),
      H: expect.stringContaining('outside a transaction'),
    });
    expect(frames.map((frame) => frame.toString())).toContainEqual(
      expect.stringContaining('because the database ends this session then'),
    );
    expect(told(await ask('ROLLBACK'))).toEqual(['C ROLLBACK', 'Z I']);
  });

  test('is refused at once where nobody could answer in time', async () => {
    await ask("BEGIN; SET LOCAL idle_in_transaction_session_timeout = '1s'");
    const frames = await ask(insert);
    expect(told(frames)).toEqual(['E 42501', 'Z E']);
    expect(errorOf(frames)?.M).toContain('nobody was asked');
  });

  since(17)('ends before transaction_timeout does, which began with the transaction', async () => {
    await ask("SET transaction_timeout = '3s'");
    await ask('BEGIN');
    await ask("SET LOCAL transaction_timeout = '1h'"); // as the next test shows, this changes nothing
    const answers = client.send(encode.query(insert)).untilReady();
    expect(await pending()).toMatchObject({ deadlineCause: { setting: 'transaction_timeout', valueMs: 3000 } });
    expect(told(await answers)).toEqual(['E 42501', 'Z E']);
    expect(told(await ask('ROLLBACK'))).toEqual(['C ROLLBACK', 'Z I']);
  });

  since(17)('counts on PostgreSQL to let transaction_timeout run on as it began', async () => {
    const direct = await RawClient.direct(database.name);
    direct.send(encode.query("SET transaction_timeout = '1s'"));
    direct.send(encode.query("BEGIN; SET LOCAL transaction_timeout = '1h'"));
    expect(told(await direct.rest()).at(-1)).toBe('E 25P04');
  });

  test('knows the timeouts that start-up options set', async () => {
    const options = '-c idle_in_transaction_session_timeout=90s';
    const other = await RawClient.logIn(gate.address, { options });
    other.send(encode.query('BEGIN'), encode.query(insert));
    expect(await pending()).toMatchObject({ deadlineCause: null }); // the gate's own is 10 s
    await decide('deny');
    await other.untilReady(2);
    other.send(encode.query('ROLLBACK'), encode.query("SET idle_in_transaction_session_timeout = '8s'"));
    await other.untilReady(2);
    other.send(encode.query('BEGIN'), encode.query(insert));
    expect(await pending()).toMatchObject({
      deadlineCause: { setting: 'idle_in_transaction_session_timeout', valueMs: 8000 },
    });
    other.close();
  });

  test('that has failed knows them too, where nothing can be asked', async () => {
    await ask("SET idle_in_transaction_session_timeout = '5s'");
    await ask('BEGIN');
    await ask('SELECT 1/0');
    const answers = client.send(encode.query(`ROLLBACK; ${insert}`)).untilReady();
    expect(await pending()).toMatchObject({
      transaction: 'failed',
      deadlineCause: { setting: 'idle_in_transaction_session_timeout', valueMs: 5000 },
    });
    await decide('approve');
    expect(told(await answers)).toEqual(['C ROLLBACK', 'C INSERT 0 1', 'Z I']);
  });

  test('fixes no snapshot and leaves no cursor behind by what the gate asks', async () => {
    await ask('BEGIN ISOLATION LEVEL REPEATABLE READ');
    const answers = ask(insert);
    await pending();
    await database.query("INSERT INTO item VALUES (2, 'meanwhile')");
    await decide('approve');
    await answers;
    expect(told(await ask('SELECT count(*) FROM item'))).toContain('D 2');
    expect(told(await ask('SELECT count(*) FROM pg_cursors'))).toContain('D 0');
    expect(told(await ask('SELECT count(*) FROM pg_prepared_statements'))).toContain('D 0');
  });
});

describe('while a statement is held', () => {
  test('outside a transaction, a Sync of the gate keeps idle_session_timeout from ending the session', async () => {
    await ask("SET idle_session_timeout = '1s'");
    const answers = ask(insert);
    expect(await pending()).toMatchObject({ deadlineCause: null, locks: null });
    await quietFor('1.3 s');
    await decide('approve');
    expect(told(await answers)).toEqual(['C INSERT 0 1', 'Z I']);
  });

  test('statement_timeout does not run, not even in an open segment', async () => {
    await ask("SET statement_timeout = '500ms'");
    client.send(encode.parse('', 'SELECT 1'), encode.bind('', ''), encode.flush());
    await client.untilKind('2');
    client.send(encode.parse('w', insert), encode.bind('w', 'w'), encode.execute('w'), encode.sync());
    const answers = client.untilReady();
    await pending();
    await quietFor('0.8 s');
    await decide('approve');
    expect(told(await answers)).toEqual(['1', '2', 'C INSERT 0 1', 'Z I']);
  });

  test('but one that has passed in an open segment before it came fails that segment, and nobody is asked', async () => {
    await ask("SET statement_timeout = '300ms'");
    client.send(encode.parse('', 'SELECT 1'), encode.bind('', ''), encode.flush());
    await client.untilKind('2');
    await quietFor('0.6 s');
    client.send(encode.parse('w', insert), encode.bind('w', 'w'), encode.execute('w'), encode.sync());
    expect(told(await client.untilReady())).toEqual(['E 57014', 'Z I']);
    expect(gate.gateway.approvals.list()).toMatchObject({ pending: [], decided: [] });
    expect(told(await ask('SELECT count(*) FROM item'))).toContain('D 0');
  });

  since(17)('transaction_timeout does run in an open segment, and the hold ends before it', async () => {
    await ask("SET transaction_timeout = '2s'");
    client.send(encode.parse('', 'SELECT 1'), encode.bind('', ''), encode.flush());
    await client.untilKind('2');
    client.send(encode.parse('w', insert), encode.bind('w', 'w'), encode.execute('w'), encode.sync());
    expect(await pending()).toMatchObject({
      transaction: 'idle',
      deadlineCause: { setting: 'transaction_timeout', valueMs: 2000 },
    });
    expect(told(await client.untilReady())).toEqual(['E 42501', 'Z I']);
  });

  test('its transaction is kept alive where the connection allows it, with all its statements and portals', async () => {
    client.close();
    await gate.stop();
    gate = await startGate({ database: database.name, keepTransactionsWhileHeld: true });
    client = await RawClient.logIn(gate.address, { application_name: 'held' });
    await ask("SET idle_in_transaction_session_timeout = '1s'; BEGIN");
    client.send(
      encode.parse('', 'SELECT 7'),
      encode.parse('named', 'SELECT 8'),
      encode.parse('many', 'SELECT generate_series(1, 3)'),
      encode.bind('portal', 'many'),
      encode.execute('portal', 1),
      encode.sync(),
    );
    expect(told(await client.untilReady())).toEqual(['1', '1', '1', '2', 'D 1', 's', 'Z T']);
    client.send(encode.parse('w', insert), encode.bind('w', 'w'), encode.execute('w'), encode.sync());
    expect(await pending()).toMatchObject({ deadlineCause: null, transaction: 'open' });
    await quietFor('1.3 s');
    await decide('approve');
    expect(told(await client.untilReady())).toEqual(['1', '2', 'C INSERT 0 1', 'Z T']);
    client.send(
      encode.execute('portal'),
      encode.bind('', ''),
      encode.execute(''),
      encode.bind('', 'named'),
      encode.execute(''),
      encode.sync(),
    );
    expect(told(await client.untilReady())).toEqual([
      'D 2',
      'D 3',
      'C SELECT 2',
      '2',
      'D 7',
      'C SELECT 1',
      '2',
      'D 8',
      'C SELECT 1',
      'Z T',
    ]);
  });
});

describe('the operator is told of a held transaction', () => {
  const own = { on: 'relation', name: 'public.item', mode: 'RowExclusiveLock' };
  const locksWhere = (found: (locks: NonNullable<ApprovalRequest['locks']>) => boolean) =>
    until(() => gate.gateway.approvals.list().pending.find(({ locks }) => locks !== null && found(locks))?.locks);
  /** A session that waits for the held one, until it is ended. */
  const blockAnother = async (): Promise<void> => {
    const { host, port, user, password, name } = database;
    const application_name = 'waits';
    other = new pg.Client({ host, port, user, password, database: name, application_name });
    await other.connect();
    await other.query('BEGIN');
    other.query(`LOCK TABLE item IN EXCLUSIVE MODE /* ${'x'.repeat(200)} */`).catch(() => undefined);
  };

  test('what it locks, and who waits for that', async () => {
    await ask('BEGIN');
    await approved(insert);
    void ask(insert);
    expect(await locksWhere(({ known }) => known)).toEqual({
      held: [own],
      moreHeld: 0,
      blocked: [],
      moreBlocked: 0,
      known: true,
    });
    await blockAnother();
    const tellsSince = serverMajor() >= 14;
    const { held, blocked: waiting } = await locksWhere(({ blocked }) => blocked.length > 0);
    expect({ held, waiting }).toEqual({
      held: [own],
      waiting: [
        {
          processId: expect.any(Number),
          role: database.user,
          application: 'waits',
          waitingSince: tellsSince ? expect.any(Number) : null,
          query: `LOCK TABLE item IN EXCLUSIVE MODE /* ${'x'.repeat(200)}`.slice(0, 100),
        },
      ],
    });
    if (tellsSince) expect(Math.abs((waiting[0]?.waitingSince ?? 0) - Date.now())).toBeLessThan(10_000);
    await decide('deny');
  });

  test('but no query of anybody else where columns are masked', async () => {
    const rule = { id: 'r', schema: 'public', table: 'item', column: 'name', masker: { kind: 'full' } } as const;
    const masked = await startGate({ database: database.name, maskRules: [rule] });
    const agent = await RawClient.logIn(masked.address);
    const { approvals } = masked.gateway;
    const request = () => until(() => approvals.list().pending[0]);
    agent.send(encode.query('BEGIN'), encode.query('INSERT INTO item (id) VALUES (1)'));
    const { id, digest } = await request();
    approvals.decide({ id, digest, action: 'approve', by: 'test', via: 'memory' });
    await agent.untilReady(2);
    await blockAnother();
    agent.send(encode.query('INSERT INTO item (id) VALUES (2)'));
    const waiting = await until(() => approvals.list().pending[0]?.locks?.blocked[0]);
    expect(waiting).toMatchObject({ role: database.user, query: null });
    agent.close();
    await masked.stop();
  });

  test('and reading them takes one more connection, which closes with the hold', async () => {
    const connections = async () =>
      (
        await database.query(
          "SELECT pid FROM pg_stat_activity WHERE application_name = 'postern' AND datname = current_database()",
        )
      ).rows.length;
    const before = await connections();
    await ask('BEGIN');
    void ask(insert);
    await locksWhere(({ known }) => known);
    expect(await connections()).toBe(before + 1);
    await decide('deny');
    await until(async () => ((await connections()) === before ? true : null));
  });
});
