import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { MaskRule } from '../../../src/contract/index.ts';
import * as frames from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';

const { bind, execute, flush, parse, query, sync } = frames;

// What comes out of a session's temporary tables, over a real gate, with an operator who agrees to everything.

const setup = `
CREATE TABLE users (id int PRIMARY KEY, nick text, email text, city text);
INSERT INTO users SELECT n, 'nick' || n, 'secret' || n || '@example.com', CASE WHEN n < 3 THEN 'Ulm' ELSE 'Bonn' END FROM generate_series(1, 9) n;
CREATE TABLE orders (id int PRIMARY KEY, user_id int, total int);
INSERT INTO orders SELECT n, n % 9 + 1, n * 10 FROM generate_series(1, 20) n;
CREATE TABLE log (line text);
CREATE TABLE parent (id int, name text);
CREATE TABLE watched (id int);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO kept SELECT email FROM users; RETURN NEW; EXCEPTION WHEN undefined_table THEN RETURN NEW; END $$;
CREATE CONSTRAINT TRIGGER keep AFTER INSERT ON watched DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep();
CREATE FUNCTION fill() RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO filled SELECT email FROM users; END $$;
CREATE FUNCTION title_of(int) RETURNS text LANGUAGE sql STABLE AS 'SELECT line FROM log LIMIT 1';`;

const maskRules: readonly MaskRule[] = [
  { id: 'email', schema: 'public', table: 'users', column: 'email', masker: { kind: 'email' } },
  { id: 'city', schema: 'public', table: 'users', column: 'city', masker: { kind: 'full' }, probes: 'open' },
];

let database: TestDatabase;
let gate: TestGate;
/** Masks and nothing else: whoever attacks them meets no other rule. */
let observing: TestGate;
let client: pg.Client;
/** Rules by which the operator was asked. */
let asked: string[] = [];

beforeAll(async () => {
  database = await createDatabase(setup);
  observing = await startGate({ database: database.name, policy: 'observe', maskRules });
  gate = await startGate({ database: database.name, policy: 'staging', maskRules });
  gate.gateway.approvals.onChange(({ id, digest, state, rule }) => {
    if (state !== 'pending') return;
    asked.push(rule.id);
    setImmediate(() => gate.gateway.approvals.decide({ id, digest, action: 'approve', by: 'op', via: 'test' }));
  });
});
afterAll(async () => {
  await gate.stop();
  await observing.stop();
  await database.drop();
});
/** A session of its own for each test. */
const session = async (through: TestGate = gate): Promise<void> => {
  client = await through.connect();
};
afterEach(async () => {
  asked = [];
  await client.end();
});

async function values(text: string, parameters: unknown[] = []): Promise<unknown[]> {
  const { rows } = await client.query({ text, values: parameters, rowMode: 'array' });
  return rows.flat();
}

async function run(...texts: string[]): Promise<void> {
  for (const text of texts) await client.query(text);
}

const hidden = '***';
const mail = 's***@***.com';

