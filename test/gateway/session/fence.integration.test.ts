import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectionConfig, type MaskRule } from '../../../src/contract/index.ts';
import { noFence } from '../../../src/gateway/upstream/role-grants.ts';
import { SessionRoles } from '../../../src/gateway/upstream/session-roles.ts';
import { openSideConnection } from '../../../src/gateway/upstream/side-query.ts';
import { upstreamTarget } from '../../../src/gateway/upstream/target.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions, until } from '../../support/gate.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { serverMajor } from '../../support/since.ts';

/** Of its own: roles belong to the whole server, and these tests count them. */
let server: TestPostgres;
let database: TestDatabase;
const gates: TestGate[] = [];
beforeAll(async () => {
  server = await startPostgres();
  database = await createDatabase(
    `
    CREATE TABLE person (id int PRIMARY KEY, name text, email text, ssn text, short text GENERATED ALWAYS AS (left(ssn, 3)) STORED);
    INSERT INTO person (id, name, email, ssn) VALUES (1, 'Ada', 'ada@example.com', '987-65-0001');
    CREATE TABLE staff (grade int) INHERITS (person);
    CREATE TABLE pay (id int, iban text, paid date) PARTITION BY RANGE (paid);
    CREATE TABLE pay_2025 (iban text, paid date, id int);
    ALTER TABLE pay ATTACH PARTITION pay_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE VIEW directory AS SELECT id, name, 'mail:' || email AS address, ssn AS number FROM person;
    CREATE TABLE place (id int, town text);
    CREATE SCHEMA other; CREATE TABLE other.thing (id int);
  `,
    server,
  );
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.stop();
  await until(async () => ((await sessionRoles()).length === 0 ? true : undefined));
});
afterAll(async () => {
  await database?.drop();
  await server?.stop();
});

const sessionRoles = async (): Promise<string[]> =>
  (await database.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%' ORDER BY 1")).rows.map(
    ({ rolname }) => rolname,
  );

const rule = (table: string, column: string, kind: 'withhold' | 'email' | 'full'): MaskRule => ({
  ...{ id: `${table}-${column}`.replaceAll('*', 'any'), schema: 'public', table, column },
  masker: { kind },
});
const rules = [rule('person', 'ssn', 'withhold'), rule('person', 'email', 'email'), rule('pay', 'iban', 'full')];

const open = async (fence: 'withheld' | 'masked', options: Partial<TestGateOptions> = {}): Promise<TestGate> => {
  const gate = await startGate({
    database: database.name,
    policy: 'observe',
    upstream: { host: server.host, port: server.port },
    password: server.password,
    maskRules: rules,
    sessionRole: { kind: 'just_in_time', schemas: ['*'], memberOf: [], fence },
    ...options,
  });
  gates.push(gate);
  return gate;
};

/** Columns of a relation that the only session's role may read, or change. */
const columns = async (relation: string, privilege: 'SELECT' | 'INSERT' | 'UPDATE' = 'SELECT'): Promise<string[]> => {
  const [role] = await sessionRoles();
  const { rows } = await database.query(
    `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
      AND has_column_privilege($2, attrelid, attnum, $3) ORDER BY attnum`,
    [relation, role, privilege],
  );
  return rows.map(({ attname }) => attname);
};

