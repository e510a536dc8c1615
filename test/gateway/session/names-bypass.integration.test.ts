import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { maskRule } from '../../../src/contract/index.ts';
import * as frames from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

const { bind, close, describe: ask, execute, parse, query, sync } = frames;
const refused = ['E 42501', 'Z I'];

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE item (id int PRIMARY KEY, name text);
    INSERT INTO item VALUES (1, 'one'), (2, 'two');
    CREATE TABLE person (id int PRIMARY KEY, email text UNIQUE DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO person VALUES (1, 'alice@example.com'), (2, 'bob@example.com');
    CREATE SCHEMA other;
  `);
});
afterAll(() => database.drop());

describe('behind a policy, a name stands for what runs, however it came to its meaning', () => {
  let gate: TestGate;
  let client: RawClient;
  beforeAll(async () => {
    gate = await startGate({ database: database.name, deadlineMs: 0 });
  });
  afterAll(() => gate.stop());
  beforeEach(async () => {
    client = await RawClient.logIn(gate.address);
  });
  afterEach(async () => {
    client.close();
    expect((await database.query('SELECT count(*)::int AS n FROM item')).rows).toEqual([{ n: 2 }]);
  });

  test('PREPARE in SQL, bound by a message', async () => {
    client.send(query('PREPARE p AS DELETE FROM item'), bind('', 'p'), execute(''), sync());
    expect(told(await client.untilReady(2))).toEqual(['C PREPARE', 'Z I', ...refused]);
  });

  test('Parse by a message, run by EXECUTE', async () => {
    client.send(parse('p', 'DELETE FROM item'), sync(), query('EXECUTE p'));
    expect(told(await client.untilReady(2))).toEqual(['1', 'Z I', ...refused]);
  });

  test('EXECUTE of a prepared EXECUTE', async () => {
    client.send(query('PREPARE q AS DELETE FROM item'), parse('p', 'EXECUTE q'), sync(), query('EXECUTE p'));
    expect(told(await client.untilReady(3))).toEqual(['C PREPARE', 'Z I', '1', 'Z I', ...refused]);
  });

  test('EXECUTE that runs itself', async () => {
    client.send(parse('p', 'EXECUTE p'), sync(), query('EXECUTE p'));
    expect(told(await client.untilReady(2))).toEqual(['1', 'Z I', ...refused]);
  });

  test('a portal that runs EXECUTE, the name prepared anew before it is executed', async () => {
    client.send(query('BEGIN'), query('PREPARE p AS SELECT 1'), parse('', 'EXECUTE p'), bind('a', ''), sync());
    expect(told(await client.untilReady(3))).toEqual(['C BEGIN', 'Z T', 'C PREPARE', 'Z T', '1', '2', 'Z T']);
    client.send(query('DEALLOCATE p'), query('PREPARE p AS DELETE FROM item'), execute('a'), sync(), query('ROLLBACK'));
    expect(told(await client.untilReady(4)).slice(4)).toEqual(['E 42501', 'Z E', 'C ROLLBACK', 'Z I']);
  });

  test('a name prepared anew in the same segment', async () => {
    const run = (text: string): Buffer[] => [parse('', text), bind('', ''), execute('')];
    client.send(query('PREPARE p AS SELECT 1'));
    client.send(...run('DEALLOCATE p'), ...run('PREPARE p AS DELETE FROM item'), ...run('EXECUTE p'), sync());
    expect(told(await client.untilReady(2)).slice(-2)).toEqual(refused);
  });

  test('two names that differ only by a byte order mark', async () => {
    const marked = '\uFEFFx';
    client.send(parse(marked, 'DELETE FROM item'), sync(), parse('x', 'SELECT 1'), sync());
    client.send(bind('', marked), execute(''), sync());
    expect(told(await client.untilReady(3))).toEqual(['1', 'Z I', '1', 'Z I', ...refused]);
  });

  test('two names that the server cuts to the same 63 bytes', async () => {
    const name = 'n'.repeat(63);
    client.send(parse(`${name}X`, 'SELECT 1'), sync());
    expect(told(await client.rest())).toEqual(['E 42622']);
  });

  test('a cursor declared in SQL, executed by a message', async () => {
    client.send(
      query('BEGIN'),
      query('DECLARE k CURSOR FOR SELECT name FROM item ORDER BY id'),
      execute('k', 1),
      sync(),
    );
    client.send(query('FETCH FROM k'), query('COMMIT'));
    expect(told(await client.untilReady(5))).toEqual([
      'C BEGIN',
      'Z T',
      'C DECLARE CURSOR',
      'Z T',
      'D one',
      's',
      'Z T',
      'T name',
      'D two',
      'C FETCH 1',
      'Z T',
      'C COMMIT',
      'Z I',
    ]);
  });

  test('the unnamed statement outlives the gate’s own question after SET search_path', async () => {
    client.send(parse('', 'SELECT 7 AS seven'), sync());
    client.send(parse('s', 'SET search_path = other, public'), bind('', 's'), execute(''), sync());
    client.send(bind('', ''), execute(''), sync());
    expect(told(await client.untilReady(3))).toEqual([
      '1',
      'Z I',
      '1',
      '2',
      'C SET',
      'Z I',
      '2',
      'D 7',
      'C SELECT 1',
      'Z I',
    ]);
  });
});

describe('on a masked connection no way of naming shows more', () => {
  let gate: TestGate;
  let client: RawClient;
  beforeAll(async () => {
    const rule = maskRule.parse({ id: 'm', table: 'person', column: 'email', masker: { kind: 'full' } });
    gate = await startGate({ database: database.name, policy: 'observe', maskRules: [rule] });
  });
  afterAll(() => gate.stop());
  beforeEach(async () => {
    client = await RawClient.logIn(gate.address);
  });
  afterEach(() => client.close());

  /** What the client hears of all that it sends, checked to hold no address. */
  const heard = async (ready: number, ...sent: Buffer[]): Promise<string[]> => {
    const got = await client.send(...sent).untilReady(ready);
    expect(Buffer.concat(got).toString('latin1')).not.toContain('example.com');
    return told(got);
  };

  test('a description cached by the client, then Execute without Describe', async () => {
    await heard(1, parse('s', 'SELECT email FROM person'), ask('S', 's'), sync());
    expect(await heard(1, bind('', 's'), execute(''), sync())).toEqual(['2', 'D ***', 'D ***', 'C SELECT 2', 'Z I']);
  });

  test('rows in parts', async () => {
    const sent = [
      parse('', 'SELECT email FROM person'),
      bind('p', ''),
      execute('p', 1),
      sync(),
      execute('p', 1),
      sync(),
    ];
    expect(await heard(4, query('BEGIN'), ...sent, query('COMMIT'))).toEqual([
      'C BEGIN',
      'Z T',
      '1',
      '2',
      'D ***',
      's',
      'Z T',
      'D ***',
      's',
      'Z T',
      'C COMMIT',
      'Z I',
    ]);
  });

  test('PREPARE in SQL, bound by a message', async () => {
    const sent = [query('PREPARE q AS SELECT lower(email) FROM person'), bind('', 'q'), execute(''), sync()];
    expect(await heard(2, ...sent)).toEqual(['C PREPARE', 'Z I', '2', 'D ***', 'D ***', 'C SELECT 2', 'Z I']);
  });

  test('DECLARE in SQL, executed by a message, then FETCH', async () => {
    const declare = query('DECLARE k CURSOR FOR SELECT lower(email) FROM person');
    const got = await heard(5, query('BEGIN'), declare, execute('k', 1), sync(), query('FETCH k'), query('COMMIT'));
    expect(got.filter((line) => line.startsWith('D'))).toEqual(['D ***', 'D ***']);
  });

  test('a portal that was described, closed in SQL and declared anew', async () => {
    const bound = [parse('', 'SELECT id::text FROM person'), bind('p', ''), ask('P', 'p'), sync()];
    const declared = [query('CLOSE p'), query('DECLARE p CURSOR FOR SELECT lower(email) FROM person')];
    const got = await heard(6, query('BEGIN'), ...bound, ...declared, execute('p'), sync(), query('COMMIT'));
    expect(got.filter((line) => line.startsWith('D'))).toEqual(['D ***', 'D ***']);
  });

  test('the same within one segment', async () => {
    const run = (text: string): Buffer[] => [parse('', text), bind('', ''), execute('')];
    await heard(2, query('BEGIN'), parse('', 'SELECT id::text FROM person'), bind('p', ''), ask('P', 'p'), sync());
    const got = await heard(
      2,
      ...run('CLOSE p'),
      ...run('DECLARE p CURSOR FOR SELECT lower(email) FROM person'),
      execute('p'),
      sync(),
      query('COMMIT'),
    );
    expect(got.filter((line) => line.startsWith('D'))).toEqual(['D ***', 'D ***']);
  });

  test('a deferred constraint that fails at Sync, or at COMMIT', async () => {
    const insert = "INSERT INTO person SELECT 3, 'alice@' || 'example.com'";
    expect(await heard(1, parse('', insert), bind('', ''), execute(''), sync())).toEqual([
      '1',
      '2',
      'C INSERT 0 1',
      'E 23505',
      'Z I',
    ]);
    expect(await heard(3, query('BEGIN'), query(insert), query('COMMIT'))).toEqual([
      'C BEGIN',
      'Z T',
      'C INSERT 0 1',
      'Z T',
      'E 23505',
      'Z I',
    ]);
  });

  test('a prepared statement that has the name of a question of ours', async () => {
    const got = await heard(
      3,
      query('PREPARE _postern_search_path AS SELECT 1'),
      query('SET search_path = other, public'),
      query('SELECT email FROM person'),
    );
    expect(got.slice(-5)).toEqual(['T email', 'D ***', 'D ***', 'C SELECT 2', 'Z I']);
  });

  test('Close of a portal and its name bound to something else', async () => {
    const first = [parse('a', 'SELECT id::text FROM person'), bind('p', 'a'), ask('P', 'p'), close('P', 'p')];
    const got = await heard(
      1,
      ...first,
      parse('b', 'SELECT lower(email) FROM person'),
      bind('p', 'b'),
      execute('p'),
      sync(),
    );
    expect(got.filter((line) => line.startsWith('D'))).toEqual(['D ***', 'D ***']);
  });
});
