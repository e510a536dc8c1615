import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { maskRule } from '../../../src/contract/index.ts';
import * as frames from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

const { bind, execute, flush, parse, query, sync } = frames;
const run = (text: string): Buffer[] => [parse('', text), bind('', ''), execute('')];
const refused = ['E 42501', 'Z I'];

// To a server that takes \' for a quote inside a literal, the literal ends early and a DELETE follows; ソ is 83 5C in SJIS.
const hidden = (opening: string, id: number): string =>
  `WITH a AS (SELECT ${opening}), b AS (DELETE FROM item WHERE id = ${id} RETURNING *) SELECT 1 --') SELECT 1`;
const byBackslash = hidden(String.raw`'\''`, 1);
const bySjis = hidden(String.raw`E'ッ\'`, 2);

let database: TestDatabase;
const gates: TestGate[] = [];
const clients: RawClient[] = [];
const gateOf = async (options: Partial<Parameters<typeof startGate>[0]>): Promise<TestGate> => {
  const gate = await startGate({ database: database.name, deadlineMs: 0, ...options });
  gates.push(gate);
  return gate;
};
const logIn = async (gate: TestGate, more: Readonly<Record<string, string>> = {}): Promise<RawClient> => {
  const client = await RawClient.logIn(gate.address, more);
  clients.push(client);
  return client;
};

beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE item (id int PRIMARY KEY);
    INSERT INTO item VALUES (1), (2);
    CREATE TABLE person (id int PRIMARY KEY, email text);
    INSERT INTO person VALUES (1, 'alice@example.com');
    CREATE TABLE other (id int PRIMARY KEY);
    CREATE SCHEMA archive;
    CREATE TABLE archive.other (id int);
  `);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  expect((await database.query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 2 }]);
});
afterAll(async () => {
  await Promise.all(gates.map((gate) => gate.stop()));
  await database.drop();
});

describe('settings that decide what the server reads in a text', () => {
  let gate: TestGate;
  beforeAll(async () => {
    gate = await gateOf({ policy: 'read-only' });
  });
  const backslashes = { options: '-c standard_conforming_strings=off' };

  test.each([
    ['a literal that ends at a backslash', backslashes, 'SET standard_conforming_strings = on', byBackslash],
    ['a letter that holds a backslash', { client_encoding: 'SJIS' }, "SET client_encoding = 'UTF8'", bySjis],
  ])('%s is not judged by a setting that a ROLLBACK in the same pipeline takes back', async (_, start, fix, text) => {
    const client = await logIn(gate, start);
    client.send(query('BEGIN'), query(fix));
    await client.untilReady(2);
    client.send(...run('ROLLBACK'), ...run(text), sync());
    expect(told(await client.untilReady()).filter((line) => !/^[NS]/.test(line))).toEqual([
      ...['1', '2', 'C ROLLBACK'],
      ...refused,
    ]);
  });

  test('nor behind a Flush, after which the server has not reported it yet', async () => {
    const client = await logIn(gate, backslashes);
    client.send(query('BEGIN'), query('SET standard_conforming_strings = on'));
    await client.untilReady(2);
    client.send(...run('ROLLBACK'), flush(), ...run(byBackslash), sync());
    expect(told(await client.untilReady()).at(-2)).toBe('E 42501');
  });

  test('a text parsed under one setting is not judged under a later one', async () => {
    const client = await logIn(gate, backslashes);
    client.send(parse('early', byBackslash), sync(), query('SET standard_conforming_strings = on'));
    await client.untilReady(2);
    client.send(bind('', 'early'), execute(''), sync(), query('EXECUTE early'));
    expect(told(await client.untilReady(2))).toEqual([...refused, ...refused]);
  });

  test('a pipeline that changes none of them may hold any text', async () => {
    const client = await logIn(gate);
    client.send(...run('BEGIN'), ...run(String.raw`SELECT 'é\'`), ...run('COMMIT'), ...run("SELECT 'é'"), sync());
    expect(told(await client.untilReady())).toEqual([
      ...['1', '2', 'C BEGIN', '1', '2', String.raw`D é\ `.trim(), 'C SELECT 1', '1', '2', 'C COMMIT'],
      ...['1', '2', 'D é', 'C SELECT 1', 'Z I'],
    ]);
  });
});

describe('on a connection with masks, what is not understood does not run, whatever the policy', () => {
  let gate: TestGate;
  beforeAll(async () => {
    const rule = maskRule.parse({ id: 'email', table: 'person', column: 'email', masker: { kind: 'full' } });
    gate = await gateOf({ policy: 'observe', maskRules: [rule] });
  });
  const copy = 'COPY (SELECT email FROM person) TO STDOUT';

  test('a COPY in an encoding that is not read', async () => {
    const client = await logIn(gate, { client_encoding: 'LATIN1' });
    client.send(new MessageBuilder('Q'.charCodeAt(0)).bytes(Buffer.from(`${copy} /* é */\0`, 'latin1')).build());
    expect(told(await client.untilReady())).toEqual(refused);
  });

  test('a fast-path call', async () => {
    const client = await logIn(gate);
    client.send(new MessageBuilder('F'.charCodeAt(0)).int32(1598).int16(0).int16(0).int16(0).build());
    expect(told(await client.untilReady())).toEqual(refused);
  });

  test('a setting changed in the same pipeline', async () => {
    const client = await logIn(gate);
    const text = String.raw`SELECT '\'' || (SELECT email FROM person) --'`;
    client.send(...run('SET standard_conforming_strings = off'), ...run(text), sync());
    expect(told(await client.untilReady()).filter((line) => !/^[NS]/.test(line))).toEqual([
      ...['1', '2', 'C SET'],
      ...refused,
    ]);
  });

  test('a COPY that was parsed, run by its name, and by the name of what runs it', async () => {
    const client = await logIn(gate);
    client.send(parse('one', copy), parse('two', 'EXECUTE one'), sync(), query('EXECUTE one'), query('EXECUTE two'));
    client.send(...run('EXECUTE one'), sync());
    expect(told(await client.untilReady(4))).toEqual(['1', '1', 'Z I', ...refused, ...refused, ...refused]);
  });
});

describe('a search_path that moves within what is judged at once', () => {
  let gate: TestGate;
  beforeAll(async () => {
    gate = await gateOf({ policy: 'staging', environment: 'staging' });
  });
  const [move, remove] = ['SET search_path = archive', 'DELETE FROM other WHERE id = 1'];

  test('proves no key of a relation by the old path, in one text', async () => {
    const client = await logIn(gate);
    client.send(query(remove), query(`${move}; ${remove}`), query(`${move}; SELECT count(*) FROM item`));
    expect(told(await client.untilReady(3)).slice(0, 4)).toEqual(['C DELETE 0', 'Z I', ...refused]);
  });

  test('nor of what a name stands for', async () => {
    const client = await logIn(gate);
    client.send(query(`PREPARE d AS ${remove}`), query(`${move}; EXECUTE d`));
    client.send(...run(move), bind('', 'd'), execute(''), sync());
    expect(told(await client.untilReady(3))).toEqual(['C PREPARE', 'Z I', ...refused, '1', '2', 'C SET', ...refused]);
  });

  test('nor in one pipeline', async () => {
    const client = await logIn(gate);
    client.send(...run(move), ...run(remove), sync());
    expect(told(await client.untilReady())).toEqual(['1', '2', 'C SET', ...refused]);
  });
});
