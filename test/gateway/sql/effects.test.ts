import { beforeAll, describe, expect, it } from 'vitest';
import type { Effects } from '../../../src/gateway/sql/effects.ts';
import { createParser, type Parser } from '../../../src/gateway/sql/parser.ts';
import { brief, catalogOf, named, statementsOf, table, userFunction } from './builders.ts';

const users = table('users', ['id', 'email', 'nickname'], {
  uniqueKeys: [['id'], ['email']],
  indexed: ['id', 'email'],
});
const lines = table('lines', ['order_id', 'position', 'note'], {
  uniqueKeys: [['order_id', 'position']],
  indexed: ['order_id'],
});
const people = table('people', ['id', 'name'], { uniqueKeys: [['id']] });
const catalog = catalogOf(
  [
    users,
    lines,
    people,
    table('employees', ['id', 'name', 'grade'], { parents: [people.oid] }),
    table('contacts', ['mail'], {
      kind: 'v',
      definition: 'SELECT users.email AS mail FROM users;',
      dependsOn: [{ oid: users.oid, attributeNumber: 2 }],
    }),
    table('risky_view', ['x'], { kind: 'v', definition: 'SELECT purge() AS x;' }),
    table('pg_class', ['oid'], { schema: 'pg_catalog' }),
  ],
  [
    userFunction('purge'),
    userFunction('rows_of', { volatility: 's', language: 'sql', body: 'SELECT 1', returnsSet: true }),
    userFunction('lower', { volatility: 's' }),
    userFunction('max', { volatility: 'i', language: 'c', fromExtension: true }),
    userFunction('label', { volatility: 's', language: 'sql', body: 'SELECT email FROM users WHERE id = 1' }),
    userFunction('liar', { volatility: 'i', language: 'sql', body: 'SELECT purge()' }),
    userFunction('endless', { volatility: 's', language: 'sql', body: 'SELECT endless()' }),
    userFunction('definer', { volatility: 's', language: 'sql', body: 'SELECT 1', securityDefiner: true }),
  ],
  { userOperators: ['==='] },
);

let parser: Parser;
beforeAll(async () => {
  parser = await createParser();
});

function effects(sql: string, known: typeof catalog | null = catalog): Effects {
  const [statement] = statementsOf(parser.understand(sql, known));
  if (statement === undefined) throw new Error('no statement');
  return statement.effects;
}

