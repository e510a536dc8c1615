import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tooMighty } from '../../../src/contract/index.ts';
import { testConnection } from '../../../src/gateway/upstream/test-connection.ts';
import type { UpstreamTarget } from '../../../src/gateway/upstream/types.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';

const tail = randomBytes(4).toString('hex');
const names = {
  plain: `plain_${tail}`,
  maker: `maker_${tail}`,
  owner: `owner_${tail}`,
  files: `files_${tail}`,
} as const;

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(`
    CREATE ROLE ${names.plain} LOGIN PASSWORD 'p';
    CREATE ROLE ${names.maker} LOGIN CREATEROLE PASSWORD 'p';
    CREATE ROLE ${names.owner} LOGIN PASSWORD 'p';
    CREATE ROLE ${names.files} LOGIN BYPASSRLS PASSWORD 'p' IN ROLE pg_read_server_files;
    CREATE TABLE item (id int);
    CREATE SCHEMA owned AUTHORIZATION ${names.owner};
    CREATE TABLE owned.one (id int);
    CREATE VIEW owned.two AS SELECT 1;
    ALTER TABLE owned.one OWNER TO ${names.owner};
    ALTER VIEW owned.two OWNER TO ${names.owner};
  `);
});
afterAll(async () => {
  const roles = Object.values(names).join(', ');
  await database.query(`DROP OWNED BY ${roles} CASCADE; DROP ROLE ${roles}`);
  await database.drop();
});

async function found(user: string, password = 'p') {
  const target: UpstreamTarget = {
    ...{ host: database.host, port: database.port, database: database.name, user, password },
    ...{ sslmode: 'disable', sslrootcert: undefined },
    requireAuth: ['scram-sha-256', 'md5', 'password', 'none'],
  };
  const { account, steps } = await testConnection(target);
  return { account, said: steps.at(-1)?.detail, might: account === null ? 'no account' : tooMighty(account) };
}

const nothing = {
  ...{ superuser: false, createRole: false, replication: false, bypassesRowSecurity: false, ownsDatabase: false },
  ownedRelations: 0,
  powerfulRoles: [],
};

test('a login that can do no more than it was granted is said to be one, and that sessions share it', async () => {
  expect(await found(names.plain)).toEqual({
    account: { ...nothing, role: names.plain },
    might: null,
    said: `${names.plain} is no superuser and owns nothing here; it may not create roles, so all sessions log in as it`,
  });
});

test('one that may create roles can give each session its own', async () => {
  const { account, might, said } = await found(names.maker);
  expect([account?.createRole, might, said]).toEqual([
    true,
    null,
    `${names.maker} is no superuser and owns nothing here; it may create roles, so each session can have one of its own, which may use only what the account was granted WITH GRANT OPTION`,
  ]);
});

test('an owner is warned of: a proxy alone cannot make such a login safe', async () => {
  const { account, said } = await found(names.owner);
  expect([account?.ownedRelations, said]).toEqual([
    2,
    `Warning: ${names.owner} owns 2 tables and views, and a proxy alone cannot make such a login safe; it may not create roles, so all sessions log in as it`,
  ]);
});

test('so is one that reaches the server’s files', async () => {
  const { account, said } = await found(names.files);
  expect([account?.powerfulRoles, said]).toEqual([
    ['pg_read_server_files'],
    `Warning: ${names.files} reaches the server’s files and programs (pg_read_server_files), and a proxy alone cannot make such a login safe; it may not create roles, so all sessions log in as it; row security does not hold for it`,
  ]);
});

test('and a superuser', async () => {
  const { account, might } = await found(database.user, database.password);
  expect([account?.superuser, account?.powerfulRoles, might]).toEqual([true, [], 'is a superuser']);
});
