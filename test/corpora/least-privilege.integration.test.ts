import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionConfig, type MaskRule } from '../../src/contract/index.ts';
import { Fences } from '../../src/gateway/fences.ts';
import { createParser } from '../../src/gateway/sql/parser.ts';
import { type SessionRole, SessionRoles } from '../../src/gateway/upstream/session-roles.ts';
import { openSideConnection } from '../../src/gateway/upstream/side-query.ts';
import { upstreamTarget } from '../../src/gateway/upstream/target.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { serverMajor } from '../support/since.ts';
import { databaseState } from './state.ts';

// What the policy refuses, sent past it: straight to the server, as the role that a read-only session of a connection with
// masks is given. Where grants can say no, the server itself does.

interface CorpusCase {
  readonly id: string;
  readonly sql?: string;
  readonly params?: unknown[];
  readonly steps?: readonly { readonly q: string }[];
}
const read = (file: string): string => readFileSync(new URL(`data/${file}`, import.meta.url), 'utf8');
const cases = (file: string): readonly CorpusCase[] => JSON.parse(read(file)).cases;
const risky = [...cases('risky.json'), ...cases('own-risky.json')];

/** Risky statements that a server runs for any role that may log in, by the reason why no grant can stop them. */
const beyondGrants: Readonly<Record<string, readonly string[]>> = {
  'has no effect: the server warns that nothing was granted, vacuumed or found': [
    'own-risky-031 DROP VIEW IF EXISTS anything',
    'own-risky-034 DROP DATABASE IF EXISTS placeholder',
    'own-risky-097 VACUUM FULL',
    'own-risky-098 ANALYZE',
    'own-risky-100 CLUSTER',
    'own-risky-118 PREPARE TRANSACTION ‘x’',
    'own-risky-388 GRANT CREATE ON SCHEMA public TO PUBLIC',
    'own-risky-390 REVOKE CONNECT ON DATABASE {{db}} FROM PUBLIC',
    'own-risky-542 DROP TABLE IF EXISTS no_such_table',
    'own-risky-543 DROP POLICY IF EXISTS a4 ON users',
    'own-risky-544 DROP CAST IF EXISTS (text AS int)',
    'own-risky-545 DROP OPERATOR IF EXISTS === (int, int)',
    'own-risky-546 DROP PUBLICATION IF EXISTS a4',
    'own-risky-547 DROP SERVER IF EXISTS a4 CASCADE',
    'own-risky-548 DROP EVENT TRIGGER IF EXISTS a4',
    'own-risky-549 DROP DATABASE IF EXISTS a4 WITH (FORCE)',
    'own-risky-550 DROP ACCESS METHOD IF EXISTS a4',
    'own-risky-561 VACUUM',
    'own-risky-562 VACUUM (ANALYZE) users',
    'own-risky-563 VACUUM (FULL, FREEZE) order_items',
    'own-risky-564 VACUUM (ONLY_DATABASE_STATS)',
    'own-risky-565 VACUUM ONLY payments',
    'own-risky-566 ANALYZE (VERBOSE, SKIP_LOCKED) users',
    'own-risky-567 ANALYSE users',
    'own-risky-569 CLUSTER VERBOSE',
    'own-risky-613 SELECT * FROM generate_series(1, 2) g(x) WHERE EXISTS (SELECT nextval(‘ticket_seq’))',
    'own-risky-643 SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots',
    'own-risky-689 DROP OPERATOR CLASS IF EXISTS a4 USING btree',
    'own-risky-692 DROP TEXT SEARCH CONFIGURATION IF EXISTS a4',
    'own-risky-694 DROP USER MAPPING IF EXISTS FOR agent SERVER x',
    'own-risky-695 DROP TRANSFORM IF EXISTS FOR int LANGUAGE sql',
    'own-risky-696 GRANT ALL ON SEQUENCE ticket_seq TO PUBLIC',
    'own-risky-697 GRANT USAGE ON TYPE user_role TO PUBLIC',
    'own-risky-699 GRANT TEMPORARY ON DATABASE {{db}} TO agent',
    'own-risky-702 REVOKE ALL ON FUNCTION order_total(int) FROM PUBLIC',
    'own-risky-704 VACUUM (TRUNCATE, INDEX_CLEANUP ON) users',
    'own-risky-705 VACUUM FREEZE ANALYZE products (id)',
    'own-risky-706 ANALYZE payments',
  ],
  'concerns the role itself and is gone with it, leads back to it, or does nothing': [
    'rk-privilege-120 ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC',
    'rk-privilege-126 RESET ROLE',
    'rk-privilege-127 RESET SESSION AUTHORIZATION',
    'own-risky-038 ALTER ROLE CURRENT_USER SET search_path = evil',
    'own-risky-043 ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC',
    'own-risky-372 DO $$ BEGIN NULL; END $$',
    'own-risky-396 SET ROLE NONE',
    'own-risky-400 SET role TO DEFAULT',
    'own-risky-401 SET SESSION AUTHORIZATION DEFAULT',
    'own-risky-649 DO $$ DECLARE x int; BEGIN SELECT 1 INTO x; END $$',
    'own-risky-672 ALTER ROLE CURRENT_USER RESET ALL',
    'own-risky-719 RESET ROLE; SELECT 1',
  ],
  'changes settings of the session, which every role may; with row_security off a filtered table is an error, not open':
    [
      'rk-privilege-129 SET row_security = off',
      'own-risky-112 SET row_security = off',
      'own-risky-117 SELECT set_config(name, ‘off’, false) FROM pg_settings WHERE name = ‘row_security’',
    ],
  'sends or hears notifications, which needs no right': [
    'rk-data-exfil-166 NOTIFY x, ‘y’',
    'own-risky-105 NOTIFY channel, ‘payload’',
    'own-risky-106 SELECT pg_notify(‘channel’, ‘payload’)',
    'own-risky-107 LISTEN channel',
    'own-risky-404 SET LOCAL row_security TO off',
    'own-risky-406 SELECT set_config($1, ‘off’, false)',
    'own-risky-409 SELECT set_config(‘search_path’, string_agg(nspname, ‘,’), false) FROM pg_namespace',
    'own-risky-412 SET local_preload_libraries = ‘auto_explain’',
    'own-risky-413 SET standard_conforming_strings = off',
    'own-risky-414 SET client_encoding = ‘SJIS’',
    'own-risky-415 SET NAMES ‘BIG5’',
    'own-risky-416 SET backslash_quote = on',
    'own-risky-417 SET synchronous_commit = off',
    'own-risky-424 SET vacuum_cost_delay = 0',
    'own-risky-425 SET transform_null_equals = on',
    'own-risky-426 SET debug_print_plan = on',
    'own-risky-427 SET my.secret = ‘x’',
    'own-risky-428 SET createrole_self_grant = ‘set, inherit’',
    'own-risky-430 UPDATE pg_catalog.pg_settings SET setting = ‘off’ WHERE name = ‘row_security’',
    'own-risky-713 SET search_path FROM CURRENT',
    'own-risky-714 SELECT set_config(‘request.jwt.claims’, ‘{"role":"service_role"}’, true)',
    'own-risky-715 SET app.current_tenant = ‘2’',
    'own-risky-716 SET SESSION "app.user_id" = ‘1’',
    'own-risky-717 SET plpgsql.extra_warnings = ‘all’',
    'own-risky-720 RESET row_security',
    'own-risky-313 SELECT count(pg_notify(‘x’, ‘y’))',
    'own-risky-314 NOTIFY x',
    'own-risky-315 LISTEN user_changed',
    'own-risky-644 SELECT pg_notify($1, $2)',
    'own-risky-710 LISTEN a; UNLISTEN a',
    'own-risky-711 BEGIN; NOTIFY a, ‘b’; COMMIT',
  ],
  'takes locks by number, which belong to nobody': [
    'rk-server-file-network-158 SELECT pg_advisory_lock(1), pg_sleep(0)',
    'rk-volatile-function-199 SELECT pg_advisory_xact_lock(5)',
    'own-risky-103 SELECT pg_advisory_lock(1)',
    'own-risky-104 SELECT pg_try_advisory_xact_lock(1, 2)',
    'own-risky-327 SELECT pg_try_advisory_lock(id) FROM users',
    'own-risky-328 SELECT pg_advisory_xact_lock_shared(7)',
  ],
  'only costs time, which statement_timeout bounds': [
    'own-risky-137 SELECT pg_sleep(1000)',
    'own-risky-138 SELECT pg_sleep_for(‘1 hour’)',
    'own-risky-139 SELECT repeat(‘x’, 10) FROM users, LATERAL (SELECT pg_sleep(100)) s',
    'own-risky-329 SELECT pg_sleep_until(‘tomorrow’)',
    'own-risky-330 SELECT 1 FROM pg_sleep(600)',
    'own-risky-331 SELECT pg_catalog.pg_sleep(0.01)',
    'own-risky-648 SELECT pg_sleep_for(‘5 minutes’) FROM users',
  ],
  'makes large objects, which every role may; they are handed over with what else a session leaves': [
    'own-risky-063 SELECT lo_from_bytea(0, ‘x’)',
    'own-risky-065 SELECT lo_create(0)',
    'own-risky-316 SELECT lo_creat(-1)',
  ],
  'writes to the log of changes, which every role may': [
    'own-risky-091 SELECT pg_logical_emit_message(true, ‘a’, ‘b’)',
  ],
  'makes temporary objects, which PUBLIC may by default: the audit tells': [
    'own-risky-155 CREATE TEMP TABLE users AS SELECT 1 AS id',
    'own-risky-156 CREATE TEMP VIEW orders AS SELECT 1 AS id',
    'own-risky-457 SELECT 1 AS a INTO TABLE pg_temp.a4t',
    'own-risky-462 CREATE TEMPORARY TABLE orders (id int) ON COMMIT DROP',
    'own-risky-463 CREATE LOCAL TEMPORARY VIEW products AS SELECT 1 AS id',
    'own-risky-464 CREATE TEMP SEQUENCE ticket_seq',
  ],
  'calls a SECURITY DEFINER function that everybody may call: the audit tells': [
    'rk-data-exfil-177 SELECT find_user_id(‘a@b.c’)',
    'own-risky-366 SELECT find_user_id($1)',
  ],
  'signals no process: other roles’ are out of reach, and these numbers are nobody’s': [
    'own-risky-054 SELECT pg_cancel_backend(1)',
    'own-risky-055 SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid = 0',
    'own-risky-181 DECLARE c CURSOR WITH HOLD FOR SELECT pg_terminate_backend(1)',
    'own-risky-182 SELECT (SELECT pg_terminate_backend(0))',
    'own-risky-183 SELECT 1 WHERE pg_terminate_backend(0)',
    'own-risky-184 SELECT 1 ORDER BY pg_terminate_backend(0)',
    'own-risky-185 SELECT 1 LIMIT (SELECT pg_terminate_backend(0)::int)',
    'own-risky-186 SELECT CASE WHEN pg_terminate_backend(0) THEN 1 END',
    'own-risky-188 SELECT "pg_terminate_backend"(0)',
    'own-risky-189 SELECT PG_TERMINATE_BACKEND(0)',
    'own-risky-190 SELECT * FROM pg_catalog.pg_terminate_backend(0)',
    'own-risky-191 SELECT * FROM ROWS FROM (pg_terminate_backend(0), pg_sleep(0))',
    'own-risky-192 SELECT array_agg(pg_terminate_backend(0))',
    'own-risky-333 SELECT pg_terminate_backend(pid, 100) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = ‘nope’',
    'own-risky-334 SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE false',
  ],
  'reads statistics and settings of servers, which show of tables only what the role may read; and a table that has no mask':
    [
      'own-risky-351 SELECT pg_stat_force_next_flush()',
      'own-risky-352 SELECT pg_stat_clear_snapshot()',
      'own-risky-360 SELECT table_to_xml_and_xmlschema(‘private.kv_secrets’, true, false, ‘’)',
      'own-risky-590 SELECT most_common_vals FROM pg_stats WHERE tablename = ‘users’',
      'own-risky-592 SELECT * FROM pg_stats_ext',
      'own-risky-593 SELECT * FROM pg_stats_ext_exprs',
      'own-risky-594 SELECT umoptions FROM pg_user_mappings',
      'own-risky-595 SELECT * FROM information_schema.user_mapping_options',
    ],
};

