import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connectionConfig } from '../../src/contract/index.ts';
import { createAgentKey, hashAgentKey } from '../../src/gateway/identity/agent-keys.ts';
import { readJournal } from '../../src/gateway/journal/reader.ts';
import { loadOrCreateSigner } from '../../src/gateway/journal/signer.ts';
import { verifyJournal } from '../../src/gateway/journal/verifier.ts';
import { bind, execute, parse, query, sync } from '../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/gate.ts';
import type { GateProcessOptions } from '../support/gate-process.ts';
import { RawClient } from '../support/raw-client.ts';

// The program is put where its imports find the project's packages; Node 20 runs no TypeScript.
const programs = join(import.meta.dirname, '../../node_modules/.cache/postern');
const folder = mkdtempSync(join(tmpdir(), 'postern-crash-'));
let program: string;
let database: TestDatabase;

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
  database = await createDatabase('CREATE TABLE effect (n int)');
});
afterAll(async () => {
  rmSync(join(program, '..'), { recursive: true });
  rmSync(folder, { recursive: true });
  await database.drop();
});

test.each([1, 2, 3, 4, 5, 6])(
  'kill -9 in the middle of a session: whatever the server did is in the journal, and the journal verifies (%i)',
  async (round) => {
    const server = inject('postgres');
    const key = createAgentKey();
    const own = join(folder, String(round));
    const options: GateProcessOptions = {
      version: '0',
      listeners: [{ host: '127.0.0.1', port: 0 }],
      settings: {
        connections: [
          connectionConfig.parse({
            name: 'shop',
            upstream: {
              host: server.host,
              port: server.port,
              database: database.name,
              user: server.user,
              sslmode: 'disable',
              credential: { from: 'prompt' },
            },
            environment: 'local',
            policy: 'observe',
          }),
        ],
        identityProviders: [],
        agents: [{ name: 'claude', keyHash: hashAgentKey(key), connections: ['shop'], createdAt: 0, revokedAt: null }],
      },
      approvalDeadlineMs: 0,
      journalFolder: join(own, 'journal'),
      keyFolder: join(own, 'keys'),
      passwords: { shop: server.password },
    };
    const child = fork(program, { execArgv: [], stdio: 'ignore' });
    const port = new Promise<number>((resolve, reject) =>
      child.once('message', (message) => resolve(Number(message))).once('exit', (code) => reject(new Error(`${code}`))),
    );
    child.send(options);
    const address = { host: '127.0.0.1', port: await port, user: 'claude', password: key, database: 'shop' };
    const client = await RawClient.logIn(address, { application_name: `victim ${round}` });
    // More than the gate gets through: it dies wherever it happens to be, simple and extended messages mixed.
    const first = round * 10_000;
    for (let n = first; n < first + 5000; n += 1) {
      const insert = `INSERT INTO effect VALUES (${n})`;
      client.send(...(n % 2 === 0 ? [query(insert)] : [parse('', insert), bind('', ''), execute(''), sync()]));
    }
    await client.untilReady(17 * round);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    client.close();
    await until(async () => {
      const { rows } = await database.query('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [
        `victim ${round}`,
      ]);
      return rows.length === 0 ? true : null;
    });

    const { rows } = await database.query('SELECT n FROM effect WHERE n BETWEEN $1 AND $1 + 9999', [first]);
    const name = readdirSync(options.journalFolder).find((file) => file.endsWith('.journal')) ?? '';
    const path = join(options.journalFolder, name);
    const recorded = new Set(
      [...readJournal(path)].flatMap(({ body }) => (body.type === 'statement' ? [body.text] : [])),
    );
    expect(rows.length).toBeGreaterThanOrEqual(17 * round);
    expect(rows.length).toBeLessThan(5000);
    expect(rows.filter(({ n }) => !recorded.has(`INSERT INTO effect VALUES (${n})`))).toEqual([]);
    const { findings } = verifyJournal(path, loadOrCreateSigner(options.keyFolder).publicKeyPem);
    expect(findings).toEqual([]);
    expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true);
  },
);