describe('a temporary table shows what its source shows', () => {
  test.each([
    'CREATE TEMP TABLE t AS SELECT id, total FROM orders WHERE id < 3',
    'SELECT id, total INTO TEMP t FROM orders WHERE id < 3',
    'CREATE TEMPORARY TABLE t ON COMMIT PRESERVE ROWS AS TABLE orders',
    'CREATE TEMP TABLE t (a, total) AS SELECT id, total FROM orders WHERE id < 3',
  ])('%s', async (text) => {
    await session();
    await run(text);
    expect(await values('SELECT total, total + 1 AS more FROM t ORDER BY total LIMIT 1')).toEqual([10, 11]);
    expect(await values('SELECT count(*) > 1 AS x FROM t')).toEqual([true]);
    expect(await values('SELECT t.total FROM pg_temp.t JOIN users u ON u.id = 1 ORDER BY 1 LIMIT 1')).toEqual([10]);
  });

  test('one that was filled later, by values, parameters and queries', async () => {
    await session();
    await run('CREATE TEMP TABLE t (id serial PRIMARY KEY, total int NOT NULL DEFAULT 0, note text)');
    await run(
      "INSERT INTO t (total, note) VALUES (5, 'five')",
      'INSERT INTO t (total) SELECT total FROM orders WHERE id = 1',
    );
    await values('INSERT INTO t (note) VALUES ($1)', ['mine']);
    await run('CREATE INDEX ON t (total)', 'ANALYZE t');
    expect(await values("SELECT total, note || '' AS n FROM t ORDER BY id")).toEqual([5, 'five', 10, null, 0, 'mine']);
  });

  test('masked columns as their source’s, computed ones whole, and the operator was asked', async () => {
    await session();
    await run('CREATE TEMP TABLE t AS SELECT id, email AS e, lower(email) AS low, nick FROM users WHERE id = 1');
    expect(asked).toContain('copies-masked-columns');
    expect(await values("SELECT *, e || '' AS x, nick || '' AS n FROM t")).toEqual([
      1,
      mail,
      hidden,
      'nick1',
      hidden,
      'nick1',
    ]);
    expect(await values('SELECT id FROM users, log WHERE false')).toEqual([]);
    const { body } = (await gate.journal()).findLast(({ body }) => body.type === 'outcome') ?? { body: null };
    expect(body).toMatchObject({ outcome: { status: 'ok' } });
  });

  test('a column that was given masked values later is masked from then on', async () => {
    await session();
    await run('CREATE TEMP TABLE t (id int, e text, n text)', "INSERT INTO t VALUES (0, 'mine', 'mine')");
    expect(await values("SELECT e || '' AS x FROM t")).toEqual(['mine']);
    asked = [];
    await run('INSERT INTO t SELECT id, email, nick FROM users WHERE id = 1');
    expect(asked).toContain('copies-masked-columns');
    expect(await values("SELECT e, n || '' AS x FROM t ORDER BY id")).toEqual([hidden, 'mine', mail, 'nick1']);
    asked = [];
    await run('UPDATE t SET n = e WHERE id = 1');
    expect(asked).toContain('copies-masked-columns');
    expect(await values('SELECT n FROM t ORDER BY id')).toEqual([hidden, mail]);
  });

  test('in a transaction, before COMMIT and behind it, and not behind ROLLBACK', async () => {
    await session();
    await run('BEGIN', 'CREATE TEMP TABLE t AS SELECT id, total FROM orders WHERE id = 1');
    expect(await values('SELECT total + 1 AS x FROM t')).toEqual([11]);
    await run('COMMIT');
    expect(await values('SELECT total + 1 AS x FROM t')).toEqual([11]);
    await run('BEGIN', 'CREATE TEMP TABLE u2 ON COMMIT DROP AS SELECT id FROM orders WHERE id = 1');
    expect(await values('SELECT id FROM u2')).toEqual([1]);
    await run('ROLLBACK');
    await expect(values('SELECT id FROM u2')).rejects.toThrow('does not exist');
  });

  test('dropped and made again under the same name', async () => {
    await session();
    await run('CREATE TEMP TABLE t AS SELECT email AS c FROM users WHERE id = 1');
    expect(await values("SELECT c || '' AS x FROM t")).toEqual([hidden]);
    await run('DROP TABLE t', "CREATE TEMP TABLE t AS SELECT 'clean'::text AS c");
    expect(await values("SELECT c || '' AS x FROM t")).toEqual(['clean']);
    await run('DISCARD TEMP', 'CREATE TEMP TABLE t AS SELECT email AS c FROM users WHERE id = 1');
    expect(await values("SELECT c, c || '' AS x FROM t")).toEqual([mail, hidden]);
  });

  test('over the extended protocol, in binary too', async () => {
    await session();
    await values('CREATE TEMP TABLE t AS SELECT id, total, $1::text AS mine FROM orders WHERE id = 1', ['x']);
    expect(await values('SELECT total, mine FROM t WHERE id = $1', [1])).toEqual([10, 'x']);
  });

  test('nothing of it is kept for later: a table of that name is another one', async () => {
    await session();
    await run('CREATE TEMP TABLE fleeting AS SELECT id, email AS e FROM users');
    await client.end();
    await session();
    await run("CREATE TEMP TABLE fleeting AS SELECT 1 AS id, 'clean'::text AS e");
    expect(await values("SELECT e || '' AS x FROM fleeting")).toEqual(['clean']);
  });
});

