import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';

let database: TestDatabase;
let gate: TestGate;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE item (id int PRIMARY KEY, name text);
    INSERT INTO item SELECT n, 'item ' || n FROM generate_series(1, 5) n;
  `);
  gate = await startGate({ database: database.name, policy: 'observe' });
});
afterAll(async () => {
  await gate.stop();
  await database.drop();
});

describe('with an allow-all policy and no masks', () => {
  test('the simple protocol answers as the server does', async () => {
    const client = await gate.connect();
    const result = await client.query('SELECT id, name FROM item WHERE id < 3 ORDER BY id');
    expect(result.rows).toEqual([
      { id: 1, name: 'item 1' },
      { id: 2, name: 'item 2' },
    ]);
  });

  test('the extended protocol answers as the server does, with bound values', async () => {
    const client = await gate.connect();
    const result = await client.query('SELECT name FROM item WHERE id = $1', [4]);
    expect(result.rows).toEqual([{ name: 'item 4' }]);
  });

  test('named prepared statements run again and again', async () => {
    const client = await gate.connect();
    const ask = (id: number) =>
      client.query({ name: 'by id', text: 'SELECT name FROM item WHERE id = $1', values: [id] });
    expect([(await ask(1)).rows, (await ask(2)).rows, (await ask(3)).rows]).toEqual([
      [{ name: 'item 1' }],
      [{ name: 'item 2' }],
      [{ name: 'item 3' }],
    ]);
  });

  test('several statements in one text come back in order', async () => {
    const client = await gate.connect();
    const results = (await client.query('SELECT 1 AS a; SELECT 2 AS b')) as unknown as { rows: unknown[] }[];
    expect(results.map((result) => result.rows)).toEqual([[{ a: 1 }], [{ b: 2 }]]);
  });

  test('an error leaves the connection usable and the transaction failed, as on the server', async () => {
    const client = await gate.connect();
    await client.query('BEGIN');
    await expect(client.query('SELECT 1/0')).rejects.toMatchObject({ code: '22012' });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    expect((await client.query('COMMIT')).command).toBe('ROLLBACK');
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('an error in the extended protocol leaves the connection usable', async () => {
    const client = await gate.connect();
    await expect(client.query('SELECT $1::int / 0', [1])).rejects.toMatchObject({ code: '22012' });
    expect((await client.query('SELECT $1::int AS one', [1])).rows).toEqual([{ one: 1 }]);
  });

  test('postgres.js pipelines, streams with a cursor and runs transactions', async () => {
    const sql = postgres({ ...gate.address, username: gate.address.user, max: 1, onnotice: () => undefined });
    const answers = await Promise.all([1, 2, 3, 4, 5].map((id) => sql`SELECT name FROM item WHERE id = ${id}`));
    expect(answers.map(([row]) => row?.name)).toEqual(['item 1', 'item 2', 'item 3', 'item 4', 'item 5']);
    const seen: number[] = [];
    await sql`SELECT id FROM item ORDER BY id`.cursor(2, (rows) => {
      seen.push(...rows.map((row) => row.id));
    });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    const inside = await sql.begin((transaction) => transaction`SELECT count(*)::int AS n FROM item`);
    expect(inside[0]?.n).toBe(5);
    await sql.end();
  });

  test('a notification reaches the listener, with the process id the client knows', async () => {
    const listener = await gate.connect();
    const got = new Promise((resolve) => listener.once('notification', (message) => resolve(message.payload)));
    await listener.query('LISTEN news');
    const speaker = await gate.connect();
    await speaker.query("NOTIFY news, 'hello'");
    expect(await got).toBe('hello');
  });

  test('COPY works in both directions, in the simple protocol', async () => {
    const sql = postgres({ ...gate.address, username: gate.address.user, max: 1 });
    await sql`CREATE TABLE copied (id int, name text)`;
    const writable = await sql`COPY copied FROM STDIN`.writable();
    await new Promise<void>((resolve, reject) => {
      writable.on('error', reject).on('finish', resolve);
      writable.write('1\tone\n');
      writable.end('2\ttwo\n');
    });
    const readable = await sql`COPY copied TO STDOUT`.readable();
    const chunks: Buffer[] = [];
    for await (const chunk of readable) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('1\tone\n2\ttwo\n');
    await sql.end();
  });

  test('a large result arrives whole', async () => {
    const client = await gate.connect();
    const result = await client.query("SELECT n, repeat('x', 100) AS pad FROM generate_series(1, 50000) n");
    expect(result.rows.length).toBe(50_000);
    expect(result.rows.at(-1)).toEqual({ n: 50_000, pad: 'x'.repeat(100) });
  });

  test('a running statement is cancelled by its key, and only it', async () => {
    const sql = postgres({ ...gate.address, username: gate.address.user, max: 1 });
    await sql`SELECT 1`;
    const slow = sql`SELECT pg_sleep(30)`;
    const ended = slow.catch((error: { code: string }) => error.code);
    await new Promise((resolve) => setTimeout(resolve, 200));
    slow.cancel();
    expect(await ended).toBe('57014');
    expect((await sql`SELECT 7 AS seven`)[0]?.seven).toBe(7);
    await sql.end();
  });
});