describe('the role of a session', () => {
  test('is granted no withheld column, nor what shows it; masked ones it is', async () => {
    await (await open('withheld')).connect();
    expect(await columns('person')).toEqual(['id', 'name', 'email']);
    expect(await columns('person', 'INSERT')).toEqual(['id', 'name', 'email']);
    expect(await columns('person', 'UPDATE')).toEqual(['id', 'name', 'email']);
    expect(await columns('staff')).toEqual(['id', 'name', 'email', 'grade']);
    expect(await columns('directory')).toEqual(['id', 'name', 'address']);
    expect(await columns('pay')).toEqual(['id', 'iban', 'paid']);
  });

  test('with the strict fence is granted no masked column, in partitions, children, generated columns and views either', async () => {
    const client = await (await open('masked')).connect();
    expect(await columns('person')).toEqual(['id', 'name']);
    expect(await columns('staff')).toEqual(['id', 'name', 'grade']);
    expect(await columns('directory')).toEqual(['id', 'name']);
    expect(await columns('pay')).toEqual(['id', 'paid']);
    expect(await columns('pay_2025')).toEqual(['paid', 'id']);
    expect((await client.query('SELECT id, name, xmin IS NOT NULL AS x FROM person')).rows).toEqual([
      { id: 1, name: 'Ada', x: true },
    ]);
    expect((await client.query('SELECT * FROM place')).rows).toEqual([]);
    await expect(client.query('SELECT * FROM person')).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('person.email, person.short, person.ssn are not there for this agent'),
      hint: 'Leave them out, and name the columns that you need instead of *: id, name.',
    });
    // What Postern does not see, the server does.
    await expect(client.query('DO $$ BEGIN PERFORM email FROM person; END $$')).rejects.toMatchObject({
      code: '42501',
    });
    await client.query("INSERT INTO person (id, name) VALUES (7, 'Eve'); DELETE FROM person WHERE id = 7");
  });

  test('loses at once what the operator begins to withhold, and a column that is added later is not granted by itself', async () => {
    const gate = await open('masked', { maskRules: [rule('person', 'ssn', 'withhold')] });
    const client = await gate.connect();
    expect(await columns('person')).toEqual(['id', 'name', 'email']);
    const settings = gate.gateway.settings();
    const [config] = settings.connections;
    if (config === undefined) throw new Error('no connection');
    gate.gateway.configure({ ...settings, connections: [{ ...config, maskRules: rules }] }, 'the test');
    await until(async () => ((await columns('person')).join() === 'id,name' ? true : undefined));

    await database.query('ALTER TABLE place ADD COLUMN mayor text; CREATE TABLE later (id int)');
    expect(await columns('place')).toEqual(['id', 'town']);
    await expect(client.query('SELECT mayor FROM place')).rejects.toMatchObject({ code: '42501' });
    expect(await columns('later')).toEqual([]);
    await client.end();
    await until(async () => ((await sessionRoles()).length === 0 ? true : undefined));
    await gate.connect();
    expect([await columns('place'), await columns('later')]).toEqual([['id', 'town', 'mayor'], ['id']]);
    await database.query('ALTER TABLE place DROP COLUMN mayor; DROP TABLE later');
  });

  test('is no member of a role that may read what is withheld', async () => {
    await database.query('CREATE ROLE reader; GRANT SELECT ON person TO reader');
    const gate = await open('withheld', {
      sessionRole: { kind: 'just_in_time', schemas: ['*'], memberOf: ['reader'], fence: 'withheld' },
    });
    await gate.connect();
    expect(await columns('person')).not.toContain('ssn');
    expect(gate.logged.join('\n')).toContain(
      'warn: a session is no member of reader: it may use public.person.ssn, which is withheld',
    );
    await database.query('DROP OWNED BY reader; DROP ROLE reader');
  });

  test('begins with what the account has for itself: timeouts, and the schemas that it searches', async () => {
    await database.query(`
      CREATE ROLE app LOGIN CREATEROLE PASSWORD 'p'; CREATE SCHEMA app AUTHORIZATION app; CREATE TABLE app.own (id int);
      ALTER TABLE app.own OWNER TO app;
      ALTER ROLE app SET statement_timeout = '33s'; ALTER ROLE app SET app.secret = 'hidden';
      REVOKE CONNECT ON DATABASE ${database.name} FROM PUBLIC; GRANT CONNECT ON DATABASE ${database.name} TO app WITH GRANT OPTION`);
    const gate = await open('withheld', {
      ...{ upstream: { host: server.host, port: server.port, user: 'app' }, password: 'p', maskRules: [] },
    });
    const client = await gate.connect();
    expect((await client.query('SELECT FROM own')).rowCount).toBe(0);
    expect(
      (
        await client.query(
          "SELECT current_setting('statement_timeout') AS t, current_setting('app.secret', true) AS s, current_schemas(false)::text AS p",
        )
      ).rows,
    ).toEqual([{ t: '33s', s: null, p: '{app,public}' }]);
    await client.end();
    await until(async () => ((await sessionRoles()).length === 0 ? true : undefined));
    await database.query(`GRANT CONNECT ON DATABASE ${database.name} TO PUBLIC`);
  });

  test('is named in the database’s own views, with the application that it came with', async () => {
    await (await open('withheld')).connect({ application_name: 'psql of Ada' });
    const [role] = await sessionRoles();
    const { rows } = await database.query('SELECT application_name FROM pg_stat_activity WHERE usename = $1', [role]);
    expect(rows).toEqual([{ application_name: 'psql of Ada' }]);
  });
});