describe('kinds and relations', () => {
  it.each([
    ['SELECT * FROM users', ['read'], ['users'], []],
    ['TABLE users', ['read'], ['users'], []],
    ['SELECT 1 FROM users UNION ALL SELECT 2 FROM lines', ['read'], ['users', 'lines'], []],
    ['WITH users AS (SELECT 1) SELECT * FROM users', ['read'], [], []],
    ['WITH users AS (SELECT * FROM users) SELECT * FROM users', ['read'], ['users'], []],
    ['WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a', ['read'], ['b'], []],
    ['WITH RECURSIVE a AS (SELECT 1 UNION SELECT * FROM a) SELECT * FROM a', ['read'], [], []],
    ['WITH users AS (SELECT 1) SELECT * FROM public.users', ['read'], ['users'], []],
    ['SELECT * FROM contacts', ['read'], ['contacts', 'users'], []],
    ['WITH d AS (DELETE FROM users RETURNING 1) SELECT * FROM d', ['delete', 'read'], [], ['users']],
    ['SELECT 1 INTO copy FROM users', ['ddl', 'read'], ['users'], ['copy']],
    ['SELECT 1 UNION SELECT id FROM users ORDER BY 1', ['read'], ['users'], []],
    ['CREATE TABLE copy AS SELECT * FROM users', ['ddl', 'read'], ['users'], ['copy']],
    ['SELECT * FROM users FOR UPDATE', ['lock', 'read'], ['users'], []],
    ['SELECT * FROM (SELECT * FROM users FOR SHARE) x', ['lock', 'read'], ['users'], []],
    ['EXPLAIN DELETE FROM users', ['explain', 'read'], ['users'], []],
    ['EXPLAIN ANALYZE DELETE FROM users', ['delete', 'explain', 'read'], [], ['users']],
    ['EXPLAIN (ANALYZE off) DELETE FROM users', ['delete', 'explain', 'read'], [], ['users']],
    ['EXPLAIN ANALYZE CREATE TABLE c AS SELECT * FROM users', ['ddl', 'explain', 'read'], ['users'], ['c']],
    ['COPY users TO STDOUT', ['copy_out', 'read'], ['users'], []],
    ['COPY (DELETE FROM users RETURNING id) TO STDOUT', ['copy_out', 'delete', 'read'], ['users'], ['users']],
    ['COPY users FROM STDIN', ['copy_in'], [], ['users']],
    ["COPY users TO '/tmp/x'", ['copy_file', 'read'], ['users'], []],
    ["COPY users FROM PROGRAM 'id'", ['copy_program'], [], ['users']],
    ['INSERT INTO lines SELECT id FROM users', ['insert', 'read'], ['users'], ['lines']],
    ['INSERT INTO users VALUES (1) RETURNING email', ['insert'], ['users'], ['users']],
    ['MERGE INTO lines l USING users u ON true WHEN MATCHED THEN DELETE', ['delete', 'merge'], ['users'], ['lines']],
    ['TRUNCATE users, lines', ['truncate'], [], ['users', 'lines']],
    ['LOCK TABLE users', ['lock'], ['users'], []],
    ['LOCK TABLE users IN ACCESS SHARE MODE', ['read'], ['users'], []],
    ['DECLARE c CURSOR FOR SELECT * FROM users', ['cursor', 'read'], ['users'], []],
    ['CREATE VIEW v AS SELECT * FROM users', ['ddl', 'read'], ['users'], ['v']],
    ['VACUUM users', ['maintenance'], [], ['users']],
    ['GRANT SELECT ON users TO PUBLIC', ['dcl'], [], ['users']],
    ["ALTER SYSTEM SET work_mem = '1GB'", ['dcl'], [], []],
    ['DO $$ BEGIN END $$', ['procedural'], [], []],
    ['CALL purge()', ['procedural'], [], []],
    ['LISTEN x', ['listen'], [], []],
    ["NOTIFY x, 'y'", ['notify'], [], []],
    ["SELECT pg_notify('x', 'y')", ['notify', 'read'], [], []],
    ['SELECT lo_create(1)', ['large_object', 'read'], [], []],
    ["SELECT set_config('work_mem', '1', false)", ['read', 'session'], [], []],
    ['BEGIN', ['transaction'], [], []],
    ['PREPARE p AS DELETE FROM users', ['prepare'], [], []],
    ['DELETE FROM users WHERE id IN (SELECT order_id FROM lines)', ['delete', 'read'], ['users', 'lines'], ['users']],
  ])('%s', (sql, kinds, reads, writes) => {
    expect(brief(effects(sql))).toEqual({ kinds, reads, writes });
    expect(effects(sql).understood).toBe(true);
  });

  it('resolves names through the search path to OIDs, and leaves unknown ones open', () => {
    expect(effects('SELECT * FROM users, pg_class, elsewhere.users, nowhere').reads).toEqual([
      { schema: 'public', name: 'users', oid: users.oid },
      { schema: 'pg_catalog', name: 'pg_class', oid: expect.any(Number) },
      { schema: 'elsewhere', name: 'users', oid: null },
      { schema: null, name: 'nowhere', oid: null },
    ]);
  });
});

