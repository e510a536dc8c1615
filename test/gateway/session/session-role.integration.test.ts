import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectionConfig } from '../../../src/contract/index.ts';
import { noFence } from '../../../src/gateway/upstream/role-grants.ts';
import { SessionRoles } from '../../../src/gateway/upstream/session-roles.ts';
import { openSideConnection } from '../../../src/gateway/upstream/side-query.ts';
import { upstreamTarget } from '../../../src/gateway/upstream/target.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, type TestGateOptions, until } from '../../support/gate.ts';
import { serverMajor } from '../../support/since.ts';

const justInTime = {
  kind: 'just_in_time' as const,
  schemas: ['*'],
  memberOf: [] as string[],
  fence: 'withheld' as const,
};
const owner = `owner_${randomBytes(4).toString('hex')}`;
const poor = `poor_${randomBytes(4).toString('hex')}`;
const maker = `maker_${randomBytes(4).toString('hex')}`;

let database: TestDatabase;
const gates: TestGate[] = [];
beforeAll(async () => {
  database = await createDatabase(`
    CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'p';
    CREATE ROLE ${poor} LOGIN PASSWORD 'p';
    CREATE ROLE ${maker};
    CREATE SCHEMA workshop AUTHORIZATION ${maker};
    CREATE TABLE item (id serial PRIMARY KEY, name text);
    INSERT INTO item (name) VALUES ('one');
    CREATE SCHEMA private;
    CREATE TABLE private.salary (id int);
    CREATE SCHEMA owned AUTHORIZATION ${owner};
    SET ROLE ${owner};
    CREATE TABLE owned.thing (id int);
    RESET ROLE;
  `);
});
afterEach(async () => {
  for (const gate of gates.splice(0)) await gate.stop();
  expect(await ours()).toEqual([]);
});
afterAll(async () => {
  const groups = await database.query("SELECT rolname FROM pg_roles WHERE rolname ~ '^postern_[gk]_'");
  for (const { rolname } of groups.rows) await database.query(`DROP OWNED BY ${rolname}; DROP ROLE ${rolname}`);
  await database.query(`DROP OWNED BY ${owner}, ${poor}, ${maker}; DROP ROLE ${owner}, ${poor}, ${maker}`);
  await database.drop();
});

/** Roles of sessions in this database's cluster that are not somebody else's. */
const ours = async (): Promise<string[]> =>
  (await database.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%' ORDER BY 1")).rows.map(
    ({ rolname }) => rolname,
  );
const open = async (options: Partial<TestGateOptions> = {}): Promise<TestGate> => {
  const gate = await startGate({ database: database.name, policy: 'observe', sessionRole: justInTime, ...options });
  gates.push(gate);
  return gate;
};
/** What the server would let the role of a session do. */
const may = async (client: pg.Client, table: string) => {
  const { rows } = await client.query('SELECT session_user AS name');
  const privilege = (name: string): string => `has_table_privilege($1, $2, '${name}') AS ${name}`;
  const asked = await database.query(
    `SELECT ${['select', 'insert', 'update', 'delete'].map(privilege).join()},
      has_sequence_privilege($1, 'item_id_seq', 'USAGE') AS sequence`,
    [rows[0].name, table],
  );
  return asked.rows[0];
};
const asUser = (user: string): Partial<TestGateOptions> => ({ upstream: { user }, password: 'p' });

