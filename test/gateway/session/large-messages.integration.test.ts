import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readJournal } from '../../../src/gateway/journal/reader.ts';
import type { RecordBody } from '../../../src/gateway/journal/records.ts';
import { frontend, limit } from '../../../src/gateway/wire/constants.ts';
import { decodeFields } from '../../../src/gateway/wire/decode-backend.ts';
import { bind, execute, parse, query, sync } from '../../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../../src/gateway/wire/message-builder.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { RawClient, row, told } from '../../support/raw-client.ts';
import { serverMajor } from '../../support/since.ts';

let database: TestDatabase;
let open: TestGate;
let masked: TestGate;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE person (id int PRIMARY KEY, email text, note text);
    INSERT INTO person VALUES (1, 'alice@example.com', 'n');
    CREATE TABLE stored (id int, content text);
    CREATE FUNCTION shout(level text, size int) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        IF level = 'error' THEN RAISE EXCEPTION '%', repeat('e', size); END IF;
        RAISE NOTICE '%', repeat('n', size);
      END $$;
  `);
  open = await startGate({ database: database.name, policy: 'observe' });
  masked = await startGate({
    database: database.name,
    policy: 'observe',
    maskRules: [{ id: 'email', schema: 'public', table: 'person', column: 'email', masker: { kind: 'full' } }],
  });
});
afterAll(async () => {
  await open.stop();
  await masked.stop();
  await database.drop();
});

const named = new Map<RawClient, string>();
async function through(gate: TestGate): Promise<RawClient> {
  const name = `client ${named.size}`;
  const client = await RawClient.logIn(gate.address, { application_name: name });
  named.set(client, name);
  return client;
}
const direct = (): Promise<RawClient> => RawClient.direct(database.name);
const kindsOf = (frames: readonly Buffer[]): string =>
  frames.map((frame) => String.fromCharCode(frame[0] ?? 0)).join('');
const digest = (bytes: readonly Buffer[]): string => {
  const hash = createHash('sha256');
  for (const part of bytes) hash.update(part);
  return hash.digest('hex');
};
const megabytes = (count: number): number => count * 1024 * 1024;

/** The records of the session that a client had, once it is over. The client gave its name when it came through the gate. */
async function recordsOf(gate: TestGate, client: RawClient): Promise<RecordBody[]> {
  const live = () => gate.gateway.liveSessions().find(({ summary }) => summary.applicationName === named.get(client));
  const id = live()?.summary.id;
  client.close();
  await until(() => (live() === undefined ? true : null));
  return [...readJournal(join(gate.journalFolder, `${id}.journal`))].map((record) => record.body);
}
const ofType = <T extends RecordBody['type']>(bodies: readonly RecordBody[], type: T) =>
  bodies.filter((body): body is Extract<RecordBody, { type: T }> => body.type === type);

describe('what the server sends in large messages arrives byte for byte', () => {
  const extended = (text: string, format: 0 | 1): Buffer =>
    Buffer.concat([parse('', text), bind('', '', [], format), execute(''), sync()]);
  test.each<[string, Buffer]>([
    ['a cell of 20 MB', query(`SELECT 'first', repeat('x', ${megabytes(20)}), 'last'`)],
    ['a cell just above what is gathered', query(`SELECT repeat('x', ${limit.gathered})`)],
    ['many cells of 1 MB', query(`SELECT n, repeat(n::text, ${megabytes(1) / 2}) FROM generate_series(1, 9) n`)],
    ['a binary cell of an undescribed portal', extended(`SELECT decode(repeat('ab', ${megabytes(3)}), 'hex')`, 1)],
    ['an error of 3 MB', query(`SELECT shout('error', ${megabytes(3)})`)],
    ['an error of 3 MB in a pipeline', Buffer.concat([extended(`SELECT shout('error', ${megabytes(3)})`, 0)])],
    ['a notice of 3 MB', query(`SELECT shout('notice', ${megabytes(3)})`)],
    ['a reported setting of 600 KB', query(`SET search_path TO ${Array(100_000).fill('public').join(',')}`)],
    ['COPY OUT with a row of 3 MB', query(`COPY (SELECT 1, repeat('x', ${megabytes(3)})) TO STDOUT`)],
    ['binary COPY OUT', query(`COPY (SELECT 1, repeat('x', ${megabytes(3)})) TO STDOUT (FORMAT binary)`)],
    [
      'a function call with a large answer',
      new MessageBuilder(frontend.functionCall)
        .uint32(1622) // repeat(text, int4)
        .int16(0)
        .int16(2)
        .int32(1)
        .bytes(Buffer.from('y'))
        .int32(7)
        .bytes(Buffer.from('2000000'))
        .int16(0)
        .build(),
    ],
  ])('%s', async (_, sent) => {
    const answers = await Promise.all(
      [direct(), through(open)].map(async (connecting) => {
        const client = await connecting;
        const frames = await client.send(sent).untilReady();
        client.close();
        return { kinds: kindsOf(frames), digest: digest(frames) };
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
  });

  test('and is recorded by its beginning, its size and its digest', async () => {
    const client = await through(open);
    const frames = await client.send(query(`SELECT 'first', repeat('xy', ${megabytes(1)}), null`)).untilReady();
    const data = frames.filter((frame) => frame[0] === 'D'.charCodeAt(0));
    const bodies = await recordsOf(open, client);
    expect(ofType(bodies, 'rows').map(({ rows }) => rows)).toEqual([
      [['first', `${'xy'.repeat(500)} … (cut: ${megabytes(2)} bytes in all)`, null]],
    ]);
    expect(ofType(bodies, 'outcome')).toMatchObject([
      { rowsRecorded: 1, bytes: data[0]?.length, rowsDigest: digest(data), outcome: { status: 'ok', rows: 1 } },
    ]);
  });

  test('an error is recorded by the beginning of its message', async () => {
    const client = await through(open);
    await client.send(query(`SELECT shout('error', ${megabytes(1)})`)).untilReady();
    const [outcome] = ofType(await recordsOf(open, client), 'outcome');
    expect(outcome?.outcome).toMatchObject({ status: 'error', sqlstate: 'P0001' });
    expect(outcome?.outcome.message).toBe(`${'e'.repeat(4000)} … (cut)`);
  });
});

describe('on a masked connection', () => {
  test('a large row with a masked column is masked whole, and one without passes', async () => {
    const client = await through(masked);
    const large = await client.send(query(`SELECT email, repeat(note, ${megabytes(1)}) FROM person`)).untilReady();
    const values = row(large.find((frame) => frame[0] === 'D'.charCodeAt(0)) ?? Buffer.alloc(7));
    expect([values[0], values[1]?.length]).toEqual(['***', megabytes(1)]);
    const passed = await client.send(query(`SELECT repeat(note, ${megabytes(1)}) FROM person`)).untilReady();
    expect(kindsOf(passed)).toBe('TDCZ');
    client.close();
  });

  test('a row too large to be masked ends the session with 54000, and nothing of it is sent', async () => {
    const client = await through(masked);
    const frames = await client.send(query(`SELECT email, repeat('x', ${limit.maskedRow}) FROM person`)).rest();
    expect(told(frames)).toEqual(['E 54000']);
    expect(decodeFields(frames.at(-1) ?? Buffer.alloc(6)).M).toContain(`at most ${limit.maskedRow} of such`);
  });

  test('a large error or notice of a statement over masked data is replaced by its class', async () => {
    const client = await through(masked);
    for (const level of ['error', 'notice']) {
      const frames = await client
        .send(query(`SELECT shout('${level}', ${megabytes(1)}) FROM person WHERE email <> ''`))
        .untilReady();
      const said = frames.find((frame) => frame[0] === 'E'.charCodeAt(0) || frame[0] === 'N'.charCodeAt(0));
      expect(decodeFields(said ?? Buffer.alloc(6)).M).toContain('details withheld');
      expect(told(frames).at(-1)).toBe('Z I');
    }
    client.close();
  });
});

describe('what the client sends in large messages', () => {
  const copyData = (bytes: Buffer): Buffer => new MessageBuilder(frontend.copyData).bytes(bytes).build();
  const copyDone = new MessageBuilder(frontend.copyDone).build();
  const oversizedText = `SELECT '${'z'.repeat(limit.statementMessage)}'`;

  test('a CopyData of 20 MB goes to the server as it comes, and is recorded by size and digest', async () => {
    const client = await through(open);
    await client.send(query('COPY stored FROM STDIN')).untilKind('G');
    const data = copyData(Buffer.from(`1\t${'c'.repeat(megabytes(20))}\n`));
    expect(told(await client.send(data, copyDone).untilReady())).toEqual(['C COPY 1', 'Z I']);
    const stored = await database.query('SELECT length(content) AS length FROM stored WHERE id = 1');
    expect(stored.rows).toEqual([{ length: megabytes(20) }]);
    const [outcome] = ofType(await recordsOf(open, client), 'outcome');
    expect(outcome).toMatchObject({ bytes: data.length + copyDone.length, rowsDigest: digest([data, copyDone]) });
  });

  test('a copy that fails in the middle of a large CopyData leaves the session in step', async () => {
    const client = await through(open);
    client.send(parse('', 'COPY stored FROM STDIN'), bind('', ''), execute(''), sync());
    await client.untilKind('G');
    const data = copyData(Buffer.from(`1\tx\nnumber?\t${'c'.repeat(megabytes(2))}\n`));
    expect(told(await client.send(data, copyDone, sync()).untilReady())).toEqual(['E 22P02', 'Z I']);
    expect(told(await client.send(query('SELECT 1')).untilReady())).toEqual(['T ?column?', 'D 1', 'C SELECT 1', 'Z I']);
    client.close();
  });

  test('large values are bound as the server binds them', async () => {
    const client = await through(open);
    const frames = await client
      .send(parse('', 'SELECT length($1::text)'), bind('', '', ['b'.repeat(megabytes(20))]), execute(''), sync())
      .untilReady();
    expect(told(frames)).toEqual(['1', '2', `D ${megabytes(20)}`, 'C SELECT 1', 'Z I']);
    client.close();
  });

  test('a Query above the limit is refused with 54000, unread; the transaction cannot commit and the session goes on', async () => {
    const client = await through(open);
    await client.send(query('BEGIN')).untilReady();
    const refused = await client.send(query(oversizedText)).untilReady();
    expect(told(refused)).toEqual(['E 54000', 'Z E']);
    expect(told(await client.send(query('COMMIT')).untilReady())).toEqual(['C ROLLBACK', 'Z I']);
    expect(told(await client.send(query('SELECT 1')).untilReady()).at(-1)).toBe('Z I');
    const bodies = await recordsOf(open, client);
    const size = oversizedText.length + 6;
    expect(ofType(bodies, 'statement')[1]).toMatchObject({
      protocol: 'simple',
      text: `${oversizedText.slice(0, 3995)} … (cut: a Query of ${size} bytes in all)`,
      textDigest: digest([query(oversizedText).subarray(5)]),
      verdict: 'block',
      rule: { id: 'limit.message' },
    });
    expect(ofType(bodies, 'outcome')[1]?.outcome).toMatchObject({ status: 'refused', sqlstate: '54000' });
  });

  test('a Parse above the limit fails its segment up to the Sync, and nothing of the segment commits', async () => {
    const client = await through(open);
    const frames = await client
      .send(
        parse('', "INSERT INTO stored VALUES (50, 'before')"),
        bind('', ''),
        execute(''),
        parse('', oversizedText),
        bind('', ''),
        execute(''),
        parse('', "INSERT INTO stored VALUES (51, 'behind')"),
        bind('', ''),
        execute(''),
        sync(),
        query('SELECT count(*) FROM stored WHERE id IN (50, 51)'),
      )
      .untilReady(2);
    expect(told(frames)).toEqual(['1', '2', 'C INSERT 0 1', 'E 54000', 'Z I', 'T count', 'D 0', 'C SELECT 1', 'Z I']);
    const outcomes = ofType(await recordsOf(open, client), 'outcome').map(({ outcome }) => outcome.status);
    expect(outcomes).toEqual(['ok', 'refused', 'ok']);
  });

  test('a text just within the limit is taken', async () => {
    const client = await through(open);
    const text = `SELECT length('${'z'.repeat(limit.statementMessage - 30)}')`;
    expect(told(await client.send(query(text)).untilReady())).toEqual([
      'T length',
      `D ${limit.statementMessage - 30}`,
      'C SELECT 1',
      'Z I',
    ]);
    client.close();
  });

  test.each([3, 0x3fffffff, 0xffffffff])(
    'a length of %i ends the connection without a word, as the server ends it',
    async (length) => {
      const header = Buffer.alloc(5, 'Q');
      header.writeUInt32BE(length, 1);
      // PostgreSQL 13 waits for a gigabyte of text, and says then that it is too much.
      const waits = length === 0x3fffffff && serverMajor() < 14;
      for (const connecting of [...(waits ? [] : [direct()]), through(open)]) {
        const client = await connecting;
        expect(told(await client.send(header).rest())).toEqual([]);
      }
    },
  );
});