describe('functions', () => {
  const harmless = (sql: string, known: typeof catalog | null = catalog): Record<string, boolean | 'readsOnly'> =>
    Object.fromEntries(
      effects(sql, known).functions.map((one) => [one.name, one.readsOnly === true ? 'readsOnly' : one.harmless]),
    );

  it('are harmless when built in, listed and not overloaded', () => {
    expect(harmless('SELECT upper(x), count(*), now(), nextval($1), pg_sleep(1) FROM users')).toEqual({
      upper: true,
      count: true,
      now: true,
      nextval: false,
      pg_sleep: false,
    });
  });

  it('are not harmless under a name that a user overloads, unless pg_catalog is written in front', () => {
    expect(harmless('SELECT lower($1)')).toEqual({ lower: false });
    expect(harmless('SELECT pg_catalog.lower($1)')).toEqual({ lower: true });
  });

  it('of an extension may overload a harmless name', () => {
    expect(harmless('SELECT max(id) FROM users')).toEqual({ max: true });
  });

  it('of a user only read when their SQL bodies only read, whatever their label promises', () => {
    expect(harmless('SELECT label(), liar(), endless(), definer(), purge()')).toEqual({
      label: 'readsOnly',
      liar: false,
      endless: false,
      definer: false,
      purge: false,
    });
    expect(named(effects('SELECT label()').reads)).toEqual(['users']);
  });

  it('are called by field notation on a row that has no such column', () => {
    expect(harmless('SELECT u.purge FROM users u')).toEqual({ purge: false });
    expect(harmless('SELECT (u).purge FROM users u')).toEqual({ purge: false });
    expect(harmless('SELECT u.email FROM users u')).toEqual({});
  });

  it('are called by views that are read', () => {
    expect(harmless('SELECT * FROM risky_view')).toEqual({ purge: false });
  });

  it('hide behind operators that users made', () => {
    expect(harmless('SELECT 1 === 2, 1 = 2, 1 OPERATOR(public.=) 2')).toEqual({
      'operator ===': false,
      'operator =': false,
    });
  });

  it('are trusted only with pg_catalog in front while the catalog is not known', () => {
    expect(harmless('SELECT now(), pg_catalog.now()', null)).toEqual({ now: true });
    expect(effects('SELECT now(), pg_catalog.now()', null).functions).toEqual([
      { schema: null, name: 'now', harmless: false },
      { schema: 'pg_catalog', name: 'now', harmless: true, certain: true },
    ]);
  });
});