/** Statements that the server refuses to every role alike, so that they prove nothing, by what they are refused for. */
const refusedToAll: Readonly<Record<string, readonly string[]>> = {
  'what it names is not in the fixture': [
    ...['own-risky-064 42704', 'own-risky-082 42704', 'own-risky-083 42704', 'own-risky-084 42704'],
    ...['own-risky-119 42704', 'own-risky-123 34000', 'own-risky-124 42883', 'own-risky-125 42883'],
    ...['own-risky-126 42P01', 'own-risky-127 42883', 'own-risky-132 42883', 'own-risky-152 42P01'],
    ...['own-risky-167 42883', 'own-risky-187 42883', 'own-risky-041 42704'],
    ...[
      'own-risky-238 26000',
      'own-risky-283 42883',
      'own-risky-356 42883',
      'own-risky-422 42704',
      'own-risky-445 42704',
      'own-risky-446 42704',
      'own-risky-483 42704',
      'own-risky-487 42704',
      'own-risky-520 42704',
      'own-risky-521 42704',
      'own-risky-522 42704',
      'own-risky-524 42704',
      'own-risky-552 42704',
      'own-risky-575 58P01',
      'own-risky-599 42P01',
      'own-risky-617 26000',
      'own-risky-620 34000',
      'own-risky-621 34000',
      'own-risky-645 42883',
      'own-risky-646 42883',
      'own-risky-647 42883',
      'own-risky-653 3F000',
      'own-risky-687 42704',
    ],
  ],
  'the fixture’s server has no provider of labels, and does not load pg_stat_statements': [
    ...['rk-ddl-096 22023', 'own-risky-151 22023', 'own-risky-122 55000'],
  ],
  'it is wrong, or not supported: outside or inside a transaction, ambiguous, against the kind of function or object, syntax':
    [
      ...['own-risky-101 25P01', 'own-risky-166 25001', 'own-risky-146 42702', 'own-risky-120 0A000'],
      ...['own-risky-128 55000', 'own-risky-163 22023'],
      ...[
        'own-risky-239 42601',
        'own-risky-260 42601',
        'own-risky-262 42601',
        'own-risky-355 42809',
        'own-risky-365 0A000',
        'own-risky-367 0A000',
        'own-risky-370 0A000',
        'own-risky-436 55000',
        'own-risky-441 25P01',
        'own-risky-447 25P01',
        'own-risky-448 25P01',
        'own-risky-449 25P01',
        'own-risky-456 0A000',
        'own-risky-458 42601',
        'own-risky-553 22023',
        'own-risky-554 22023',
      ],
    ],
};

