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
  ],
  'concerns the role itself, and is gone with it': [
    'rk-privilege-120 ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC',
    'rk-privilege-126 RESET ROLE',
    'rk-privilege-127 RESET SESSION AUTHORIZATION',
    'own-risky-038 ALTER ROLE CURRENT_USER SET search_path = evil',
    'own-risky-043 ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC',
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
  ],
  'takes locks by number, which belong to nobody': [
    'rk-server-file-network-158 SELECT pg_advisory_lock(1), pg_sleep(0)',
    'rk-volatile-function-199 SELECT pg_advisory_xact_lock(5)',
    'own-risky-103 SELECT pg_advisory_lock(1)',
    'own-risky-104 SELECT pg_try_advisory_xact_lock(1, 2)',
  ],
  'only costs time, which statement_timeout bounds': [
    'own-risky-137 SELECT pg_sleep(1000)',
    'own-risky-138 SELECT pg_sleep_for(‘1 hour’)',
    'own-risky-139 SELECT repeat(‘x’, 10) FROM users, LATERAL (SELECT pg_sleep(100)) s',
  ],
  'makes large objects, which every role may; they are handed over with what else a session leaves': [
    'own-risky-063 SELECT lo_from_bytea(0, ‘x’)',
    'own-risky-065 SELECT lo_create(0)',
  ],
  'writes to the log of changes, which every role may': [
    'own-risky-091 SELECT pg_logical_emit_message(true, ‘a’, ‘b’)',
  ],
  'makes temporary objects, which PUBLIC may by default: the audit tells': [
    'own-risky-155 CREATE TEMP TABLE users AS SELECT 1 AS id',
    'own-risky-156 CREATE TEMP VIEW orders AS SELECT 1 AS id',
  ],
  'calls a SECURITY DEFINER function that everybody may call: the audit tells': [
    'rk-data-exfil-177 SELECT find_user_id(‘a@b.c’)',
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
  ],
};

/** Statements that the server refuses to every role alike, so that they prove nothing, by what they are refused for. */
const refusedToAll: Readonly<Record<string, readonly string[]>> = {
  'what it names is not in the fixture': [
    ...['own-risky-064 42704', 'own-risky-082 42704', 'own-risky-083 42704', 'own-risky-084 42704'],
    ...['own-risky-119 42704', 'own-risky-123 34000', 'own-risky-124 42883', 'own-risky-125 42883'],
    ...['own-risky-126 42P01', 'own-risky-127 42883', 'own-risky-132 42883', 'own-risky-152 42P01'],
    ...['own-risky-167 42883', 'own-risky-187 42883', 'own-risky-041 42704'],
  ],
  'the fixture’s server has no provider of labels, and does not load pg_stat_statements': [
    ...['rk-ddl-096 22023', 'own-risky-151 22023', 'own-risky-122 55000'],
  ],
  'it is wrong: outside or inside a transaction, ambiguous, against the kind of function, before nextval, into pg_global':
    [
      ...['own-risky-101 25P01', 'own-risky-166 25001', 'own-risky-146 42702', 'own-risky-120 0A000'],
      ...['own-risky-128 55000', 'own-risky-163 22023'],
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
  const fences = new Fences(() => []);
  role = await roles.create({
    account: upstreamTarget(config, { password, keyPassphrase: null }),
    ...{ connection: 'shop', agent: 'claude', readOnly: true, memberOf: [], settings: {} },
    ...{ schemas: ['*'], inScope: () => true },
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
    const label = `${one.id} ${texts.join('; ').replaceAll(/'([^']*)'/g, '‘$1’')}`;
    if (code === '42501') refused += 1;
    else if (code === null || code === '57014') ran.push(label);
    else failed.push(`${one.id} ${code}`);
  }
  await client.end();
  expect(ran.sort()).toEqual(Object.values(beyondGrants).flat().sort());
  expect(failed.sort()).toEqual(Object.values(refusedToAll).flat().sort());
  expect(refused).toBe(risky.length - ran.length - failed.length);
  expect(refused).toBeGreaterThan(220);

  // Nothing that was there is different: no row, no right, no definition. What is new belongs to the role, or to nobody.
  const after = await databaseState(database);
  expect(Object.keys(after).filter((part) => after[part] !== before[part])).toEqual([
    'pg_catalog.pg_db_role_setting',
    'pg_catalog.pg_largeobject_metadata',
    'pg_catalog.pg_namespace',
  ]);
}, 120_000);