describe('a session with a role of its own', () => {
  test('logs in as it: the server names it, and it can become nobody else', async () => {
    const gate = await open();
    const client = await gate.connect();
    const { rows } = await client.query('SELECT session_user AS session, current_user AS current');
    expect(rows[0].session).toMatch(/^postern_s_claude_[0-9a-f]{16}$/);
    expect(rows[0].current).toBe(rows[0].session);
    const role = await database.query(
      `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit,
        rolvaliduntil < now() AS over, shobj_description(oid, 'pg_authid') AS comment,
        (SELECT array_agg(g.rolname ~ '^postern_g_') FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid) AS groups,
        (SELECT count(*)::int FROM pg_stat_activity WHERE usename = rolname) AS sessions
       FROM pg_roles r WHERE rolname = $1`,
      [rows[0].session],
    );
    expect(role.rows).toEqual([
      {
        rolsuper: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        rolbypassrls: false,
        rolconnlimit: 1,
        over: true,
        comment: expect.stringMatching(/^Role of one session of claude\. .* \[postern [\w-]{43}\]$/),
        groups: [true],
        sessions: 1,
      },
    ]);
    for (const text of ['SET ROLE postgres', 'SET SESSION AUTHORIZATION postgres', 'SET ROLE pg_read_all_settings']) {
      await expect(client.query(text)).rejects.toMatchObject({ code: '42501', message: /permission denied/ });
    }
    const { rows: groups } = await database.query(
      "SELECT rolname FROM pg_roles WHERE rolname LIKE 'postern\\_g\\_%' LIMIT 1",
    );
    const toGroup = client.query(`SET ROLE ${groups[0].rolname}`);
    // Before 16 a membership cannot be had without SET ROLE. The role has what the session has, and no more.
    if (serverMajor() >= 16) await expect(toGroup).rejects.toMatchObject({ code: '42501' });
    else await toGroup;
    await client.query('RESET ROLE');
    await client.query('DISCARD ALL');
    expect((await client.query('SELECT current_user AS u')).rows).toEqual([{ u: rows[0].session }]);
    expect((await gate.journal()).map(({ body }) => body)).toContainEqual(
      expect.objectContaining({ type: 'session_start', role: 'postgres', sessionRole: rows[0].session }),
    );
    await client.end();
    await until(async () => ((await ours()).length === 0 ? true : undefined));
  });

  test('may read and change rows, and nothing that only an owner or a superuser may', async () => {
    const client = await (await open()).connect();
    expect((await client.query("INSERT INTO item (name) VALUES ('two') RETURNING id")).rowCount).toBe(1);
    await client.query("UPDATE item SET name = 'zwei' WHERE name = 'two'");
    expect((await client.query("DELETE FROM item WHERE name = 'zwei'")).rowCount).toBe(1);
    expect((await client.query('SELECT FROM private.salary')).rowCount).toBe(0);
    const refused = [
      'DROP TABLE item',
      'TRUNCATE item',
      'ALTER TABLE item ADD c int',
      // Up to PostgreSQL 14 everybody may create in `public`, which the audit tells (fence.integration.test.ts).
      'CREATE TABLE private.other (id int)',
      'CREATE ROLE mine',
      "COPY item TO '/tmp/x'",
      "COPY item FROM PROGRAM 'true'",
      "SELECT pg_read_file('/etc/passwd')",
      'SELECT rolpassword FROM pg_authid',
      "ALTER SYSTEM SET work_mem = '1GB'",
      'CREATE EXTENSION dblink',
    ];
    for (const text of refused) await expect(client.query(text), text).rejects.toMatchObject({ code: '42501' });
  });

  test('of a scope that only reads cannot write, whatever it sets', async () => {
    const client = await (await open({ scope: { readOnly: true } })).connect();
    expect((await client.query('SHOW default_transaction_read_only')).rows).toEqual([
      { default_transaction_read_only: 'on' },
    ]);
    expect((await client.query('SELECT name FROM item')).rows).toEqual([{ name: 'one' }]);
    expect(await may(client, 'item')).toEqual({
      select: true,
      insert: false,
      update: false,
      delete: false,
      sequence: false,
    });
  });

  test('has only the schemas of its connection and its scope, and the timeouts that are set', async () => {
    const limits = { statementTimeoutSeconds: 7, lockTimeoutSeconds: 3 };
    const gate = await open({ sessionRole: { ...justInTime, schemas: ['pub*', 'owned'], ...limits } });
    const client = await gate.connect();
    await expect(client.query('SELECT FROM private.salary')).rejects.toMatchObject({ code: '42501' });
    expect(
      (await client.query("SELECT current_setting('statement_timeout') s, current_setting('lock_timeout') l")).rows,
    ).toEqual([{ s: '7s', l: '3s' }]);
    const scoped = await open({ scope: { readOnly: false, schemas: ['owned'] } });
    const narrow = await scoped.connect();
    expect([await may(narrow, 'owned.thing'), await may(narrow, 'item')]).toMatchObject([
      { insert: true },
      { select: false },
    ]);
  });

  test('sees tables that came since in the next session, and not before', async () => {
    const gate = await open();
    const before = await gate.connect();
    await database.query('CREATE TABLE later (id int)');
    await expect(before.query('SELECT FROM later')).rejects.toMatchObject({ code: '42501' });
    expect((await (await gate.connect()).query('SELECT FROM later')).rowCount).toBe(0);
    await database.query('DROP TABLE later');
  });

  test('works with an account that is no superuser: what it owns, and memberships', async () => {
    const gate = await open(asUser(owner));
    const client = await gate.connect();
    expect((await client.query('SELECT FROM owned.thing')).rowCount).toBe(0);
    await client.query('INSERT INTO owned.thing VALUES (1)');
    await expect(client.query('SELECT FROM item')).rejects.toMatchObject({ code: '42501' });
    expect(gate.logged.join()).toMatch(/rights to postern_g_[0-9a-f]{16}; \d+ cannot be granted by owner_/);
    await client.end();
    await until(async () => ((await ours()).length === 0 ? true : undefined));
  });

  test('leaves what it made to a role that may do nothing, so that nothing of it acts with the rights of the account', async () => {
    const client = await (await open({ sessionRole: { ...justInTime, memberOf: [maker] } })).connect();
    await client.query('CREATE TABLE workshop.made (id int)');
    await client.query('CREATE VIEW workshop.trap AS SELECT * FROM private.salary');
    await client.query(
      'CREATE FUNCTION workshop.trap() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT current_user::text $$',
    );
    await client.query('CREATE TEMP TABLE passing (id int)');
    await client.end();
    await until(async () => ((await ours()).length === 0 ? true : undefined));
    const { rows } = await database.query(
      `SELECT relname AS name, pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relnamespace = 'workshop'::regnamespace
       UNION ALL SELECT proname || '()', pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'workshop'::regnamespace ORDER BY 1`,
    );
    const keeper = expect.stringMatching(/^postern_k_[0-9a-f]{16}$/);
    expect(rows).toEqual([
      { name: 'made', owner: keeper },
      { name: 'trap', owner: keeper },
      { name: 'trap()', owner: keeper },
    ]);
    await expect(database.query('SELECT FROM workshop.trap')).rejects.toMatchObject({ code: '42501' });
    expect((await database.query('SELECT workshop.trap() AS who')).rows).toEqual([{ who: keeper }]);
    await database.query('DROP VIEW workshop.trap; DROP FUNCTION workshop.trap; DROP TABLE workshop.made');
  });

  test('may leave something to the role that holds its grants, which is kept when they are renewed', async () => {
    const first = await (await open()).connect();
    const { rows } = await database.query(
      `SELECT g.rolname AS name FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
       WHERE r.rolname = $1`,
      [(await first.query('SELECT session_user::text AS name')).rows[0].name],
    );
    // Up to PostgreSQL 15 the session could do this itself, by SET ROLE.
    await database.query(
      `CREATE TABLE workshop.of_group (id int); ALTER TABLE workshop.of_group OWNER TO ${rows[0].name}`,
    );
    await gates[0]?.connect();
    expect((await database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'of_group'")).rows).toEqual([
      { tableowner: expect.stringMatching(/^postern_k_/) },
    ]);
    await database.query('DROP TABLE workshop.of_group');
  });

  test('does the same for an account that is no superuser', async () => {
    await database.query(`GRANT CREATE ON SCHEMA owned TO ${maker}`);
    await database.query(`GRANT ${maker} TO ${owner} WITH ADMIN OPTION`);
    const gate = await open({ ...asUser(owner), sessionRole: { ...justInTime, memberOf: [maker] } });
    const client = await gate.connect();
    await client.query('CREATE TABLE owned.made (id int)');
    await client.end();
    await until(async () => ((await ours()).length === 0 ? true : undefined));
    expect((await database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'made'")).rows).toEqual([
      { tableowner: expect.stringMatching(/^postern_k_/) },
    ]);
    const again = await (await open({ ...asUser(owner), sessionRole: justInTime })).connect();
    expect((await again.query('SELECT FROM owned.made')).rowCount).toBe(0);
    await database.query(`DROP TABLE owned.made; REVOKE ${maker} FROM ${owner}`);
  });

  test.each([
    ['pg_read_all_settings', `is a member of pg_read_all_settings, which is a role of the server`],
    [owner, `is a member of ${owner}, which may make roles`],
  ])('is not made when a role that it would be a member of is itself one of %s', async (too, why) => {
    await database.query(`GRANT ${too} TO ${maker}`);
    const gate = await open({ sessionRole: { ...justInTime, memberOf: [maker] } });
    await expect(gate.connect()).rejects.toMatchObject({ code: '08001' });
    expect(gate.logged.join('\n')).toContain(`its roles would give it too much: ${maker} ${why}`);
    await database.query(`REVOKE ${too} FROM ${maker}`);
  });

  test('is no member of a role that would widen its scope', async () => {
    await database.query(`GRANT USAGE ON SCHEMA private TO ${maker}; GRANT INSERT ON private.salary TO ${maker}`);
    const gate = await open({ sessionRole: { ...justInTime, memberOf: [maker] }, scope: { readOnly: true } });
    const client = await gate.connect();
    await client.query('SET default_transaction_read_only = off');
    await expect(client.query('INSERT INTO private.salary VALUES (1)')).rejects.toMatchObject({ code: '42501' });
    expect(gate.logged).toContain(
      `warn: a session is no member of ${maker}: it may write private.salary, and this session only reads`,
    );
    await database.query(`REVOKE ALL ON private.salary FROM ${maker}; REVOKE USAGE ON SCHEMA private FROM ${maker}`);
  });

  test('whose statement still runs when it is cut is ended, and its role removed', async () => {
    const client = await (await open()).connect();
    const running = client
      .query("BEGIN; INSERT INTO item (name) VALUES ('never'); SELECT pg_sleep(60)")
      .catch(() => undefined);
    await until(async () =>
      (
        await database.query(
          "SELECT FROM pg_stat_activity WHERE usename LIKE 'postern\\_s\\_%' AND wait_event = 'PgSleep'",
        )
      ).rowCount === 1
        ? true
        : undefined,
    );
    await gates.pop()?.stop();
    await running;
    expect(await ours()).toEqual([]);
    expect((await database.query("SELECT FROM item WHERE name = 'never'")).rowCount).toBe(0);
  });

  test('many at once each have their own', async () => {
    const gate = await open();
    const clients = await Promise.all(Array.from({ length: 20 }, () => gate.connect()));
    const names = await Promise.all(
      clients.map(async (client) => (await client.query('SELECT session_user AS u')).rows[0].u),
    );
    expect(new Set(names).size).toBe(20);
    await Promise.all(clients.map((client) => client.end()));
    await until(async () => ((await ours()).length === 0 ? true : undefined));
  });
});

