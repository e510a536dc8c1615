import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { maskRule } from '../../../src/contract/index.ts';
import { decodeFields } from '../../../src/gateway/wire/decode-backend.ts';
import { bind, execute, flush, parse, query, sync } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

/** Neither grammar takes it. */
const slip = 'SELECT FROM WHERE';
/** PostgreSQL 18 reads it, our grammar does not. */
const newerThanOurs = 'UPDATE item SET id = id RETURNING WITH (OLD AS o) o.id';
const run = (text: string): Buffer[] => [parse('', text), bind('', ''), execute('')];

let database: TestDatabase;
let gate: TestGate;
const clients: RawClient[] = [];
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE item (id int PRIMARY KEY);
    CREATE TABLE person (id int PRIMARY KEY, email text);
    INSERT INTO person VALUES (1, 'alice@example.com');
  `);
  gate = await startGate({ database: database.name, deadlineMs: 0 });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await gate.stop();
  await database.drop();
});

const open = async (client: Promise<RawClient>): Promise<RawClient> => {
  const opened = await client;
  clients.push(opened);
  return opened;
};
/** With the notices, which the look must not double. */
const say = async (client: RawClient, frames: readonly Buffer[], answers = 1): Promise<string[]> => {
  const heard = await client.send(...frames).untilReady(answers);
  const notices = heard.filter(
    (frame) => frame[0] === 'N'.charCodeAt(0) && !decodeFields(frame).M?.includes('Postern'),
  );
  return [...told(heard), ...notices.map(() => 'N')];
};

describe('a text that neither grammar takes', () => {
  test.each([
    ['a Query', [query(slip)], 1],
    ['a Query of several texts', [query(`SELECT 1; ${slip}`)], 1],
    ['the extended protocol', [...run(slip), sync()], 1],
    ['an open transaction', [query('BEGIN'), query(slip), query('SELECT 1'), query('ROLLBACK')], 4],
    ['an open transaction, extended', [query('BEGIN'), ...run(slip), sync(), query('COMMIT')], 3],
    ['one that the server has a notice for, too', [query(`SELECT ${'x'.repeat(70)} FROM WHERE`)], 1],
    ['an unterminated literal', [query("SELECT 'x")], 1],
  ])('brings what the server says itself, and nobody is asked: %s', async (_, frames, answers) => {
    const gated = await say(await open(RawClient.logIn(gate.address)), frames, answers);
    expect(gated).toEqual(await say(await open(RawClient.direct(database.name)), frames, answers));
    expect(gated.join()).toContain('E 42601');
    expect(gate.gateway.approvals.list()).toMatchObject({ pending: [], decided: [] });
  });

  test('its error is the server’s, position and all, and the record says which rule let it pass', async () => {
    const client = await gate.connect();
    await expect(client.query(slip)).rejects.toMatchObject({
      code: '42601',
      position: '13',
      routine: 'scanner_yyerror',
    });
    expect(await gate.journal()).toContainEqual(
      expect.objectContaining({
        body: expect.objectContaining({
          type: 'statement',
          verdict: 'allow',
          rule: expect.objectContaining({ id: 'syntax-error' }),
        }),
      }),
    );
  });
});

describe('asks as before', () => {
  const held = ['E 42501', 'Z I'];

  test('what the server reads and we do not', async () => {
    const client = await open(RawClient.logIn(gate.address));
    expect(await say(client, [query(newerThanOurs)])).toEqual(held);
    expect(await say(client, [...run(newerThanOurs), sync()])).toEqual(held);
    expect(await say(client, [query(`${newerThanOurs}; SELECT 1`)])).toEqual(held);
  });

  test('and its look does not fail the transaction: several statements, of which the server takes one at a time to look at', async () => {
    const client = await open(RawClient.logIn(gate.address));
    const pending = say(client, [query('BEGIN'), query(`${newerThanOurs}; SELECT 1`)], 2);
    expect(await pending).toEqual(['C BEGIN', 'E 42501', 'Z E'].toSpliced(1, 0, 'Z T'));
  });

  test('a slip in an open pipeline, where a look would commit what stands before it', async () => {
    const client = await open(RawClient.logIn(gate.address));
    await say(client, [query('SELECT 1')]);
    const answer = await say(client, [...run('SELECT 1'), flush(), ...run(slip), sync()]);
    expect(answer.at(-2)).toBe('E 42501');
  });

  test('once the session has changed how texts are read', async () => {
    const options = '-c standard_conforming_strings=off';
    const client = await open(RawClient.logIn(gate.address, { options }));
    expect(await say(client, [query('SET standard_conforming_strings = on')])).toContain('C SET');
    expect(await say(client, [query(slip)])).toEqual(held);
  });
});

test('on a connection with masks, too: the error quotes nothing but the text', async () => {
  const rule = maskRule.parse({ id: 'email', table: 'person', column: 'email', masker: { kind: 'full' } });
  const masked = await startGate({ database: database.name, deadlineMs: 0, maskRules: [rule] });
  try {
    const client = await masked.connect();
    await expect(client.query(slip)).rejects.toMatchObject({
      code: '42601',
      message: 'syntax error at or near "WHERE"',
      position: '13',
    });
    await expect(client.query("SELECT 'x")).rejects.toMatchObject({
      code: '42601',
      message: 'unterminated quoted string at or near "\'x"',
    });
    await expect(client.query(newerThanOurs)).rejects.toMatchObject({ code: '42501' });
    expect(await client.query('SELECT email FROM person')).toMatchObject({ rows: [{ email: '***' }] });
  } finally {
    await masked.stop();
  }
});
