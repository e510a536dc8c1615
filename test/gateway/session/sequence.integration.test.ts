import type pg from 'pg';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApprovalRequest } from '../../../src/contract/index.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions, until } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';

const tables = Array.from({ length: 6 }, (_, index) => `t${index + 1}`);
const schema = `
${tables.map((name) => `CREATE TABLE ${name} (id int PRIMARY KEY, note text); INSERT INTO ${name} SELECT n, 'x' FROM generate_series(1, 10) n;`).join('\n')}
CREATE SCHEMA ledger; CREATE TABLE ledger.entry (id int PRIMARY KEY); INSERT INTO ledger.entry SELECT generate_series(1, 5);
CREATE SCHEMA bare;
ANALYZE;`;
let database: TestDatabase;
let gate: TestGate;

beforeEach(async () => {
  database = await createDatabase(schema);
});
afterEach(async () => {
  await gate.stop();
  await database.drop();
});

async function open(options: Partial<TestGateOptions> = {}): Promise<pg.Client> {
  gate = await startGate({ database: database.name, policy: 'staging', environment: 'staging', ...options });
  return gate.connect();
}

const operator = { by: 'ada', via: 'memory' } as const;
const pending = (): Promise<ApprovalRequest> => until(() => gate.gateway.approvals.list().pending[0]);
const decide = (
  { id, digest }: ApprovalRequest,
  action: 'approve' | 'deny',
  wholeSequence = false,
  reason?: string,
): ApprovalRequest =>
  gate.gateway.approvals.decide({ id, digest, action, wholeSequence, ...(reason ? { reason } : {}), ...operator });
