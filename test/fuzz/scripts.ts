import { backend, frontend } from '../../src/gateway/wire/constants.ts';
import { decodeDataRow } from '../../src/gateway/wire/decode-backend.ts';
import * as frames from '../../src/gateway/wire/encode-frontend.ts';
import { MessageBuilder } from '../../src/gateway/wire/message-builder.ts';
import fc, { type Arbitrary } from '../support/property.ts';
import { type Line, line, type Script } from './player.ts';

/**
 * Tables `m1` … `m6` hold rows of their own number only (10, 11, 12 in `m1`), so that a row tells which table it was read
 * from: what the gate judged a statement to read can be compared with what it brought.
 */
export const schema = `
  ${[1, 2, 3, 4, 5, 6].map((n) => `CREATE TABLE m${n} (n int PRIMARY KEY); INSERT INTO m${n} VALUES (${n}0), (${n}1), (${n}2);`).join('\n')}
  CREATE TABLE side (n int);
  CREATE TABLE loaded (id int PRIMARY KEY, note text);
  CREATE TABLE owner (id int PRIMARY KEY);
  CREATE TABLE owned (id int REFERENCES owner DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE closed (id int);
  CREATE FUNCTION no_copy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'closed'; END $$;
  CREATE TRIGGER closed BEFORE INSERT ON closed FOR EACH STATEMENT EXECUTE FUNCTION no_copy();
  CREATE FUNCTION noisy() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'heard'; RETURN 7; END $$;
`;

/** Puts the tables back as `schema` made them. */
export const reset = 'TRUNCATE side, loaded, owner, owned, closed';

const preparedQuery = 'SELECT name, statement, from_sql, parameter_types::text FROM pg_prepared_statements';

const name = fc.constantFrom('', '', 'a', 'b', 'c');
const portal = fc.constantFrom('', '', 'p', 'a', 'b');
const sqlName = fc.constantFrom('a', 'b', 'c');
const marker = fc.integer({ min: 1, max: 6 });
const then = fc.oneof(
  { weight: 8, arbitrary: fc.constant('go on' as const) },
  { weight: 2, arbitrary: fc.constant('turn' as const) },
  { weight: 1, arbitrary: fc.constant('listen' as const) },
  { weight: 1, arbitrary: fc.constant('deaf' as const) },
);

const read = marker.map((n) => `SELECT n FROM m${n} ORDER BY n`);
const bound = marker.map((n) => `SELECT n FROM m${n} WHERE n > $1::int`);
const names = fc.oneof(
  fc.tuple(sqlName, fc.oneof(read, bound)).map(([a, text]) => `PREPARE ${a} AS ${text}`),
  sqlName.map((a) => `EXECUTE ${a}`),
  sqlName.map((a) => `EXECUTE ${a}(29)`),
  sqlName.map((a) => `DEALLOCATE ${a}`),
  fc.constantFrom('DEALLOCATE ALL', 'DISCARD ALL', 'DISCARD PLANS', 'CLOSE ALL'),
  fc
    .tuple(
      fc.constantFrom('p', 'a', 'b'),
      fc.constantFrom('CURSOR', 'SCROLL CURSOR', 'CURSOR WITH HOLD', 'BINARY CURSOR'),
      read,
    )
    .map(([a, kind, text]) => `DECLARE ${a} ${kind} FOR ${text}`),
  fc
    .tuple(fc.constantFrom('FETCH', 'FETCH 2 FROM', 'FETCH ALL FROM', 'MOVE', 'CLOSE'), fc.constantFrom('p', 'a', 'b'))
    .map((parts) => parts.join(' ')),
);
const control = fc.constantFrom(
  'BEGIN',
  'BEGIN',
  'COMMIT',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT s',
  'ROLLBACK TO s',
  'RELEASE s',
  'COMMIT AND CHAIN',
  'ROLLBACK AND CHAIN',
  'START TRANSACTION READ ONLY',
  'SET CONSTRAINTS ALL IMMEDIATE',
);
const settings = fc.constantFrom(
  "SET application_name = 'x'",
  "SET LOCAL application_name = 'y'",
  'RESET application_name',
  'RESET ALL',
  'SET search_path = pg_catalog, public',
  'SET LOCAL search_path = public',
  'SHOW search_path',
  "SELECT set_config('application_name', 'z', false)",
  'SET standard_conforming_strings = off',
  'SET standard_conforming_strings = on',
  "SET DateStyle = 'German'",
  "SELECT '\\' AS backslash",
  "SET client_encoding = 'LATIN1'",
  "SET client_encoding = 'UTF8'",
  "SELECT 'ä' AS umlaut",
);
const writes = fc.oneof(
  fc.integer({ min: 0, max: 9 }).map((n) => `INSERT INTO side VALUES (${n}) RETURNING n`),
  fc.constantFrom(
    'INSERT INTO side SELECT n FROM m1',
    'UPDATE side SET n = n + 1',
    'DELETE FROM side',
    'INSERT INTO owned VALUES (1)',
    'INSERT INTO owner VALUES (1)',
    'CREATE TEMP TABLE made (n int)',
    'INSERT INTO made VALUES (1)',
    'SELECT * FROM made',
    'DROP TABLE made',
    'ALTER TABLE made ADD COLUMN x int',
  ),
);
const oddities = fc.constantFrom(
  '',
  ';',
  '-- nothing',
  'SELEC',
  'SELECT 1/0',
  'SELECT n, 1/(n - 21) FROM m2 ORDER BY n',
  'SELECT nothing FROM nowhere',
  'SELECT noisy()',
  'LISTEN news',
  "NOTIFY news, 'told'",
  'UNLISTEN *',
  "DO $$ BEGIN RAISE WARNING 'careful'; END $$",
  "SELECT repeat('x', 50000) FROM generate_series(1, 12)",
  'SELECT $1',
  'SELECT $1::int + $2::int',
  'EXPLAIN (COSTS off) SELECT n FROM m1',
  'VALUES (1, NULL), (2, NULL)',
  'SELECT',
  'TABLE m3',
);
const copies = fc.constantFrom(
  'COPY loaded FROM STDIN',
  'COPY loaded (id) FROM STDIN',
  'COPY closed FROM STDIN',
  'COPY m1 TO STDOUT',
  'COPY (SELECT n FROM m2 WHERE n > 20) TO STDOUT (FORMAT binary)',
  'COPY (SELECT 1/0) TO STDOUT',
);
const one = fc.oneof(
  { weight: 6, arbitrary: read },
  { weight: 3, arbitrary: bound },
  { weight: 8, arbitrary: names },
  { weight: 6, arbitrary: control },
  { weight: 4, arbitrary: settings },
  { weight: 4, arbitrary: writes },
  { weight: 4, arbitrary: oddities },
  { weight: 2, arbitrary: copies },
);
const several = fc.array(one, { minLength: 2, maxLength: 4 }).map((texts) => texts.join('; '));