test('two agents with different scopes hold different grants', async () => {
  const { host, port, user } = server;
  const config = connectionConfig.parse({
    name: 'shop',
    upstream: { host, port, user, database: database.name, sslmode: 'disable', credential: { from: 'none' } },
  });
  const account = upstreamTarget(config, { password: server.password, keyPassphrase: null });
  const roles = new SessionRoles({
    installationKey: randomBytes(32),
    place: 'here',
    open: (target) => openSideConnection(target),
    granted: async () => undefined,
    log: () => undefined,
  });
  const common = {
    account,
    connection: 'shop',
    excepted: () => [],
    fence: async () => noFence,
    memberOf: [],
    settings: {},
  };
  const wide = await roles.create({
    ...common,
    ...{ agent: 'wide', readOnly: false, schemas: ['*'], inScope: () => true },
  });
  const narrow = await roles.create({
    ...common,
    ...{ agent: 'narrow', readOnly: true, schemas: ['other'], inScope: (schema: string) => schema === 'other' },
  });
  const { rows } = await database.query(
    `SELECT r.rolname AS role, count(DISTINCT g.rolname)::int AS groups, array_agg(DISTINCT g.rolname) AS names,
      has_table_privilege(r.oid, 'person', 'SELECT') AS reads, has_table_privilege(r.oid, 'place', 'INSERT') AS writes,
      has_table_privilege(r.oid, 'other.thing', 'SELECT') AS other, has_table_privilege(r.oid, 'other.thing', 'INSERT') AS changes
     FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
     WHERE r.rolname IN ($1, $2) GROUP BY r.oid, r.rolname ORDER BY 1`,
    [narrow.name, wide.name],
  );
  expect(rows).toMatchObject([
    { role: narrow.name, groups: 1, reads: false, writes: false, other: true, changes: false },
    { role: wide.name, groups: 1, reads: true, writes: true, other: true, changes: true },
  ]);
  expect(rows[0].names).not.toEqual(rows[1].names);
  await Promise.all([wide.release(), narrow.release()]);
});

describe('what everybody may do', () => {
  test('is told to the operator: in the log, as a problem, and in the connection test', async () => {
    await database.query(`
      GRANT SELECT (id, ssn) ON person TO PUBLIC;
      GRANT SELECT ON place TO PUBLIC;
      GRANT CREATE ON SCHEMA other TO PUBLIC;
      CREATE FUNCTION tell(int) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT ssn FROM person WHERE id = $1';
    `);
    const gate = await open('withheld');
    await gate.connect();
    const messages = [
      'Everybody has SELECT on public.person. That includes ssn, which is to be withheld.',
      'Everybody has SELECT on public.place.',
      'Everybody may call tell(integer), which acts with the rights of the superuser postgres (SECURITY DEFINER).',
      'Everybody may create objects in the schema other (the default before PostgreSQL 15).',
      `Everybody may create temporary tables in ${database.name} (the server's default).`,
    ];
    for (const message of messages) expect(gate.logged.join('\n')).toContain(message);
    expect(gate.gateway.problems()).toContainEqual({
      code: 'fence_open.shop',
      message: `shop: ${messages[0]} 1 more of this kind are in the log and in the connection test.`,
      hint: 'REVOKE ALL ON public.person FROM PUBLIC, and grant it to the roles that need it.',
    });
    const [config] = gate.gateway.settings().connections;
    if (config === undefined) throw new Error('no connection');
    const tested = await gate.gateway.testConnection(config, server.password);
    expect(tested).toMatchObject({ ok: true });
    expect(tested.fence?.map(({ code, message }) => [code, message])).toEqual([
      ['public_withheld', messages[0]],
      ['public_relation', messages[1]],
      ['security_definer', messages[2]],
      ['public_create', messages[3]],
      ...(serverMajor() < 15 ? [['public_create', messages[3]?.replace('schema other', 'schema public')]] : []),
      ['public_temp', messages[4]],
    ]);
    await database.query(`
      REVOKE ALL (id, ssn) ON person FROM PUBLIC; REVOKE ALL ON place FROM PUBLIC; REVOKE CREATE ON SCHEMA other FROM PUBLIC;
      DROP FUNCTION tell(int);
    `);
    const mended = await gate.gateway.testConnection(config, server.password);
    expect(mended.fence?.map(({ code }) => code)).toEqual(
      serverMajor() < 15 ? ['public_create', 'public_temp'] : ['public_temp'],
    );
  });
});