const rows = async (table: string): Promise<number> =>
  (await database.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;
const codeOf = (query: Promise<unknown>): Promise<string> =>
  query.then(
    () => 'ran',
    (error: { code: string }) => error.code,
  );

/** Sends it and decides on its request; resolves with the request and what became of the statement. */
async function asked(client: pg.Client, sql: string, action: 'approve' | 'deny', whole = false) {
  const result = codeOf(client.query(sql));
  const request = await pending();
  decide(request, action, whole);
  return { request, result: await result };
}

describe('a reset', () => {
  test('is one request that says what it destroys; approved as a whole, the rest of it runs unasked', async () => {
    const client = await open();
    const drop = codeOf(client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public'));
    const request = await until(() => {
      const [first] = gate.gateway.approvals.list().pending;
      return first?.sequence?.impact == null ? null : first;
    });
    expect(request.environment).toBe('staging');
    expect(request.sequence).toMatchObject({ kind: 'reset', recognised: true, schemas: ['public'], answer: null });
    expect(request.sequence?.impact).toMatchObject({ rows: 60, moreTables: 0 });
    expect(request.sequence?.impact?.tables.map(({ name, rows }) => [name, rows])).toEqual(
      tables.map((name) => [`public.${name}`, 10]),
    );
    expect(request.impact?.rows).toBe(60);
    decide(request, 'approve', true);
    expect(await drop).toBe('ran');
    // What a migration tool sends next, each by itself, in a transaction and out of it.
    await client.query("CREATE TYPE mood AS ENUM ('ok')");
    await client.query('BEGIN');
    await client.query('CREATE TABLE customer (id serial PRIMARY KEY, mood mood, note text)');
    await client.query('CREATE INDEX ON customer (note)');
    await client.query('ALTER TABLE customer ADD COLUMN city text');
    await client.query("INSERT INTO customer (note) VALUES ('seed')");
    await client.query('COMMIT');
    await client.query({
      text: 'INSERT INTO customer (note) SELECT $1::text FROM generate_series(1, 3)',
      values: ['more'],
    });
    expect(await rows('customer')).toBe(4);
    const { sequences, pending: waiting } = gate.gateway.approvals.list();
    expect(waiting).toEqual([]);
    expect(sequences).toMatchObject([
      { id: request.id, state: 'approved', sequence: { answer: { state: 'approved' } } },
    ]);
    expect(sequences[0]?.sequence?.answer?.statements).toBe(5);
  });

  test('reaches its own schemas only, and nothing but definitions and data', async () => {
    const client = await open();
    await asked(client, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public', 'approve', true);
    const others = [
      'DROP TABLE ledger.entry',
      'DROP SCHEMA ledger CASCADE',
      'TRUNCATE ledger.entry',
      'CREATE TABLE ledger.more (id int)',
      'CREATE TABLE copy AS SELECT * FROM ledger.entry',
      'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
      'GRANT ALL ON SCHEMA public TO public',
      "DO $$ BEGIN EXECUTE 'DROP TABLE ledger.entry'; END $$",
      'CREATE EXTENSION pgcrypto',
      'CREATE TABLE a (id int); DROP TABLE ledger.entry',
      'SET search_path = ledger; DROP TABLE entry',
      'ALTER TABLE ledger.entry SET SCHEMA public',
      'VACUUM FULL ledger.entry',
    ];
    for (const sql of others) {
      const result = codeOf(client.query(sql));
      const outcome = await Promise.race([result, pending()]);
      if (typeof outcome === 'string') expect(outcome, sql).toBe('42501');
      else {
        decide(outcome, 'deny');
        expect(await result, sql).toBe('42501');
      }
    }
    expect(await rows('ledger.entry')).toBe(5);
  });

  test('of one schema in a transaction does not reach another that an unqualified name may mean by then', async () => {
    await database.query('CREATE SCHEMA app; CREATE TABLE app.t1 (id int)');
    const client = await open();
    await client.query('SET search_path = app, public');
    await client.query('BEGIN');
    await asked(client, 'DROP SCHEMA app CASCADE', 'approve', true);
    // app.t1 is gone: the name now means public.t1, which the approval does not reach.
    const { result } = await asked(client, 'DROP TABLE t1', 'deny');
    expect(result).toBe('42501');
    await client.query('ROLLBACK');
    expect(await rows('public.t1')).toBe(10);
  });

  test('a table that was made by somebody else since is not among what may be dropped', async () => {
    const client = await open();
    await asked(client, 'DROP TABLE t1, t2, t3', 'approve', true);
    await client.query('DROP TABLE t4');
    await database.query('CREATE TABLE precious AS SELECT 1 AS id');
    const { result } = await asked(client, 'DROP TABLE precious', 'deny');
    expect(result).toBe('42501');
    expect(await rows('precious')).toBe(1);
  });

  test('denied as a whole, what follows is refused at once and told why', async () => {
    const client = await open();
    const first = client.query('DROP SCHEMA public CASCADE').catch((error: pg.DatabaseError) => error);
    decide(await pending(), 'deny', true, 'use the sandbox');
    expect(await first).toMatchObject({ code: '42501', message: expect.stringContaining('use the sandbox') });
    for (const name of tables.slice(0, 3)) {
      await expect(client.query(`DROP TABLE ${name}`)).rejects.toMatchObject({
        code: '42501',
        message:
          'The operator denied the whole sequence that this statement is part of: use the sandbox. Do not go on with it statement by statement or in other words; stop, and ask the operator what would be acceptable.',
      });
    }
    expect(gate.gateway.approvals.list().pending).toEqual([]);
    expect(await rows('t1')).toBe(10);
  });
});

describe('a sweep', () => {
  test('of one table after the other is recognised at the second, and lets nothing but emptying through', async () => {
    const client = await open({ policy: 'production', environment: 'production' });
    const { request: first } = await asked(client, 'TRUNCATE t1', 'approve');
    expect(first.sequence).toMatchObject({ kind: 'sweep', recognised: false });
    const { request: second } = await asked(client, 'TRUNCATE t2', 'approve', true);
    expect(second.sequence).toMatchObject({ kind: 'sweep', recognised: true, before: ['TRUNCATE t1'] });
    await client.query('TRUNCATE t3');
    await client.query('DELETE FROM t4');
    expect(await rows('t4')).toBe(0);
    expect((await asked(client, 'UPDATE t5 SET note = NULL', 'deny')).result).toBe('42501');
    expect((await asked(client, 'ALTER TABLE t5 ADD COLUMN x int', 'deny')).result).toBe('42501');
    expect((await asked(client, 'TRUNCATE ledger.entry', 'deny')).result).toBe('42501');
    // What production blocks stays blocked.
    expect(await codeOf(client.query('DROP TABLE t6'))).toBe('42501');
    expect(await rows('t6')).toBe(10);
  });

  test('in one pipeline shows what waits behind it, and is decided once', async () => {
    gate = await startGate({ database: database.name, policy: 'staging', environment: 'staging' });
    const sql = postgres({ ...gate.address, max: 1, onnotice: () => undefined, fetch_types: false });
    const all = sql.begin((transaction) => tables.map((name) => transaction.unsafe(`TRUNCATE ${name}`)));
    const request = await pending();
    decide(request, 'approve', true);
    await all;
    await sql.end();
    for (const name of tables) expect(await rows(name)).toBe(0);
    expect(gate.gateway.approvals.list().decided).toHaveLength(1);
  });

  test('over several connections: those that wait already are decided with it', async () => {
    const client = await open();
    const other = await gate.connect();
    const waiting = [codeOf(client.query('TRUNCATE t1')), codeOf(other.query('TRUNCATE t2'))];
    await until(() => (gate.gateway.approvals.list().pending.length === 2 ? true : null));
    decide(await pending(), 'approve', true);
    expect(await Promise.all(waiting)).toEqual(['ran', 'ran']);
    expect(await rows('t2')).toBe(0);
  });
});

describe('a migration', () => {
  test('changes the schema unasked once approved, and asks again before rows are lost', async () => {
    const client = await open();
    await asked(client, 'CREATE TABLE one (id int)', 'approve');
    const { request } = await asked(client, 'CREATE TABLE two (id int)', 'approve', true);
    expect(request.sequence).toMatchObject({ kind: 'migration', recognised: true });
    await client.query('ALTER TABLE t1 ADD COLUMN city text, ALTER COLUMN note SET NOT NULL');
    await client.query('CREATE INDEX CONCURRENTLY ON t1 (city)');
    await client.query('DROP INDEX t1_city_idx');
    for (const sql of ['ALTER TABLE t1 DROP COLUMN note', 'DROP TABLE two', 'TRUNCATE t1', 'DELETE FROM t1']) {
      expect((await asked(client, sql, 'deny')).result, sql).toBe('42501');
    }
    expect(await rows('t1')).toBe(10);
  });
});

describe('what was decided for a whole sequence', () => {
  test('ends when the operator says so, when a rule changes, and when the session is terminated', async () => {
    const client = await open();
    const { request } = await asked(client, 'TRUNCATE t1, t2, t3', 'approve', true);
    await client.query('TRUNCATE t4');
    const ended = gate.gateway.approvals.endSequence({ id: request.id, ...operator });
    expect(ended.sequence?.answer).toMatchObject({ state: 'ended', statements: 1, reason: 'the operator ended it' });
    expect((await asked(client, 'TRUNCATE t5', 'approve', true)).result).toBe('ran');
    const settings = gate.gateway.settings();
    gate.gateway.configure(
      { ...settings, connections: settings.connections.map((one) => ({ ...one, environment: 'local' })) },
      'ada',
    );
    expect(gate.gateway.approvals.list().sequences).toEqual([]);
    expect((await asked(client, 'TRUNCATE t6', 'approve', true)).result).toBe('ran');
    const [live] = gate.gateway.liveSessions();
    gate.gateway.terminateSession(live?.summary.id ?? '', 'enough');
    expect(gate.gateway.approvals.list().sequences).toEqual([]);
  });

  test('is in the journals: of the gate when it is decided and ends, of the session at each statement', async () => {
    const client = await open();
    const { request } = await asked(client, 'TRUNCATE t1, t2, t3', 'approve', true);
    await client.query('TRUNCATE t4');
    gate.gateway.approvals.endSequence({ id: request.id, ...operator });
    const decisions = (await gate.journal()).flatMap(({ body }) => (body.type === 'decision' ? [body] : []));
    const sequence = { kind: 'sweep', sessionId: request.sessionId, statement: request.statementSeq };
    expect(
      decisions.map(({ statement, decision }) => [statement, decision.approvalId, decision.state, decision.sequence]),
    ).toEqual([
      [1, request.id, 'approved', sequence],
      [2, request.id, 'approved', sequence],
    ]);
    const steps = gateRecords(gate).flatMap((body) => (body.type === 'sequence' ? [body] : []));
    expect(steps.map(({ event, by, statements }) => [event, by, statements])).toEqual([
      ['approved', 'ada', 0],
      ['ended', 'ada', 1],
    ]);
  });

  test('carries no masked value to where no rule expects it', async () => {
    const client = await open({
      maskRules: [{ id: 'note', schema: 'public', table: 't6', column: 'note', masker: { kind: 'full' } }],
    });
    await asked(client, 'DROP TABLE t1, t2, t3', 'approve', true);
    await client.query('DROP TABLE t4');
    await client.query('CREATE TABLE fresh (id int)');
    const carriers = [
      'CREATE TABLE copy AS SELECT * FROM t6',
      'CREATE VIEW shown AS SELECT note AS other FROM t6',
      'ALTER TABLE t6 RENAME COLUMN note TO plain',
      'ALTER TABLE t6 ADD COLUMN plain text GENERATED ALWAYS AS (note) STORED',
      'INSERT INTO t5 SELECT id + 100, note FROM t6',
      'UPDATE t5 SET note = (SELECT max(note) FROM t6)',
      'CREATE TABLE probe (id int REFERENCES t6)',
    ];
    for (const sql of carriers) {
      const result = codeOf(client.query(sql));
      const outcome = await Promise.race([result, pending()]);
      if (typeof outcome !== 'string') decide(outcome, 'deny');
      expect(await result, sql).toBe('42501');
    }
  });

  test('is bound to the agent, and to a rule of the operator’s own only where that rule asked', async () => {
    const client = await open({
      policyRules: [{ id: 'vault', when: { relations: ['public.t6'] }, verdict: 'ask', reason: 'Ask about t6.' }],
    });
    await asked(client, 'TRUNCATE t1, t2, t3', 'approve', true);
    await client.query('TRUNCATE t4');
    const { request, result } = await asked(client, 'TRUNCATE t6', 'deny');
    expect(request.rule.id).toBe('vault');
    expect(result).toBe('42501');
  });

  test('cannot be given to a statement that stands alone', async () => {
    const client = await open();
    const result = codeOf(client.query('UPDATE t1 SET note = NULL'));
    const request = await pending();
    expect(request.sequence).toBeNull();
    expect(() => decide(request, 'approve', true)).toThrow(expect.objectContaining({ code: 'approval_no_sequence' }));
    decide(request, 'deny');
    expect(await result).toBe('42501');
  });
});
