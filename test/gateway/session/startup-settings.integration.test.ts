import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';
import { RawClient, told } from '../../support/raw-client.ts';

let database: TestDatabase;
let production: TestGate;
let observe: TestGate;
beforeAll(async () => {
  database = await createDatabase('CREATE ROLE startup_other');
  production = await startGate({ database: database.name, policy: 'production', deadlineMs: 0 });
  observe = await startGate({ database: database.name, policy: 'observe' });
});
afterAll(async () => {
  await production.stop();
  await observe.stop();
  await database.query('DROP ROLE startup_other');
  await database.drop();
});

const role = query('SELECT current_user');

describe('what a session begins with', () => {
  test.each([
    ['role', { role: 'startup_other' }],
    ['role', { options: '-c role=startup_other' }],
    ['session_replication_role', { options: '-c search_path=public --session-replication-role=replica' }],
    ['allow_system_table_mods', { options: '-O' }],
    ['app.tenant', { options: '-c app.tenant=2' }],
  ])('is not %s, which does not pass as a SET: %j', async (setting, parameters) => {
    await expect(RawClient.logIn(production.address, parameters)).rejects.toThrow(
      `Postern does not begin a session with ${setting} set`,
    );
    expect(gateRecords(production).at(-1)).toMatchObject({
      reason: `settings at start-up that are not let pass: ${setting}`,
    });
  });

  test('may be what drivers ask for', async () => {
    const client = await RawClient.logIn(production.address, { options: '-c geqo=off', DateStyle: 'ISO' });
    client.send(query('SHOW geqo'));
    expect(told(await client.untilReady())).toEqual(['T geqo', 'D off', 'C SHOW', 'Z I']);
    client.close();
  });

  test('is anything under observe', async () => {
    const client = await RawClient.logIn(observe.address, { options: '-c role=startup_other' });
    client.send(role);
    expect(told(await client.untilReady())).toContain('D startup_other');
    client.close();
  });
});

describe('a pool that takes its connection back', () => {
  test.each([
    ['Npgsql', 'DISCARD ALL', ['C DISCARD ALL', 'Z I']],
    [
      'asyncpg',
      'SELECT pg_advisory_unlock_all();\nCLOSE ALL;\nUNLISTEN *;\nRESET ALL;',
      ['T pg_advisory_unlock_all', 'D ', 'C SELECT 1', 'C CLOSE CURSOR ALL', 'C UNLISTEN', 'C RESET', 'Z I'],
    ],
  ])('asks nobody: %s', async (_driver, text, answer) => {
    const client = await RawClient.logIn(production.address);
    client.send(query('SET search_path = pg_catalog'), query(text), query('SHOW search_path'));
    const heard = told(await client.untilReady(3));
    expect(heard).toEqual(['C SET', 'Z I', ...answer, 'T search_path', 'D "$user", public', 'C SHOW', 'Z I']);
    client.close();
  });
});
