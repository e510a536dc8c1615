import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApprovalRequest, PolicyRule } from '../../../src/contract/index.ts';
import * as encode from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

const atCommit: PolicyRule = {
  id: 'writes-at-commit',
  when: { effects: ['insert', 'update', 'delete'] },
  verdict: 'ask',
  hold: 'commit',
  reason: 'Writes are looked at before they are permanent.',
};

let database: TestDatabase;
let gate: TestGate;
let client: pg.Client;
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item (id int PRIMARY KEY, name text)');
});
afterAll(() => database.drop());
beforeEach(async () => {
  await database.query("TRUNCATE item; INSERT INTO item VALUES (1, 'one'), (2, 'two')");
  gate = await startGate({ database: database.name, policyRules: [atCommit] });
  client = await gate.connect();
});
afterEach(() => gate.stop());

const pending = (): Promise<ApprovalRequest> => until(() => gate.gateway.approvals.list().pending[0]);
const decide = async (action: 'approve' | 'deny'): Promise<ApprovalRequest> => {
  const { id, digest } = await pending();
  return gate.gateway.approvals.decide({ id, digest, action, by: 'test', via: 'memory' });
};
const names = async (): Promise<string[]> =>
  (await database.query('SELECT name FROM item ORDER BY id')).rows.map(({ name }) => String(name));

describe('a rule that waits for COMMIT', () => {
  test('lets the statements run, and asks at COMMIT with all they did', async () => {
    await client.query('BEGIN');
    expect((await client.query("UPDATE item SET name = 'uno' WHERE id = 1")).rowCount).toBe(1);
    expect((await client.query('DELETE FROM item WHERE id = $1', [2])).rowCount).toBe(1);
    expect((await client.query('SELECT name FROM item')).rows).toEqual([{ name: 'uno' }]);
    expect(gate.gateway.approvals.list().pending).toEqual([]);
    const commit = client.query('COMMIT');
    expect(await pending()).toMatchObject({
      text: 'COMMIT',
      transaction: 'open',
      effects: { kinds: ['transaction', 'update', 'delete'], writes: ['public.item'] },
      rule: {
        id: 'writes-at-commit',
        reason: expect.stringMatching(/COMMIT would make 2 statements permanent: UPDATE item .*; DELETE FROM item/),
      },
    });
    expect(await names()).toEqual(['one', 'two']);
    await decide('approve');
    expect((await commit).command).toBe('COMMIT');
    expect(await names()).toEqual(['uno']);
    await client.query('BEGIN');
    expect((await client.query('COMMIT')).command).toBe('COMMIT'); // nothing waits any more
  });

  test('denied, the transaction is rolled back and nothing of it stays', async () => {
    await client.query('BEGIN');
    await client.query('DELETE FROM item');
    const commit = client.query('COMMIT');
    await decide('deny');
    await expect(commit).rejects.toMatchObject({ code: '42501' });
    expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
    expect(await names()).toEqual(['one', 'two']);
  });

  test('asks at once outside a transaction, and where the text ends the transaction itself', async () => {
    const alone = client.query('DELETE FROM item WHERE id = 1');
    expect(await pending()).toMatchObject({ text: 'DELETE FROM item WHERE id = 1', transaction: 'idle' });
    await decide('deny');
    await expect(alone).rejects.toMatchObject({ code: '42501' });
    await client.query('BEGIN');
    const both = client.query('DELETE FROM item WHERE id = 1; COMMIT');
    expect((await pending()).text).toBe('DELETE FROM item WHERE id = 1; COMMIT');
    await decide('deny');
    await expect(both).rejects.toMatchObject({ code: '42501' });
    expect(await names()).toEqual(['one', 'two']);
  });

  test('a rollback needs nobody, and leaves nothing to ask about', async () => {
    await client.query('BEGIN');
    await client.query('DELETE FROM item');
    await client.query('ROLLBACK');
    await client.query('BEGIN');
    expect((await client.query('COMMIT')).command).toBe('COMMIT');
    expect(await names()).toEqual(['one', 'two']);
  });

  test('counts again after COMMIT AND CHAIN', async () => {
    await client.query('BEGIN');
    await client.query('DELETE FROM item WHERE id = 1');
    const first = client.query('COMMIT AND CHAIN');
    await decide('approve');
    await first;
    expect((await client.query('COMMIT AND CHAIN')).command).toBe('COMMIT');
    await client.query('DELETE FROM item WHERE id = 2');
    const second = client.query('END');
    expect((await pending()).rule.reason).toMatch(/one statement permanent/);
    await decide('deny');
    await expect(second).rejects.toMatchObject({ code: '42501' });
    await client.query('ROLLBACK');
    expect(await names()).toEqual(['two']);
  });

  test('an approval of one COMMIT is none of another: the digest covers what is committed', async () => {
    const digestOf = async (statement: string): Promise<string> => {
      await client.query('BEGIN');
      await client.query(statement);
      const commit = client.query('COMMIT');
      const { digest } = await pending();
      await decide('deny');
      await expect(commit).rejects.toMatchObject({ code: '42501' });
      await client.query('ROLLBACK');
      return digest;
    };
    const one = await digestOf('DELETE FROM item WHERE id = 1');
    expect(await digestOf('DELETE FROM item WHERE id = 1')).toBe(one);
    expect(await digestOf('DELETE FROM item')).not.toBe(one);
  });

  test('a COMMIT in the same pipeline, or bound before the writes were sent, is not let by', async () => {
    const raw = await RawClient.logIn(gate.address);
    await raw.send(encode.query('BEGIN')).untilReady();
    await raw.send(encode.parse('c', 'COMMIT'), encode.bind('cc', 'c'), encode.sync()).untilReady();
    raw.send(
      ...[encode.parse('', 'DELETE FROM item'), encode.bind('', ''), encode.execute('')],
      ...[encode.execute('cc'), encode.sync()],
    );
    expect(await pending()).toMatchObject({ text: 'COMMIT', rule: { id: 'writes-at-commit' } });
    await decide('deny');
    expect(told(await raw.untilReady()).at(-1)).toBe('Z E');
    expect(await names()).toEqual(['one', 'two']);
    raw.close();
  });

  test.each([
    ['in the segment', []],
    ['in the same exchange, after a Flush', [encode.flush()]],
  ])('a write behind a COMMIT %s would be permanent at its Sync, so it waits itself', async (_, between) => {
    const raw = await RawClient.logIn(gate.address);
    await raw.send(encode.query('BEGIN')).untilReady();
    raw.send(
      ...[encode.parse('', 'COMMIT'), encode.bind('', ''), encode.execute(''), ...between],
      ...[encode.parse('', 'DELETE FROM item'), encode.bind('', ''), encode.execute(''), encode.sync()],
    );
    expect(await pending()).toMatchObject({ text: 'DELETE FROM item' });
    await decide('deny');
    expect(told(await raw.untilReady()).slice(-2)).toEqual(['E 42501', 'Z I']);
    expect(await names()).toEqual(['one', 'two']);
    raw.close();
  });
});