describe('predicates', () => {
  it.each([
    ['DELETE FROM users', 'none'],
    ['DELETE FROM users WHERE true', 'tautology'],
    ['DELETE FROM users WHERE 1 = 1 AND (false OR true)', 'tautology'],
    ['DELETE FROM users WHERE id = id', 'tautology'],
    ['DELETE FROM users WHERE id IS NOT NULL', 'tautology'],
    ['DELETE FROM users WHERE id = 1', 'key'],
    ['DELETE FROM users u WHERE 1 = u.id', 'key'],
    ['DELETE FROM users u WHERE users.id = 1', 'unproven'],
    ["DELETE FROM users WHERE email = $1::text AND nickname <> 'x'", 'key'],
    ['DELETE FROM users WHERE id IN (1, 2, $1)', 'key'],
    [`DELETE FROM users WHERE id IN (${Array.from({ length: 21 }, (_, n) => n).join()})`, 'index'],
    ['DELETE FROM users WHERE id = ANY($1)', 'index'],
    ['DELETE FROM users WHERE id = ANY(ARRAY[1, 2, $1])', 'key'],
    ["DELETE FROM users WHERE id = ANY('{1,2}'::int[])", 'key'],
    [`DELETE FROM users WHERE id = ANY('{${Array.from({ length: 21 }, (_, n) => n).join()}}')`, 'index'],
    ['DELETE FROM users WHERE id = ANY(ARRAY[1, position])', 'unproven'],
    ['DELETE FROM users WHERE id = ANY(ARRAY(SELECT 1))', 'unproven'],
    ["DELETE FROM users WHERE id = ALL('{1,2}')", 'unproven'],
    ['DELETE FROM users WHERE id <> ANY(ARRAY[1, 2])', 'unproven'],
    ['DELETE FROM users WHERE id BETWEEN 1 AND $1', 'range'],
    ['DELETE FROM users WHERE id NOT BETWEEN 1 AND 2', 'unproven'],
    ['DELETE FROM users WHERE 10 >= id', 'range'],
    ['DELETE FROM users WHERE id > now()', 'unproven'],
    ["DELETE FROM users WHERE nickname > 'a'", 'unproven'],
    ["UPDATE lines SET note = '' WHERE order_id = 1 AND position > 3", 'index'],
    ['DELETE FROM users WHERE id = 1 OR id = 2', 'unproven'],
    ['DELETE FROM users WHERE NOT id = 1', 'unproven'],
    ['DELETE FROM users WHERE id > 1', 'range'],
    ['DELETE FROM users WHERE id = (SELECT 1)', 'unproven'],
    ['DELETE FROM users WHERE id::text = $1', 'unproven'],
    ['DELETE FROM users WHERE id = now()', 'unproven'],
    ['DELETE FROM users USING lines WHERE id = 1', 'unproven'],
    ['WITH x AS (SELECT 1) DELETE FROM users WHERE id = 1', 'unproven'],
    ['UPDATE users SET nickname = $1 FROM lines WHERE id = 1', 'unproven'],
    ['UPDATE lines SET note = $1 WHERE order_id = 1', 'index'],
    ['UPDATE lines SET note = $1 WHERE order_id = 1 AND position = 2', 'key'],
    ['UPDATE nowhere SET x = 1 WHERE id = 1', 'unproven'],
    ['DELETE FROM people WHERE id = 1', 'unproven'],
    ['DELETE FROM ONLY people WHERE id = 1', 'key'],
    ['DELETE FROM contacts WHERE mail = $1', 'unproven'],
    ['DELETE FROM users WHERE CURRENT OF c', 'unproven'],
    ['SELECT 1', null],
    ['WITH a AS (DELETE FROM users WHERE id = 1), b AS (DELETE FROM lines) SELECT 1', 'none'],
    ['INSERT INTO users VALUES (1) ON CONFLICT (id) DO UPDATE SET nickname = excluded.nickname', 'key'],
    ['INSERT INTO users VALUES (unnest($1)) ON CONFLICT (id) DO UPDATE SET nickname = $2', 'unproven'],
    ['INSERT INTO users SELECT unnest($1) ON CONFLICT (id) DO UPDATE SET nickname = $2', 'unproven'],
  ])('%s: %s', (sql, quality) => {
    expect(effects(sql).predicate).toBe(quality);
  });

  it('are never by key while the catalog is not known', () => {
    expect(effects('DELETE FROM users WHERE id = 1', null).predicate).toBe('unproven');
  });

  it.each([
    ['INSERT INTO users VALUES (1), (2)', 2],
    ['INSERT INTO users DEFAULT VALUES', 1],
    ['INSERT INTO users SELECT 1', null],
    ['INSERT INTO users VALUES (generate_series(1, 9))', null],
    ["INSERT INTO users VALUES (1 + pg_catalog.unnest('{1,2}'::int[]))", null],
    ['INSERT INTO users VALUES (rows_of(1))', null],
    ['INSERT INTO users VALUES (upper($1), now()), (lower($2), now())', 2],
    ['INSERT INTO users VALUES (upper($1))', 1],
    ['SELECT 1', 0],
    ['WITH a AS (INSERT INTO users VALUES (1)) INSERT INTO lines VALUES (1), (2)', 3],
  ])('%s inserts %s rows', (sql, rows) => {
    expect(effects(sql).insertedRows).toBe(rows);
  });
});