describe('a temporary table is masked whole where it is not certain what is in it', () => {
  /** `errors`: what the agent hears of the statements that do not run. */
  const attack = (
    name: string,
    texts: readonly string[],
    query: string,
    shown: unknown[] = [hidden],
    errors: unknown[] = [],
  ): void =>
    test(name, async () => {
      await session(observing);
      const failed: unknown[] = [];
      for (const text of texts) await client.query(text).catch(({ code }) => failed.push(code));
      expect([failed, await values(query)]).toEqual([errors, shown]);
    });

  attack(
    'a function writes to it, which found no table of that name before',
    ['CREATE TEMP TABLE filled (line text)', 'SELECT fill()'],
    "SELECT DISTINCT line || '' AS x FROM filled WHERE line LIKE 'secret1%'",
  );
  attack(
    'a deferred trigger writes to it at COMMIT',
    ['BEGIN', 'INSERT INTO watched VALUES (1)', 'CREATE TEMP TABLE kept (line text)', 'COMMIT'],
    "SELECT line || '' AS x FROM kept LIMIT 1",
  );
  attack(
    'it has the name of another table',
    ["CREATE TEMP TABLE log AS SELECT 'x'::text AS line"],
    "SELECT line || '' AS x FROM log",
  );
  attack(
    'a plan was made when the name was another’s',
    [
      'PREPARE p AS SELECT upper(email) AS x FROM users WHERE id = 1',
      "CREATE TEMP TABLE users AS SELECT 1 AS id, 'x'::text AS email",
    ],
    'EXECUTE p',
  );
  attack(
    'a function reads what now stands before the table that it names',
    ['CREATE TEMP TABLE log AS SELECT email AS line FROM users WHERE id = 1'],
    'SELECT title_of(1)',
  );
  attack(
    'a cursor goes on with a table that is gone',
    [
      'CREATE TEMP TABLE t AS SELECT email AS c FROM users WHERE id = 1',
      'BEGIN',
      'DECLARE held CURSOR WITH HOLD FOR SELECT upper(c) AS x FROM t',
      'COMMIT',
      'DROP TABLE t',
      "CREATE TEMP TABLE t AS SELECT 'x'::text AS c",
    ],
    'FETCH ALL FROM held',
  );
  attack(
    'a cursor goes on with a table that is gone, and one of that name that is none of the session’s own',
    [
      'CREATE TEMP TABLE gone AS SELECT email AS c FROM users WHERE id = 1',
      'BEGIN',
      'DECLARE held CURSOR WITH HOLD FOR SELECT upper(c) AS x FROM gone',
      'COMMIT',
      'DROP TABLE gone',
      'CREATE TABLE gone (c text)',
    ],
    'FETCH ALL FROM held',
  );
  attack(
    'ROLLBACK brings another table of that name back',
    [
      'CREATE TEMP TABLE t AS SELECT email AS c FROM users WHERE id = 1',
      'BEGIN',
      'DROP TABLE t',
      "CREATE TEMP TABLE t AS SELECT 'x'::text AS c",
      'ROLLBACK',
    ],
    'SELECT upper(c) AS x FROM t',
  );
  attack(
    'the end of a pipeline does',
    [
      'CREATE TEMP TABLE t AS SELECT email AS c FROM users WHERE id = 1',
      "DROP TABLE t; CREATE TEMP TABLE t AS SELECT 'x'::text AS c; SELECT 1 / 0",
    ],
    'SELECT upper(c) AS x FROM t',
    [hidden],
    ['22012'],
  );
  attack(
    'its columns were changed',
    [
      'CREATE TEMP TABLE t AS SELECT id, nick, email FROM users WHERE id = 1',
      'ALTER TABLE t DROP COLUMN nick',
      'ALTER TABLE t RENAME COLUMN email TO nick',
    ],
    "SELECT nick || '' AS x, nick FROM t",
    [hidden, hidden],
  );
  attack(
    'it takes the name of another, or gives its own away',
    [
      'CREATE TEMP TABLE a AS SELECT email AS c FROM users WHERE id = 1',
      "CREATE TEMP TABLE b AS SELECT 'x'::text AS c",
      'ALTER TABLE b RENAME TO d',
      'ALTER TABLE a RENAME TO b',
    ],
    'SELECT upper(a.c) AS x, upper(d.c) AS y FROM a, d',
    [hidden, hidden],
    ['42501'],
  );
  attack(
    'a view on it is written to',
    [
      'CREATE TEMP TABLE t (c text)',
      'CREATE TEMP VIEW v AS SELECT c FROM t',
      'INSERT INTO v (c) SELECT email FROM users WHERE id = 1',
    ],
    'SELECT upper(c) AS x FROM t',
  );
  attack(
    'a rule writes to it',
    [
      'CREATE TEMP TABLE t (c text)',
      'CREATE TEMP TABLE s (c text)',
      'CREATE RULE r AS ON INSERT TO s DO INSTEAD INSERT INTO t VALUES (NEW.c)',
      'INSERT INTO s (c) SELECT email FROM users WHERE id = 1',
    ],
    'SELECT upper(c) AS x FROM t',
  );
  attack(
    'a child would share its rows, which nobody could find',
    [
      'CREATE TEMP TABLE t (id int, name text)',
      'CREATE TEMP TABLE child () INHERITS (t)',
      'CREATE TEMP TABLE child () INHERITS (parent)',
      'ALTER TABLE t INHERIT parent',
      'INSERT INTO t SELECT id, email FROM users WHERE id = 1',
    ],
    'SELECT upper(name) AS x FROM t UNION ALL SELECT name FROM parent',
    [hidden],
    ['42501', '42501', '42501'],
  );
  attack(
    'a foreign key hands values on',
    [
      'CREATE TEMP TABLE a (c text PRIMARY KEY)',
      'CREATE TEMP TABLE b (c text REFERENCES a ON UPDATE CASCADE)',
      "INSERT INTO a VALUES ('x')",
      "INSERT INTO b VALUES ('x')",
      'UPDATE a SET c = (SELECT email FROM users WHERE id = 1)',
    ],
    'SELECT upper(c) AS x FROM b',
  );
  attack(
    'a number of few rows, which an open column decided about, is put there',
    ["CREATE TEMP TABLE t AS SELECT count(*) AS n, count(*) + 1 AS m FROM users WHERE city = 'Ulm'"],
    'SELECT n, m FROM t',
    [null, '0'],
  );
  attack(
    'such a number is put there later',
    ['CREATE TEMP TABLE t (n bigint)', "INSERT INTO t SELECT count(*) FROM users WHERE city = 'Ulm'"],
    'SELECT n FROM t',
    ['0'],
  );
  attack(
    'a prepared statement fills it',
    ['CREATE TEMP TABLE t (c text)', 'PREPARE p AS INSERT INTO t SELECT email FROM users WHERE id = 1', 'EXECUTE p'],
    'SELECT upper(c) AS x FROM t',
  );
  attack(
    'several statements of one text fill it',
    ["CREATE TEMP TABLE t (c text); INSERT INTO t VALUES ('x')"],
    'SELECT upper(c) AS x FROM t',
  );
  attack(
    'a table that is not temporary stands before it',
    [
      "CREATE TEMP TABLE t AS SELECT 'x'::text AS email",
      'BEGIN',
      'CREATE TABLE public.t AS SELECT email FROM users WHERE id = 1',
      'SET search_path = public, pg_temp',
    ],
    'SELECT upper(email) AS x FROM t',
  );

  test('a segment that is left open with Flush brings another table of that name back', async () => {
    await session(observing);
    const raw = await RawClient.logIn(observing.address);
    const run = (text: string): Buffer[] => [parse('', text), bind('', ''), execute('')];
    const step = async (text: string): Promise<void> => {
      raw.send(...run(text), flush());
      await raw.untilKind('C');
    };
    raw.send(query('CREATE TEMP TABLE t AS SELECT email AS c FROM users WHERE id = 1'));
    await raw.untilReady();
    await step('DROP TABLE t');
    await step("CREATE TEMP TABLE t AS SELECT 'x'::text AS c");
    raw.send(...run('SELECT upper(c) AS x FROM t'), ...run('SELECT 1 / 0'), sync());
    expect(told(await raw.untilReady())).toContain('D ***');
    raw.send(query('SELECT upper(c) AS x FROM t'));
    expect(told(await raw.untilReady())).toContain('D ***');
    raw.close();
  });

  test('what copies stands in the same pipeline', async () => {
    await session(observing);
    const raw = await RawClient.logIn(observing.address);
    const run = (text: string): Buffer[] => [parse('', text), bind('', ''), execute('')];
    raw.send(query('CREATE TEMP TABLE t (c text)'));
    await raw.untilReady();
    raw.send(
      ...run('INSERT INTO t SELECT email FROM users WHERE id = 1'),
      ...run('CREATE TEMP TABLE s AS SELECT c FROM t'),
      sync(),
    );
    expect(told(await raw.untilReady())).toContain('E 42501');
    raw.send(...run('CREATE TEMP TABLE r AS SELECT 1 AS c'), ...run('SELECT c FROM r'), sync());
    await raw.untilReady();
    raw.send(query('SELECT c + 1 AS c FROM r'));
    expect(told(await raw.untilReady())).toContain('D 0');
    raw.close();
  });
});
