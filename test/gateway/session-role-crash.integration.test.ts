import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionConfig } from '../../src/contract/index.ts';
import { createAgentKey, hashAgentKey } from '../../src/gateway/identity/agent-keys.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/gate.ts';
import type { GateProcessOptions } from '../support/gate-process.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

// Roles in pg_roles before, during and after a session, when the gate is killed in the middle of it.

const programs = join(import.meta.dirname, '../../node_modules/.cache/postern');
const folder = mkdtempSync(join(tmpdir(), 'postern-role-crash-'));
let program: string;
let server: TestPostgres;
let database: TestDatabase;
const children: ChildProcess[] = [];
const clients: pg.Client[] = [];

beforeAll(async () => {
  mkdirSync(programs, { recursive: true });
  const outDir = mkdtempSync(join(programs, 'gate-'));
  program = join(outDir, 'gate-process.mjs');
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(import.meta.dirname, '../support/gate-process.ts'),
      outDir,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: 'gate-process.mjs' } },
    },
  });
  server = await startPostgres();
  database = await createDatabase('CREATE TABLE item (id int); CREATE ROLE postern_s_of_somebody_else LOGIN', server);
});
afterAll(async () => {
  for (const client of clients) await client.end();
  for (const child of children) child.kill('SIGKILL');
  rmSync(join(program, '..'), { recursive: true });
  rmSync(folder, { recursive: true });
  await database?.drop();
  await server?.stop();
});

const sessionRoles = async (): Promise<string[]> =>
  (await database.query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'postern\\_s\\_%' ORDER BY 1")).rows.map(
    ({ rolname }) => rolname,
  );

test('kill -9 leaves a role behind, and the next session of the next gate finds it gone', async () => {
  const key = createAgentKey();
  const options: GateProcessOptions = {
    version: '0',
    listeners: [{ host: '127.0.0.1', port: 0 }],
    settings: {
      connections: [
        connectionConfig.parse({
          name: 'shop',
          upstream: {
            ...{ host: server.host, port: server.port, database: database.name, user: server.user },
            ...{ sslmode: 'disable', credential: { from: 'prompt' } },
          },
          environment: 'local',
          policy: 'observe',
          sessionRole: { kind: 'just_in_time' },
        }),
      ],
      identityProviders: [],
      agents: [{ name: 'claude', keyHash: hashAgentKey(key), connections: ['shop'], createdAt: 0, revokedAt: null }],
    },
    approvalDeadlineMs: 0,
    journalFolder: join(folder, 'journal'),
    keyFolder: join(folder, 'keys'),
    passwords: { shop: server.password },
  };
  const start = async (): Promise<{ child: ChildProcess; port: number }> => {
    const child = fork(program, { execArgv: [], stdio: 'ignore' });
    children.push(child);
    const port = new Promise<number>((resolve, reject) =>
      child.once('message', (message) => resolve(Number(message))).once('exit', (code) => reject(new Error(`${code}`))),
    );
    child.send(options);
    return { child, port: await port };
  };
  const connect = async (port: number): Promise<pg.Client> => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'claude', password: key, database: 'shop' });
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const foreign = 'postern_s_of_somebody_else';
  expect(await sessionRoles()).toEqual([foreign]);

  const first = await start();
  const victim = await connect(first.port);
  const [left] = (await victim.query('SELECT session_user::text AS name')).rows;
  expect(await sessionRoles()).toEqual([left.name, foreign]);
  // It runs on when the gate is dead: the server notices only when it has something to say.
  const running = victim.query('BEGIN; INSERT INTO item VALUES (1); SELECT pg_sleep(300)').catch(() => undefined);
  const sleeps = async (): Promise<boolean> =>
    (
      await database.query('SELECT FROM pg_stat_activity WHERE usename = $1 AND wait_event = $2', [
        left.name,
        'PgSleep',
      ])
    ).rowCount === 1;
  await until(async () => (await sleeps()) || undefined);

  first.child.kill('SIGKILL');
  await running;
  expect(await sessionRoles()).toEqual([left.name, foreign]);
  expect(await sleeps()).toBe(true);

  const second = await start();
  const next = await connect(second.port);
  const [mine] = (await next.query('SELECT session_user::text AS name')).rows;
  expect(await sessionRoles()).toEqual([mine.name, foreign].sort());
  expect(await sleeps()).toBe(false);
  expect((await database.query('SELECT FROM item')).rowCount).toBe(0);

  await next.end();
  await until(async () => ((await sessionRoles()).join() === foreign ? true : undefined));
  expect((await database.query("SELECT rolcanlogin FROM pg_roles WHERE rolname LIKE 'postern\\_g\\_%'")).rows).toEqual([
    { rolcanlogin: false },
  ]);
}, 60_000);