const byte = (code: number): MessageBuilder => new MessageBuilder(code);
const data = (text: string): Buffer => byte(frontend.copyData).bytes(Buffer.from(text)).build();
const done = (): Buffer => byte(frontend.copyDone).build();
const failed = (): Buffer => byte(frontend.copyFail).cstring('enough').build();

const values = fc.constantFrom<readonly (string | null)[]>([], [], ['29'], [null], ['x'], ['1', '2']);
const format = fc.constantFrom<0 | 1>(0, 0, 0, 1);
const rows = fc.constantFrom(0, 0, 0, 1, 2, -1);
const target = fc.constantFrom<'S' | 'P'>('S', 'P');
const quote = (text: string): string => JSON.stringify(text);

/** As `frames.execute`, but with any row limit: a negative one means no limit to the server. */
const runs = (p: string, limit: number): Buffer => byte(frontend.execute).cstring(p).int32(limit).build();

const parse = fc
  .tuple(name, one, fc.constantFrom<readonly number[]>([], [], [], [23], [25, 23]), then)
  .map(([a, text, types, t]) => line(`Parse ${quote(a)} ${quote(text)} [${types}]`, t, frames.parse(a, text, types)));
const bind = fc
  .tuple(portal, name, values, format, then)
  .map(([p, a, v, f, t]) => line(`Bind ${quote(p)} ${quote(a)} ${JSON.stringify(v)} ${f}`, t, frames.bind(p, a, v, f)));
const execute = fc.tuple(portal, rows, then).map(([p, n, t]) => line(`Execute ${quote(p)} ${n}`, t, runs(p, n)));
const describe = fc
  .tuple(target, name, then)
  .map(([kind, a, t]) => line(`Describe ${kind} ${quote(a)}`, t, frames.describe(kind, a)));
const close = fc
  .tuple(target, name, then)
  .map(([kind, a, t]) => line(`Close ${kind} ${quote(a)}`, t, frames.close(kind, a)));
const whole = fc
  .tuple(name, portal, one, values, rows, then)
  .map(([a, p, text, v, n, t]) =>
    line(
      `Parse ${quote(a)} ${quote(text)}, Bind ${quote(p)} ${JSON.stringify(v)}, Execute ${n}`,
      t,
      ...[frames.parse(a, text), frames.bind(p, a, v), runs(p, n)],
    ),
  );
const again = fc
  .tuple(name, portal, values, rows, then)
  .map(([a, p, v, n, t]) =>
    line(`Bind ${quote(p)} ${quote(a)} ${JSON.stringify(v)}, Execute ${n}`, t, frames.bind(p, a, v), runs(p, n)),
  );