test('an account that may not make roles opens no session; the agent hears nothing of the account', async () => {
  const gate = await open(asUser(poor));
  const error = await gate.connect().then(
    () => expect.fail('let in'),
    (reason: pg.DatabaseError) => reason,
  );
  expect(error).toMatchObject({
    code: '08001',
    message: 'Postern could not log in to the database of connection "shop"',
  });
  expect(JSON.stringify(error)).not.toContain(poor);
  expect(gate.logged.join('\n')).toMatch(
    new RegExp(`no role could be made for this session by ${poor}: permission denied to create role`),
  );
});

describe('after a crash', () => {
  const key = randomBytes(32);
  const logged: string[] = [];
  const rolesOf = (installationKey: Buffer, place = 'here'): SessionRoles =>
    new SessionRoles({
      installationKey,
      place,
      granted: async () => undefined,
      open: (target) => openSideConnection(target),
      log: (_, message, details) => logged.push(`${message} ${JSON.stringify(details)}`),
    });
  const request = () => {
    const { host, port, name, user, password } = database;
    const upstream = { host, port, database: name, user, sslmode: 'disable', credential: { from: 'none' } };
    const account = upstreamTarget(connectionConfig.parse({ name: 'shop', upstream }), {
      password,
      keyPassphrase: null,
    });
    return {
      account,
      connection: 'shop',
      agent: 'Claude Code!',
      readOnly: false,
      schemas: ['*'],
      inScope: () => true,
      excepted: () => [],
      fence: async () => noFence,
      memberOf: [],
      settings: {},
    };
  };

  test('roles of this installation are removed, those of others are not, whatever they are called', async () => {
    const left = await rolesOf(key).create(request()); // and never released
    expect(left.name).toMatch(/^postern_s_claude_code_[0-9a-f]{16}$/);
    const foreign = await rolesOf(randomBytes(32)).create(request());
    const { rows } = await database.query(
      "SELECT shobj_description(oid, 'pg_authid') AS c FROM pg_roles WHERE rolname = $1",
      [left.name],
    );
    await database.query(
      `CREATE ROLE postern_s_forged; COMMENT ON ROLE postern_s_forged IS '${rows[0].c.replaceAll("'", "''")}'`,
    );
    const session = new pg.Client({
      host: left.target.host,
      port: left.target.port,
      database: left.target.database,
      user: left.name,
      password: left.target.password ?? '',
    });
    session.on('error', () => undefined);
    await session.connect();

    const next = rolesOf(key);
    const mine = await next.create(request());
    expect((await ours()).sort()).toEqual([mine.name, foreign.name, 'postern_s_forged'].sort());
    expect(logged.join()).toContain(`removed a role that was left behind {"role":"${left.name}"}`);
    await expect(session.query('SELECT 1')).rejects.toThrow();

    await mine.release();
    await foreign.release();
    await database.query('DROP ROLE postern_s_forged');
  });

  test('a copy of the installation ends no session of the original, and removes what nobody can log in as any more', async () => {
    const original = rolesOf(key, 'the original');
    const [live, dead] = [await original.create(request()), await original.create(request())];
    await database.query(`ALTER ROLE ${dead.name} VALID UNTIL '2000-01-01'`);
    const copy = await rolesOf(key, 'a copy').create(request());
    expect(await ours()).toEqual([live.name, copy.name].sort());
    await Promise.all([live.release(), dead.release(), copy.release()]);
    expect(await ours()).toEqual([]);
  });

  test('two gates that sweep at once remove what was left once', async () => {
    await Promise.all([rolesOf(key).create(request()), rolesOf(key).create(request())]);
    const [one, other] = [rolesOf(key, 'one'), rolesOf(key, 'other')];
    await database.query(`DO $$ DECLARE r name; BEGIN FOR r IN SELECT rolname FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%'
      LOOP EXECUTE format('ALTER ROLE %I VALID UNTIL ''2000-01-01''', r); END LOOP; END $$`);
    const made = await Promise.all([one.create(request()), other.create(request())]);
    await until(async () => ((await ours()).length === 2 ? true : undefined));
    await Promise.all(made.map((role) => role.release()));
  });

  test('a session that gives its role a password of its own comes past the gate with it neither beside it nor after it', async () => {
    const gate = await open();
    const client = await gate.connect();
    const { rows } = await client.query('SELECT session_user AS name');
    await client.query("ALTER ROLE CURRENT_USER PASSWORD 'mine'");
    const { host, port, name } = database;
    const direct = () => new pg.Client({ host, port, database: name, user: rows[0].name, password: 'mine' }).connect();
    await expect(direct()).rejects.toMatchObject({ code: '28P01' });
    await client.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
    // Until the role is removed, which is a moment later; then there is none to log in as.
    while ((await ours()).length > 0) await expect(direct()).rejects.toMatchObject({ code: '28P01' });
    await expect(direct()).rejects.toMatchObject({ code: '28P01' });
  });

  test('a password cannot be used a second time, nor after two minutes', async () => {
    const roles = rolesOf(key);
    const role = await roles.create(request());
    const { host, port, database: name, password } = role.target;
    const login = () => new pg.Client({ host, port, database: name, user: role.name, password: password ?? '' });
    const first = login();
    await first.connect();
    await expect(login().connect()).rejects.toMatchObject({ code: '53300' });
    await first.end();
    await database.query(`ALTER ROLE ${role.name} VALID UNTIL '2000-01-01'`);
    await expect(login().connect()).rejects.toMatchObject({ code: '28P01' });
    await role.release();
    await roles.settled();
  });
});
