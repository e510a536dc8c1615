import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readJournal } from '../../../src/gateway/journal/reader.ts';
import type { JournalRecord } from '../../../src/gateway/journal/records.ts';
import { frontend } from '../../../src/gateway/wire/constants.ts';
import * as frames from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import fc from '../../support/property.ts';
import { RawClient, told } from '../../support/raw-client.ts';

const { bind, close, describe: ask, execute, flush, parse, query, sync, terminate } = frames;
const run = (text: string): Buffer[] => [parse('', text), bind('', ''), execute('')];
const copyData = (text: string): Buffer => new MessageBuilder(frontend.copyData).bytes(Buffer.from(text)).build();
const copyDone = (): Buffer => new MessageBuilder(frontend.copyDone).build();
const copyFail = (): Buffer => new MessageBuilder(frontend.copyFail).cstring('enough').build();

let database: TestDatabase;
let strict: TestGate;
let open: TestGate;
const clients: RawClient[] = [];
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE item (id int PRIMARY KEY, name text);
    INSERT INTO item SELECT n, 'item ' || n FROM generate_series(1, 3) n;
    CREATE TABLE loaded (id int PRIMARY KEY);
    CREATE TABLE closed (id int);
    CREATE FUNCTION no_copy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'closed'; END $$;
    CREATE TRIGGER closed BEFORE INSERT ON closed FOR EACH STATEMENT EXECUTE FUNCTION no_copy();
  `);
  strict = await startGate({ database: database.name, deadlineMs: 0 });
  open = await startGate({ database: database.name, policy: 'observe' });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await strict.stop();
  await open.stop();
  await database.drop();
});
/** Each client has a name, by which its journal is found. */
let named = 0;
const through = async (gate: TestGate): Promise<RawClient> => {
  named += 1;
  const client = await RawClient.logIn(gate.address, { application_name: `client ${named}` });
  clients.push(client);
  return client;
};
/** Records of the client that came last. */
const records = async (gate: TestGate): Promise<JournalRecord['body'][]> => {
  for (const file of (await readdir(gate.journalFolder)).filter((entry) => entry.endsWith('.journal'))) {
    const bodies = [...readJournal(join(gate.journalFolder, file))].map(({ body }) => body);
    if (bodies[0]?.type === 'session_start' && bodies[0].applicationName === `client ${named}`) return bodies;
  }
  throw new Error(`no journal of client ${named}`);
};
const outcomes = async (gate: TestGate): Promise<string[]> =>
  (await records(gate)).flatMap((body) => (body.type === 'outcome' ? [body.outcome.status] : []));
const ended = (gate: TestGate): Promise<true> =>
  until(async () => (await records(gate)).some((body) => body.type === 'session_end') || null);

describe('a refused statement in a pipeline', () => {
  const [one, drop, three] = ['SELECT 1', 'DROP TABLE item', 'SELECT 3'];
  const ok = (value: number): string[] => ['1', '2', `D ${value}`, 'C SELECT 1'];

  test.each([
    ['first', [drop, one, three], ['E 42501', 'Z I', ...ok(1), 'Z I', ...ok(3), 'Z I']],
    ['in the middle', [one, drop, three], [...ok(1), 'Z I', 'E 42501', 'Z I', ...ok(3), 'Z I']],
    ['last', [one, three, drop], [...ok(1), 'Z I', ...ok(3), 'Z I', 'E 42501', 'Z I']],
  ])('%s, each with its own Sync, is refused alone', async (_, texts, heard) => {
    const client = await through(strict);
    client.send(...texts.flatMap((text) => [...run(text), sync()]));
    expect(told(await client.untilReady(3))).toEqual(heard);
  });

  test.each([
    ['first', [drop, one, three], ['E 42501', 'Z I'], ['refused', 'skipped', 'skipped']],
    ['in the middle', [one, drop, three], [...ok(1), 'E 42501', 'Z I'], ['ok', 'refused', 'skipped']],
    ['last', [one, three, drop], [...ok(1), ...ok(3), 'E 42501', 'Z I'], ['ok', 'ok', 'refused']],
  ])('%s, all under one Sync, ends the pipeline there', async (_, texts, heard, statuses) => {
    const client = await through(strict);
    client.send(...texts.flatMap(run), sync());
    expect(told(await client.untilReady())).toEqual(heard);
    client.send(query(one));
    expect(told(await client.untilReady()).at(-1)).toBe('Z I');
    expect((await outcomes(strict)).sort()).toEqual([...statuses, 'ok'].sort());
  });

  test('takes back what ran before it in the same implicit transaction', async () => {
    const gate = await startGate({ database: database.name, policy: 'staging', environment: 'staging', deadlineMs: 0 });
    const client = await through(gate);
    client.send(...run("UPDATE item SET name = 'changed' WHERE id = 1"), ...run('DROP TABLE item'), sync());
    expect(told(await client.untilReady()).slice(-2)).toEqual(['E 42501', 'Z I']);
    expect((await database.query('SELECT name FROM item WHERE id = 1')).rows).toEqual([{ name: 'item 1' }]);
    await gate.stop();
  });
});

describe('segments', () => {
  test('several written at once are answered in order', async () => {
    const client = await through(strict);
    client.send(...[1, 2, 3, 4].flatMap((value) => [...run(`SELECT ${value}`), sync()]), query('SELECT 5'));
    expect(told(await client.untilReady(5)).filter((line) => line.startsWith('D'))).toEqual([
      'D 1',
      'D 2',
      'D 3',
      'D 4',
      'D 5',
    ]);
  });

  test('a statement parsed in one is bound in the next, named or not, and described in between', async () => {
    const client = await through(strict);
    client.send(parse('s', 'SELECT $1::int'), sync(), bind('', 's', ['8']), execute(''), sync());
    expect(told(await client.untilReady(2))).toEqual(['1', 'Z I', '2', 'D 8', 'C SELECT 1', 'Z I']);
    client.send(parse('', 'SELECT $1::int AS n'), ask('S', ''), flush());
    expect(told(await client.untilKind('T'))).toEqual(['1', 't', 'T n']);
    client.send(bind('', '', ['9']), execute(''), sync());
    expect(told(await client.untilReady())).toEqual(['2', 'D 9', 'C SELECT 1', 'Z I']);
  });

  test('Flush brings the answers without a Sync', async () => {
    const client = await through(strict);
    client.send(...run('SELECT 1'), flush());
    expect(told(await client.untilKind('C'))).toEqual(['1', '2', 'D 1', 'C SELECT 1']);
    client.send(sync());
    expect(told(await client.untilReady())).toEqual(['Z I']);
  });

  test('left open with Flush is not committed by our own look-ups: a refused statement still takes it back', async () => {
    const client = await through(strict);
    await database.query('SET search_path = public; CREATE TABLE IF NOT EXISTS noted (id int)');
    const scratch = await startGate({ database: database.name, environment: 'local', deadlineMs: 0 });
    try {
      const local = await RawClient.logIn(scratch.address);
      clients.push(local);
      local.send(...run('INSERT INTO noted VALUES (1)'), ...run('SET search_path = pg_temp, public'), flush());
      expect(told(await local.untilKind('C'))).toContain('C INSERT 0 1');
      await local.untilKind('C');
      local.send(...run('DROP SCHEMA public CASCADE'), sync());
      expect((await local.untilReady()).map((frame) => String.fromCharCode(frame[0] ?? 0))).toEqual(['E', 'Z']);
      expect((await database.query('SELECT count(*)::int AS n FROM noted')).rows).toEqual([{ n: 0 }]);
    } finally {
      await scratch.stop();
    }
    client.close();
  });

  test('after an error everything is dropped up to the Sync, in later segments too', async () => {
    const client = await through(strict);
    client.send(...run('SELECT 1/0'), flush());
    expect(told(await client.untilKind('E')).at(-1)).toBe('E 22012');
    client.send(...run('SELECT 2'), query('SELECT 3'), flush(), sync(), query('SELECT 4'));
    expect(told(await client.untilReady(2))).toEqual(['Z I', 'T ?column?', 'D 4', 'C SELECT 1', 'Z I']);
  });

  test('a row limit suspends the portal, which goes on where it was', async () => {
    const client = await through(strict);
    client.send(query('BEGIN'), parse('', 'SELECT id FROM item ORDER BY id'), bind('p', ''));
    client.send(execute('p', 2), flush());
    expect(told(await client.untilKind('s')).slice(-3)).toEqual(['D 1', 'D 2', 's']);
    client.send(execute('p', 2), close('P', 'p'), sync(), query('COMMIT'));
    expect(told(await client.untilReady(2))).toEqual(['D 3', 'C SELECT 1', '3', 'Z T', 'C COMMIT', 'Z I']);
    expect(await outcomes(strict)).toEqual(['ok', 'ok', 'ok']);
  });

  test('what comes behind Terminate is not run', async () => {
    const client = await through(open);
    client.send(query('SELECT 1'), terminate(), query("INSERT INTO item VALUES (99, 'late')"));
    expect(told(await client.rest())).toEqual(['T ?column?', 'D 1', 'C SELECT 1', 'Z I']);
    expect((await database.query('SELECT 1 FROM item WHERE id = 99')).rows).toEqual([]);
  });
});

describe('COPY in the extended protocol', () => {
  const copy = [...run('COPY loaded FROM STDIN'), sync()];
  const heardOf = async (gate: TestGate, ready: number, ...sent: Buffer[]): Promise<string[]> => {
    await database.query('TRUNCATE loaded');
    const client = await through(gate);
    client.send(...sent, query('SELECT count(*) FROM loaded'));
    return told(await client.untilReady(ready + 1));
  };

  test('takes its data though everything was sent at once', async () => {
    expect(await heardOf(open, 1, ...copy, copyData('1\n2\n'), copyDone(), sync())).toEqual([
      '1',
      '2',
      'G',
      'C COPY 2',
      'Z I',
      'T count',
      'D 2',
      'C SELECT 1',
      'Z I',
    ]);
  });

  test('takes its data though no Sync stands before it', async () => {
    const sent = [...run('COPY loaded FROM STDIN'), copyData('1\n2\n'), copyDone(), sync()];
    expect(await heardOf(open, 1, ...sent)).toEqual([
      '1',
      '2',
      'G',
      'C COPY 2',
      'Z I',
      'T count',
      'D 2',
      'C SELECT 1',
      'Z I',
    ]);
  });

  test('in whose middle a Query comes ends the session, as the server does', async () => {
    const client = await through(open);
    client.send(query('COPY loaded FROM STDIN'));
    await client.untilKind('G');
    client.send(copyData('1\n'), query('SELECT 1'));
    expect(told(await client.rest())).toEqual(['E 08P01']);
  });

  test('whose client says goodbye in the middle is over', async () => {
    const client = await through(open);
    client.send(query('COPY loaded FROM STDIN'));
    await client.untilKind('G');
    client.send(copyData('1\n'), terminate());
    await client.rest();
    await until(() =>
      open.gateway.liveSessions().some(({ summary }) => summary.applicationName === `client ${named}`) ? null : true,
    );
  });

  test('that fails half-way is answered once, and the next statement runs', async () => {
    expect(await heardOf(open, 1, ...copy, copyData('1\n'), copyData('x\n'), copyDone(), sync())).toEqual([
      '1',
      '2',
      'G',
      'E 22P02',
      'Z I',
      'T count',
      'D 0',
      'C SELECT 1',
      'Z I',
    ]);
  });

  test('that the client gives up is answered with its reason', async () => {
    expect(await heardOf(open, 1, ...copy, copyData('1\n'), copyFail(), sync())).toEqual([
      '1',
      '2',
      'G',
      'E 57014',
      'Z I',
      'T count',
      'D 0',
      'C SELECT 1',
      'Z I',
    ]);
  });

  test('that fails before its first row, at a trigger, leaves the session in step', async () => {
    const client = await through(open);
    client.send(...run('COPY closed FROM STDIN'), sync());
    expect(told(await client.untilReady())).toEqual(['1', '2', 'G', 'E P0001', 'Z I']);
    client.send(query('SELECT 1'));
    expect(told(await client.untilReady())).toEqual(['T ?column?', 'D 1', 'C SELECT 1', 'Z I']);
  });
});

describe('what is no message of the protocol ends the session with FATAL, and nothing of it is forwarded', () => {
  const typed = (type: number): MessageBuilder => new MessageBuilder(type);
  const insert = "INSERT INTO item VALUES (77, 'smuggled')";
  const withLength = (type: string, length: number): Buffer => {
    const bytes = Buffer.alloc(5, type);
    bytes.writeUInt32BE(length, 1);
    return bytes;
  };
  const text = Buffer.from(insert);
  test.each<[string, Buffer[], string | null]>([
    ['a length below 4', [withLength('Q', 3)], null],
    ['an unknown type', [withLength('!', 4)], '08P01'],
    ['a type of servers', [withLength('Z', 4)], '08P01'],
    ['a Query longer than any server takes', [withLength('Q', 1024 * 1024 * 1024)], null],
    ['an oversized Sync', [withLength('S', 10_001)], null],
    ['a password in the middle', [frames.passwordMessage('x')], '08P01'],
    [
      'a Query with bytes behind its zero',
      [typed(frontend.query).bytes(Buffer.from('SELECT 1\0')).bytes(text).int8(0).build()],
      '08P01',
    ],
    ['a Query without its zero', [typed(frontend.query).bytes(text).build()], '08P01'],
    [
      'a Parse with trailing bytes',
      [...run(insert), typed(frontend.parse).cstring('').cstring('x').int16(0).int8(1).build(), sync()],
      '08P01',
    ],
    [
      'a Bind with too few values',
      [...run(insert), typed(frontend.bind).cstring('').cstring('').int16(0).int16(2).build(), sync()],
      '08P01',
    ],
    [
      'a Describe of neither kind',
      [...run(insert), typed(frontend.describe).int8(88).cstring('').build(), sync()],
      '08P01',
    ],
    ['an Execute without a row limit', [...run(insert), typed(frontend.execute).cstring('').build(), sync()], '08P01'],
    [
      'a name that is not UTF-8',
      [
        ...run(insert),
        typed(frontend.close)
          .int8(83)
          .bytes(Buffer.from([0xff, 0]))
          .build(),
        sync(),
      ],
      '22021',
    ],
  ])('%s', async (_, sent, sqlstate) => {
    const client = await through(open);
    client.send(...sent);
    // A length that cannot be is answered with silence, as the server answers it.
    expect(told(await client.rest())).toEqual(sqlstate === null ? [] : [`E ${sqlstate}`]);
    await ended(open);
    const statements = (await records(open)).filter((body) => body.type === 'statement').length;
    expect(await outcomes(open)).toEqual(Array(statements).fill('skipped'));
    expect((await database.query('SELECT 1 FROM item WHERE id = 77')).rows).toEqual([]);
  });
});

test('any sequence of messages gets the same answers through the gate as from the server', async () => {
  const name = fc.constantFrom('', 'a', 'b');
  const sql = fc.constantFrom(
    'SELECT 1',
    'SELECT id, name FROM item ORDER BY id',
    'SELECT 1/0',
    'SELECT $1::int',
    'SELEC',
    '',
    'BEGIN',
    'COMMIT',
    'ROLLBACK',
    'SAVEPOINT s',
    'ROLLBACK TO s',
    'PREPARE a AS SELECT 2',
    'EXECUTE a',
    'DEALLOCATE a',
    'DECLARE b CURSOR FOR SELECT id FROM item ORDER BY id',
    'FETCH b',
    'CLOSE b',
    'SELECT nothing FROM nowhere',
    "SET application_name = 'x'",
  );
  const message = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(name, sql).map(([statement, text]) => parse(statement, text)) },
    { weight: 5, arbitrary: fc.tuple(name, name, fc.constantFrom([], ['7'])).map((parts) => bind(...parts)) },
    { weight: 5, arbitrary: fc.tuple(name, fc.constantFrom(0, 0, 1, 2)).map((parts) => execute(...parts)) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom('S' as const, 'P' as const), name).map((parts) => ask(...parts)) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('S' as const, 'P' as const), name).map((parts) => close(...parts)),
    },
    { weight: 3, arbitrary: sql.map((text) => Buffer.concat(run(text))) },
    { weight: 2, arbitrary: fc.constant(sync()) },
    { weight: 1, arbitrary: fc.constant(flush()) },
    {
      weight: 2,
      arbitrary: fc
        .oneof(sql, fc.constant('SELECT 1; SELECT 2'), fc.constant('SELECT 1; SELECT 1/0; SELECT 3'))
        .map(query),
    },
    { weight: 1, arbitrary: fc.constant(Buffer.concat([copyData('stray'), copyDone()])) },
  );
  const answersOf = async (client: RawClient, sent: readonly Buffer[]): Promise<string> => {
    clients.push(client);
    client.send(...sent, sync(), terminate());
    let heard: string | null = null;
    void client.rest().then((got) => {
      heard = Buffer.concat(got).toString('latin1');
    });
    // A session that hangs is a failure, not a run that takes long.
    const whole = await until(() => heard, 10_000);
    client.close();
    return whole;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 25 }), async (sent) => {
      const [direct, gated] = await Promise.all([RawClient.direct(database.name), RawClient.logIn(open.address)]);
      const [expected, got] = await Promise.all([answersOf(direct, sent), answersOf(gated, sent)]);
      expect(got).toBe(expected);
    }),
    { interruptAfterTimeLimit: 15_000, numRuns: 400, markInterruptAsFailure: false },
  );
}, 40_000);