const query = fc.tuple(fc.oneof({ weight: 3, arbitrary: one }, { weight: 1, arbitrary: several }), then);
const simple = query.map(([text, t]) => line(`Query ${quote(text)}`, t, frames.query(text)));
const alone = then.map((t) => line('Sync', t, frames.sync()));
const flush = then.map((t) => line('Flush', t, frames.flush()));
const call = fc
  .tuple(fc.constantFrom(1, 3_000_000, 47), then) // 47 is int4(text)'s neighbour: whatever it is, both sides say the same
  .map(([oid, t]) =>
    line(`FunctionCall ${oid}`, t, byte(frontend.functionCall).uint32(oid).int16(0).int16(0).int16(0).build()),
  );
const copyPart = fc
  .tuple(
    fc.array(fc.constantFrom('1\tone\n', '2\n', '3\n', 'x\n', '4'), { maxLength: 3 }),
    fc.boolean(),
    fc.boolean(),
    then,
  )
  .map(([parts, ends, fails, t]) =>
    line(
      `CopyData ${JSON.stringify(parts)}${ends ? (fails ? ' CopyFail' : ' CopyDone') : ''}`,
      t,
      ...parts.map(data),
      ...(ends ? [fails ? failed() : done()] : []),
    ),
  );
const copySimple = fc
  .tuple(copies, copyPart)
  .map(([text, part]) => line(`Query ${quote(text)}, ${part.say}`, part.then, frames.query(text), part.bytes));
const copyExtended = fc
  .tuple(copies, copyPart, fc.boolean(), fc.boolean())
  .map(([text, part, before, after]) =>
    line(
      `Parse/Bind/Execute ${quote(text)}${before ? ', Sync' : ''}, ${part.say}${after ? ', Sync' : ''}`,
      part.then,
      ...[frames.parse('', text), frames.bind('', ''), frames.execute('')],
      ...(before ? [frames.sync()] : []),
      part.bytes,
      ...(after ? [frames.sync()] : []),
    ),
  );

const anyLine: Arbitrary<Line> = fc.oneof(
  { weight: 5, arbitrary: parse },
  { weight: 5, arbitrary: bind },
  { weight: 5, arbitrary: execute },
  { weight: 3, arbitrary: describe },
  { weight: 2, arbitrary: close },
  { weight: 7, arbitrary: whole },
  { weight: 5, arbitrary: again },
  { weight: 5, arbitrary: alone },
  { weight: 2, arbitrary: flush },
  { weight: 8, arbitrary: simple },
  { weight: 1, arbitrary: call },
  { weight: 1, arbitrary: copyPart },
  { weight: 1, arbitrary: copySimple },
  { weight: 1, arbitrary: copyExtended },
);

const cutting = fc.oneof(
  { weight: 4, arbitrary: fc.constant('whole' as const) },
  { weight: 3, arbitrary: fc.constant('messages' as const) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }) },
);

/** Scripts of messages of every kind in any order. */
export const scripts: Arbitrary<Script> = fc.record({
  lines: fc.array(anyLine, { minLength: 1, maxLength: 30 }),
  cutting,
});

/**
 * What ends every script: whatever copy or segment is open is ended, and then the session tells what it has become: its
 * prepared statements (a Bind of each tells what the gate takes it for), its cursors, what was written. A session that lost
 * its place cannot answer this.
 */
export const epilogue: readonly Line[] = [
  line('CopyFail, Sync', 'go on', failed(), frames.sync()),
  line('ROLLBACK', 'go on', frames.query('ROLLBACK')),
  line('what is prepared', 'go on', frames.query(`${preparedQuery} ORDER BY name`)),
  ...['a', 'b', 'c'].map((a) => line(`probe ${a}`, 'go on', frames.bind('', a, [`probe ${a}`]), frames.sync())),
  line('what is open', 'go on', frames.query('SELECT name, statement, is_holdable FROM pg_cursors ORDER BY name')),
  line(
    'what is written',
    'go on',
    frames.query('SELECT n FROM side ORDER BY n; SELECT id, note FROM loaded ORDER BY id'),
  ),
  line('goodbye', 'go on', frames.terminate()),
];

/** The prepared statements that the server told of in the epilogue, by name. */
export function preparedNames(answers: readonly Buffer[]): ReadonlyMap<string, string> {
  const start = answers.findIndex((frame) => frame[0] === backend.rowDescription && frame.includes('from_sql'));
  const end = answers.findIndex((frame, index) => index > start && frame[0] === backend.commandComplete);
  if (start < 0) return new Map();
  return new Map(
    answers.slice(start + 1, end).map((frame) => {
      const [called, text] = decodeDataRow(frame);
      return [called?.toString() ?? '', text?.toString() ?? ''];
    }),
  );
}