describe('settings', () => {
  it.each([
    ['SET Work_Mem = 64', [{ name: 'work_mem', source: 'constant', value: '64' }]],
    ['SET ROLE x', [{ name: 'role', source: 'constant', value: 'x' }]],
    ['RESET ALL', [{ name: '*', source: 'default', value: null }]],
    ['DISCARD ALL', [{ name: '*', source: 'default', value: null }]],
    ['DISCARD PLANS', []],
    ['SET TRANSACTION READ ONLY', [{ name: 'transaction_read_only', source: 'constant', value: '1' }]],
    [
      'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
      [{ name: 'default_transaction_read_only', source: 'constant', value: '1' }],
    ],
    ["SELECT set_config('Role', $1, true)", [{ name: 'role', source: 'parameter', value: null }]],
    ['SELECT set_config($1, $2, true)', [{ name: '*', source: 'expression', value: null }]],
    [
      "SELECT set_config('application_name', email, true) FROM users",
      [{ name: 'application_name', source: 'expression', value: null }],
    ],
  ])('%s', (sql, changes) => {
    expect(effects(sql).settingChanges).toEqual(changes);
    expect(effects(sql).settings).toEqual(changes.map((change) => change.name));
  });
});

describe('names', () => {
  it('of prepared statements carry the statement inside', () => {
    const [statement] = statementsOf(parser.understand('PREPARE d(int) AS DELETE FROM users WHERE id = $1', catalog));
    expect(statement?.names).toEqual([
      {
        op: 'prepare',
        name: 'd',
        statement: expect.objectContaining({
          effects: expect.objectContaining({ kinds: ['delete'], predicate: 'key' }),
        }),
      },
    ]);
  });

  it.each([
    ['EXECUTE d(1)', [{ op: 'execute', name: 'd' }]],
    ['EXPLAIN EXECUTE d', [{ op: 'execute', name: 'd' }]],
    ['CREATE TABLE t AS EXECUTE d', [{ op: 'execute', name: 'd' }]],
    ['DEALLOCATE d', [{ op: 'deallocate', name: 'd' }]],
    ['DEALLOCATE ALL', [{ op: 'deallocate', name: null }]],
    ['DECLARE c CURSOR FOR SELECT 1', [{ op: 'declare_cursor', name: 'c' }]],
    ['MOVE 2 IN c', [{ op: 'fetch', name: 'c' }]],
    ['CLOSE ALL', [{ op: 'close_cursor', name: null }]],
    ['DISCARD ALL', [{ op: 'discard_all' }]],
  ])('%s', (sql, names) => {
    expect(statementsOf(parser.understand(sql, catalog))[0]?.names).toEqual(names);
  });
});