test('a prepared transaction does not outlive the role that made it', async () => {
  const own = await startPostgres(['-c', 'max_prepared_transactions=2']);
  const there = await createDatabase('CREATE SCHEMA s; GRANT CREATE, USAGE ON SCHEMA s TO PUBLIC', own);
  try {
    const gate = await startGate({
      database: there.name,
      policy: 'observe',
      upstream: { host: own.host, port: own.port },
      password: own.password,
      sessionRole: { kind: 'just_in_time', schemas: ['*'], memberOf: [], fence: 'withheld' },
    });
    const client = await gate.connect();
    await client.query("BEGIN; CREATE TABLE s.orphan (id int); PREPARE TRANSACTION 'later'");
    await gate.stop();
    const { rows } = await there.query(
      "SELECT (SELECT count(*)::int FROM pg_prepared_xacts) AS prepared, (SELECT count(*)::int FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%') AS roles",
    );
    expect(rows).toEqual([{ prepared: 0, roles: 0 }]);
  } finally {
    await there.drop();
    await own.stop();
  }
});

test('the role of a session that ended with a crash of the server is removed once the server is back', async () => {
  const own = await startPostgres();
  const there = await createDatabase('', own);
  const gate = await startGate({
    database: there.name,
    policy: 'observe',
    upstream: { host: own.host, port: own.port },
    password: own.password,
    sessionRole: { kind: 'just_in_time', schemas: ['*'], memberOf: [], fence: 'withheld' },
  });
  const count = "SELECT count(*)::int AS n FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%'";
  try {
    const client = await gate.connect();
    const [backend] = (await client.query('SELECT pg_backend_pid() AS pid')).rows;
    expect((await there.query(count)).rows).toEqual([{ n: 1 }]);
    process.kill(backend.pid, 'SIGKILL'); // the server then ends all its processes and recovers
    await until(() => gate.gateway.liveSessions().length === 0 || undefined);
    const left = async (): Promise<true | undefined> =>
      (await there.query(count).catch(() => null))?.rows[0]?.n === 0 ? true : undefined;
    await until(left, 15_000);
    await (await gate.connect()).query('SELECT 1');
  } finally {
    await gate.stop();
    await there.drop();
    await own.stop();
  }
});

test('roles are swept after the server was away when they should have been removed', async () => {
  const own = await startPostgres();
  const there = await createDatabase('', own);
  const roles = async (): Promise<number> =>
    (await there.query("SELECT FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%'")).rowCount ?? 0;
  const gate = await startGate({
    database: there.name,
    policy: 'observe',
    upstream: { host: own.host, port: own.port },
    password: own.password,
    sessionRole: { kind: 'just_in_time', schemas: ['*'], memberOf: [], fence: 'withheld' },
  });
  try {
    expect(await roles()).toBe(0);
    const client = await gate.connect();
    expect(await roles()).toBe(1);
    const admin = new pg.Client({ ...own, database: 'postgres' });
    admin.on('error', () => undefined);
    await admin.connect();
    // Nobody may log in while the session ends: the removal is tried again until the account may.
    await admin.query(`ALTER DATABASE ${there.name} ALLOW_CONNECTIONS false`);
    await client.end();
    await until(() => gate.gateway.liveSessions().length === 0 || undefined);
    expect((await admin.query("SELECT FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%'")).rowCount).toBe(1);
    await admin.query(`ALTER DATABASE ${there.name} ALLOW_CONNECTIONS true`);
    await admin.end();
    await until(async () => ((await roles()) === 0 ? true : undefined), 10_000);
  } finally {
    await gate.stop();
    await there.drop();
    await own.stop();
  }
});
