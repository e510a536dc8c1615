// node-postgres and postgres.js: node node.mjs HOST PORT, with the packages in $WORK/drv
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { step } from './step.mjs';

const load = createRequire(`${process.env.WORK}/drv/x.js`);
const pg = load('pg');
const postgres = load('postgres');
const Cursor = load('pg-cursor');
const { from: copyFrom, to: copyTo } = load('pg-copy-streams');
const login = {
  host: process.argv[2],
  port: Number(process.argv[3]),
  user: process.env.PGUSER,
  password: process.env.PGPASSWORD,
  database: 'postgres',
};
const digest = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16);
const everyType = `select 1::int2, 2::int4, 3::int8, 1.5::float4, 'NaN'::float8, 12.340::numeric, true, 'ü'::text, 'c'::char(3),
  '\\x00ff'::bytea, '{"a":[1,null]}'::jsonb, '{1,null,3}'::int[], date '2026-11-22', timestamptz '2026-11-22 10:00+00',
  interval '1 day 2 h', '10.0.0.1/8'::inet, 'a=>b'::text, '[1,5)'::int4range, null::text, '(1,2)'::point, 7::oid`;
const large = `select n, md5(n::text) as m from generate_series(1, 200000) n`;

const client = new pg.Client(login);
const notices = [];
client.on('notice', ({ message }) => notices.push(message));
await client.connect();
const q = async (text, values) => (await client.query(text, values)).rows;

await step('pg types, text', async () => (await client.query({ text: everyType, rowMode: 'array' })).rows);
await step('pg types, binary', async () => {
  const { rows, fields } = await client.query({ text: everyType, rowMode: 'array', binary: true });
  return [rows, fields.map(({ dataTypeID, dataTypeModifier, format }) => [dataTypeID, dataTypeModifier, format])];
});
await step('pg several statements', async () =>
  (await client.query('select 1 as a; select 2 as b where false; create temp table t(x int primary key)')).map(
    ({ command, rowCount, rows }) => [command, rowCount, rows],
  ),
);
await step('pg prepared, twice', async () => {
  const run = (value) =>
    client.query({ name: 'insert-t', text: 'insert into t values ($1) returning x', values: [value] });
  return [(await run(1)).rows, (await run(2)).rows];
});
await step('pg prepared, unique violation', () => q('insert into t values ($1)', [1]));
await step('pg syntax error', () => q('selekt 1'));
await step('pg wrong parameter', () => q('select $1::int', ['x']));
await step('pg empty query', async () => (await client.query('')).command);
await step('pg notice', async () => {
  await q(`do $$ begin raise notice 'hello %', 1; end $$`);
  return notices;
});
await step('pg failed transaction', async () => {
  await q('begin');
  await q('insert into t values (3)');
  const failed = await q('select 1/0').catch(({ code }) => code);
  const after = await q('select 1').catch(({ code }) => code);
  return [failed, after, (await client.query('commit')).command, await q('select count(*) from t')];
});
await step('pg savepoint', async () => {
  await q('begin; insert into t values (4); savepoint s');
  await q('insert into t values (4)').catch(() => undefined);
  await q('rollback to s');
  await q('commit');
  return q('select x from t order by x');
});
await step('pg copy in and out', async () => {
  const into = client.query(copyFrom('copy t from stdin'));
  for (let n = 10; n < 50_000; n++) if (!into.write(`${n}\n`)) await once(into, 'drain');
  into.end();
  await once(into, 'finish');
  const hash = createHash('sha256');
  for await (const chunk of client.query(copyTo('copy (select x from t order by x) to stdout'))) hash.update(chunk);
  return [into.rowCount, hash.digest('hex').slice(0, 16)];
});
await step('pg copy in, refused by the server', async () => {
  const into = client.query(copyFrom('copy t from stdin'));
  into.end('not a number\n');
  await once(into, 'finish');
});
await step('pg large result', async () => {
  const rows = await q(large);
  return [rows.length, digest(rows.map(({ m }) => m).join())];
});
await step('pg cursor, by 1000', async () => {
  const cursor = client.query(new Cursor(large));
  const sizes = new Map();
  for (let rows = await cursor.read(1000); rows.length > 0; rows = await cursor.read(1000)) {
    sizes.set(rows.length, (sizes.get(rows.length) ?? 0) + 1);
  }
  await cursor.close();
  return [...sizes];
});
await step('pg listen, notify from another session', async () => {
  const other = new pg.Client(login);
  await other.connect();
  const { pid } = (await other.query('select pg_backend_pid() as pid')).rows[0];
  await q('listen channel');
  const heard = once(client, 'notification');
  await other.query(`notify channel, 'payload'`);
  const [{ channel, payload, processId }] = await heard;
  await other.end();
  return [channel, payload, processId === pid, other.processID === pid];
});
await step('pg statement_timeout', async () => {
  await q('set statement_timeout = 200');
  return q('select pg_sleep(5)');
});
await step('pg reset', async () => [await q('reset statement_timeout'), await q('show statement_timeout')]);
await step('pg large object over FunctionCall-free SQL', async () => {
  await q('begin');
  const [{ oid }] = await q(`select lo_from_bytea(0, '\\x0102') as oid`);
  const rows = await q('select lo_get($1), lo_unlink($1)', [oid]);
  await q('commit');
  return rows;
});
await step('pg wrong database', async () => {
  const lost = new pg.Client({ ...login, database: 'no_such_database' });
  await lost.connect();
});
await client.end();

const sql = postgres({ ...login, max: 3, onnotice: () => {} });
await step(
  'postgres.js types',
  async () => (await sql`select ${1}::int as a, ${'x'}::text as b, ${[1, 2]}::int[] as c`)[0],
);
await step('postgres.js unsafe, several results', async () =>
  (await sql.unsafe('select 1 as a; select 2 as b')).map((r) => [...r]),
);
await step('postgres.js transaction rolled back', () =>
  sql.begin(async (inside) => {
    await inside`create temp table gone(x int)`;
    await inside`select 1/0`;
  }),
);
await step('postgres.js pipelined in a transaction', () =>
  sql.begin((inside) => [1, 2, 3].map((n) => inside`select ${n}::int as n`)).then((all) => all.map(([row]) => row.n)),
);
await step('postgres.js cursor', async () => {
  let seen = 0;
  for await (const rows of sql.unsafe(large).cursor(5000)) seen += rows.length;
  return seen;
});
await step('postgres.js cancel', async () => {
  const slow = sql`select pg_sleep(20)`;
  setTimeout(() => slow.cancel(), 300);
  return slow;
});
await step('postgres.js copy', async () => {
  const reserved = await sql.reserve();
  await reserved`create temp table c(x int, y text)`;
  const into = await reserved`copy c from stdin`.writable();
  into.end('1\ta\n2\t\\N\n');
  await once(into, 'finish');
  const rows = await reserved`select * from c`;
  reserved.release();
  return [...rows];
});
await step('postgres.js listen', async () => {
  const heard = new Promise((resolve) => void sql.listen('c2', resolve).then(() => sql.notify('c2', 'hi')));
  return heard;
});
await step('postgres.js large object', () =>
  sql.largeObject().then(async (large) => {
    await large.close();
    return 'opened';
  }),
);
await sql.end({ timeout: 5 });
process.exit(0);