describe('what a write brings with it', () => {
  const plpgsql = (name: string, body: string, rest = {}) =>
    userFunction(name, {
      body: `CREATE FUNCTION public.${name}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN ${body} END $f$`,
      ...rest,
    });
  const on = (name: string, ...events: ('insert' | 'update' | 'delete')[]) => ({
    function: { schema: 'public', name },
    events,
    instead: false,
  });
  const keyed = { uniqueKeys: [['id']] };
  const orders = table('orders', ['id', 'note'], keyed);
  const items = table('items', ['id', 'order_id'], keyed);
  const stamped = table('stamped', ['id', 'at'], { ...keyed, triggers: [on('stamp', 'update')] });
  const audited = table('audited', ['id'], { ...keyed, triggers: [on('audit', 'update'), on('dynamic', 'delete')] });
  const events = table('events', ['id', 'at'], { ...keyed, kind: 'p' });
  const ruled = table('ruled', ['id'], { ...keyed, rules: ['delete'] });
  const shop = catalogOf(
    [
      ...[orders, items, stamped, audited, events, ruled, table('log', ['what'])],
      table('events_1', ['id', 'at'], { parents: [events.oid] }),
      table('shown', ['id'], {
        kind: 'v',
        definition: 'SELECT orders.id FROM orders;',
        dependsOn: [{ oid: orders.oid, attributeNumber: 1 }],
      }),
      table('defaulted', ['id'], { calls: [{ schema: 'public', name: 'dynamic' }] }),
    ],
    [
      plpgsql('stamp', 'NEW.at := now(); RETURN NEW;'),
      plpgsql('audit', "INSERT INTO log (what) VALUES ('x'); RETURN NEW;"),
      plpgsql('dynamic', "EXECUTE 'DROP TABLE log'; RETURN NEW;"),
    ],
    {
      foreignKeys: [
        {
          ...{ referencing: items.oid, referencingColumns: ['order_id'], onDelete: 'c', onUpdate: 'n' },
          ...{ referenced: orders.oid, referencedColumns: ['id'] },
        },
      ],
      temporary: [table('log', ['hidden'], { schema: 'pg_temp_3' })],
      searchPath: ['pg_temp_3', 'pg_catalog', 'public'],
    },
  );
  const of = (sql: string) => {
    const { writes, predicate, functions } = effects(sql, shop);
    const unsafe = functions.filter((one) => !one.harmless && one.readsOnly !== true && one.appendsOnly !== true);
    return { writes: named(writes), predicate, unsafe: named(unsafe) };
  };

  it.each([
    ['DELETE FROM orders WHERE id = 1', { writes: ['orders', 'items'], predicate: 'unproven', unsafe: [] }],
    ['UPDATE orders SET id = 2 WHERE id = 1', { writes: ['orders', 'items'], predicate: 'unproven', unsafe: [] }],
    ["UPDATE orders SET note = '' WHERE id = 1", { writes: ['orders'], predicate: 'key', unsafe: [] }],
    ['TRUNCATE orders CASCADE', { writes: ['orders', 'items'], predicate: 'unproven', unsafe: [] }],
    ['TRUNCATE orders', { writes: ['orders'], predicate: null, unsafe: [] }],
    ['UPDATE stamped SET id = 1 WHERE id = 2', { writes: ['stamped'], predicate: 'key', unsafe: [] }],
    ['UPDATE audited SET id = 1 WHERE id = 2', { writes: ['audited', 'log'], predicate: 'key', unsafe: [] }],
    ['DELETE FROM audited WHERE id = 2', { writes: ['audited'], predicate: 'key', unsafe: ['dynamic'] }],
    ['UPDATE events SET at = 1 WHERE id = 2', { writes: ['events', 'events_1'], predicate: 'key', unsafe: [] }],
    ['DELETE FROM ruled WHERE id = 2', { writes: ['ruled'], predicate: 'unproven', unsafe: ['rule on ruled'] }],
    ['INSERT INTO shown VALUES (1)', { writes: ['shown', 'orders'], predicate: null, unsafe: [] }],
    ['INSERT INTO defaulted VALUES (1)', { writes: ['defaulted'], predicate: null, unsafe: ['dynamic'] }],
  ])('%s', (sql, expected) => {
    expect(of(sql)).toEqual(expected);
  });

  it('finds a temporary table before the one that it hides', () => {
    expect(effects('DELETE FROM log', shop).writes[0]).toMatchObject({ schema: 'pg_temp_3', name: 'log' });
    expect(effects('DELETE FROM pg_temp.log', shop).writes[0]).toMatchObject({ oid: shop.temporary?.[0]?.oid });
  });

  it.each([
    ['DO $$ BEGIN DELETE FROM orders; END $$', { understood: true, writes: ['orders', 'items'] }],
    ["DO $$ BEGIN EXECUTE 'DELETE FROM orders'; END $$", { understood: false, writes: [] }],
    ['DO LANGUAGE plperl $$ 1 $$', { understood: false, writes: [] }],
  ])('reads the code of %s', (sql, expected) => {
    const { kinds, understood, writes } = effects(sql, shop);
    expect(kinds).toContain('procedural');
    expect({ understood, writes: named(writes) }).toEqual(expected);
  });
});
