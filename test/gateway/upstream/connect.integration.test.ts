import { expect, inject, test } from 'vitest';
import { cancelUpstream } from '../../../src/gateway/upstream/cancel.ts';
import { connectUpstream } from '../../../src/gateway/upstream/connect.ts';
import { UpstreamError } from '../../../src/gateway/upstream/error.ts';
import { openSideConnection } from '../../../src/gateway/upstream/side-query.ts';
import type { UpstreamTarget } from '../../../src/gateway/upstream/types.ts';
import { serverMajor } from '../../support/since.ts';

const target = (changes: Partial<UpstreamTarget> = {}): UpstreamTarget => ({
  ...inject('postgres'),
  database: 'postgres',
  sslmode: 'prefer',
  sslrootcert: undefined,
  requireAuth: ['scram-sha-256'],
  ...changes,
});

const failure = async (changes: Partial<UpstreamTarget>, startup = new Map<string, string>()): Promise<unknown> => {
  const error = await connectUpstream(target(changes), startup).catch((reason: unknown) => reason);
  if (!(error instanceof UpstreamError)) throw new Error('the connection was expected to fail');
  return { code: error.code, sqlstate: error.sqlstate, said: error.fields?.M };
};

test('run-time parameters reach the server', async () => {
  const startup = new Map([
    ['application_name', 'an agent'],
    ['options', '-c search_path=pg_catalog -c statement_timeout=7s'],
  ]);
  const { socket, parameters, secretKey, processId } = await connectUpstream(target(), startup);
  socket.destroy();
  expect(parameters.get('application_name')).toBe('an agent');
  // Older servers do not tell their search_path, and are asked for it (search-path.ts).
  expect(parameters.get('search_path')).toBe(serverMajor() < 18 ? undefined : 'pg_catalog');
  expect({ keyLength: secretKey.length, processId: processId > 0 }).toEqual({ keyLength: 4, processId: true });
});

test('what the server says against a start-up is kept in its own words', async () => {
  expect(await failure({ database: 'nowhere' })).toEqual({
    code: 'server_error',
    sqlstate: '3D000',
    said: 'database "nowhere" does not exist',
  });
  expect(await failure({ password: 'wrong' })).toEqual({
    code: 'auth_failed',
    sqlstate: '28P01',
    said: 'password authentication failed for user "postgres"',
  });
  expect(await failure({}, new Map([['no_such_parameter', '1']]))).toEqual({
    code: 'server_error',
    sqlstate: '42704',
    said: 'unrecognized configuration parameter "no_such_parameter"',
  });
});

test('a side connection answers with columns, rows and errors, and goes on after an error', async () => {
  const side = await openSideConnection(target());
  const { fields, rows } = await side.queryWithFields("SELECT 1 AS a, NULL::text AS b; SELECT 'ä' AS c, true AS d");
  expect({ names: fields.map((field) => field.name), rows }).toEqual({ names: ['c', 'd'], rows: [['ä', 't']] });
  await expect(side.query('SELECT 1/0')).rejects.toMatchObject({ code: 'server_error', sqlstate: '22012' });
  const [first, second] = await Promise.all([side.query('SELECT 1'), side.query('SELECT 2')]);
  expect([first, second]).toEqual([[['1']], [['2']]]);
  side.close();
  await expect(side.query('SELECT 3')).rejects.toMatchObject({ code: 'unreachable' });
});

test('a side query that takes too long is cancelled, and the connection stays usable', async () => {
  const side = await openSideConnection(target(), { statementTimeoutMs: 100 });
  await expect(side.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: 'timeout', sqlstate: '57014' });
  expect(await side.query('SELECT 1')).toEqual([['1']]);
  side.close();
});

test('an answer above the limit ends the side connection', async () => {
  const side = await openSideConnection(target(), { answerLimit: 100_000 });
  expect(await side.query("SELECT length(repeat('x', 1000000))")).toEqual([['1000000']]);
  await expect(side.query("SELECT repeat('x', 1000000)")).rejects.toMatchObject({ code: 'protocol' });
  await expect(side.query('SELECT 1')).rejects.toBeInstanceOf(UpstreamError);
});

test('COPY on a side connection is refused and ends it', async () => {
  const side = await openSideConnection(target());
  await expect(side.query('COPY (SELECT 1) TO STDOUT')).rejects.toMatchObject({ code: 'protocol' });
  await expect(side.query('SELECT 1')).rejects.toBeInstanceOf(UpstreamError);
});

test('a statement sent after the cancel has resolved is never hit by it (protocol.md, E9)', async () => {
  const side = await openSideConnection(target());
  const { processId, secretKey } = side.upstream;
  for (let round = 0; round < 100; round++) {
    await cancelUpstream(target(), processId, secretKey, { encrypted: false });
    expect(await side.query(`SELECT ${round}, pg_sleep(0.001)`)).toEqual([[String(round), '']]);
  }
  side.close();
});

test('a wrong key cancels nothing and is not an error, as the protocol has it', async () => {
  const side = await openSideConnection(target());
  const sleeping = side.query('SELECT pg_sleep(0.3)');
  await cancelUpstream(target(), side.upstream.processId, Buffer.from([0, 0, 0, 0]));
  expect(await sleeping).toEqual([['']]);
  side.close();
});