let server: TestPostgres;
let database: TestDatabase;
let roles: SessionRoles;
let role: SessionRole;
beforeAll(async () => {
  server = await startPostgres();
  database = await createDatabase(read('roles.sql'), server);
  await database.query(read('schema.sql'));
  await database.query('CREATE ROLE scratch_role; CREATE TABLE placeholder (id int PRIMARY KEY)');
  // The default before 15, which the audit tells. With it 20 statements more get through: they create something there.
  await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  await createParser();
  roles = new SessionRoles({
    installationKey: randomBytes(32),
    place: 'here',
    open: (target) => openSideConnection(target),
    granted: async () => undefined,
    log: () => undefined,
  });
  const { host, port, user, password } = server;
  const masked = (column: string): MaskRule => ({
    ...{ id: column, schema: 'public', table: 'users', column },
    masker: { kind: 'full' },
  });
  const config = connectionConfig.parse({
    name: 'shop',
    upstream: { host, port, user, database: database.name, sslmode: 'disable', credential: { from: 'none' } },
    maskRules: ['email', 'ssn', 'salary'].map(masked),
    sessionRole: { kind: 'just_in_time', fence: 'masked' },
  });
  const fences = new Fences({
    copied: () => [],
    renamed: () => ({ columns: [], stale: false }),
    found: () => new Map(),
  });
  role = await roles.create({
    account: upstreamTarget(config, { password, keyPassphrase: null }),
    ...{ connection: 'shop', agent: 'claude', readOnly: true, memberOf: [], settings: {} },
    ...{ schemas: ['*'], inScope: () => true },
    excepted: () => [],
    fence: (side) => fences.of(config, side),
  });
});
afterAll(async () => {
  await role?.release();
  await roles?.settled();
  await database?.drop();
  await server?.stop();
});

const textsOf = ({ sql, steps = [] }: CorpusCase): readonly string[] =>
  (sql === undefined ? steps.map(({ q }) => q) : [sql]).map((text) =>
    text.replace('{{db}}', database.name).replaceAll(/\{\{(\w+)\}\}/g, 'scratch_role'),
  );

/** The SQLSTATE of the first of the texts that fails; null when all ran. */
async function firstError(client: pg.Client, texts: readonly string[], params?: unknown[]): Promise<string | null> {
  for (const text of texts) {
    const code = await client.query(text, params).then(
      () => null,
      (error: pg.DatabaseError) => error.code ?? 'none',
    );
    if (code !== null) return code;
  }
  return null;
}

test('what the policy refuses, the server refuses to the role itself, but for what no grant can express', async () => {
  const { host, port, database: name, user, password } = role.target;
  const client = new pg.Client({ host, port, user, database: name, password: password ?? '' });
  await client.connect();
  const before = await databaseState(database);
  const ran: string[] = [];
  const failed: string[] = [];
  let refused = 0;
  for (const one of risky) {
    // The agent may switch the read-only default off: grants alone have to hold.
    await client.query('SET default_transaction_read_only = off; SET statement_timeout = 2000');
    const texts = textsOf(one);
    const code = await firstError(client, texts, one.params);
    await client.query('ROLLBACK');
    await client.query('DISCARD ALL');
    const label = `${one.id} ${texts
      .join('; ')
      .replaceAll(/'([^']*)'/g, '‘$1’')
      .replaceAll(database.name, '{{db}}')}`;
    if (code === '42501') refused += 1;
    else if (code === null || code === '57014') ran.push(label);
    else failed.push(`${one.id} ${code}`);
  }
  await client.end();
  if (serverMajor() === 18) {
    expect(ran.sort()).toEqual(Object.values(beyondGrants).flat().sort());
    expect(failed.sort()).toEqual(Object.values(refusedToAll).flat().sort());
  } else {
    // Older servers lack a function, a setting or a form of some of these.
    const expected = new Set([...Object.values(beyondGrants).flat(), ...Object.values(refusedToAll).flat()]);
    const absent = / (?:42601|42704|42883|42P01)$/;
    expect([...ran, ...failed.filter((one) => !absent.test(one))].filter((one) => !expected.has(one))).toEqual([]);
  }
  expect(refused).toBe(risky.length - ran.length - failed.length);
  expect(refused).toBeGreaterThan(580);

  // Nothing that was there is different: no row, no right, no definition. What is new belongs to the role, or to nobody.
  const after = await databaseState(database);
  expect(Object.keys(after).filter((part) => after[part] !== before[part])).toEqual([
    'pg_catalog.pg_db_role_setting',
    'pg_catalog.pg_largeobject_metadata',
    'pg_catalog.pg_namespace',
    'pg_catalog.pg_type', // what everybody may do by default is written out, by a GRANT of it that granted nothing
  ]);
}, 120_000);
