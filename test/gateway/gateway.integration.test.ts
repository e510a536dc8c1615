import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadOrCreateSigner } from '../../src/gateway/journal/signer.ts';
import { verifyJournal } from '../../src/gateway/journal/verifier.ts';
import { query } from '../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startGate, type TestGate, until } from '../support/gate.ts';
import { RawClient, told } from '../support/raw-client.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase('CREATE TABLE item (id int PRIMARY KEY, name text)');
});
afterAll(() => database.drop());

const sessionsOfTest = async (): Promise<number> =>
  (await database.query("SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'mine'")).rows[0].n;

describe('live sessions', () => {
  let gate: TestGate;
  let client: RawClient;
  let stopped: boolean;
  beforeEach(async () => {
    gate = await startGate({ database: database.name });
    client = await RawClient.logIn(gate.address, { application_name: 'mine' });
    stopped = false;
  });
  afterEach(async () => {
    client.close();
    if (!stopped) await gate.stop();
  });

  test('are ended by the operator with 57P01, and the upstream with them', async () => {
    const [session] = gate.gateway.liveSessions();
    expect(gate.gateway.terminateSession(session?.summary.id ?? '', 'enough')).toBe(true);
    expect(told(await client.rest())).toEqual(['E 57P01']);
    await until(async () => ((await sessionsOfTest()) === 0 ? true : null));
    await until(() => (gate.gateway.liveSessions().length === 0 ? true : null));
    expect(gate.gateway.terminateSession(session?.summary.id ?? '', 'again')).toBe(false);
    expect((await gate.journal()).at(-1)?.body).toEqual({ type: 'session_end', reason: 'enough' });
  });

  test('end with 57P01 when their agent is revoked', async () => {
    const settings = gate.gateway.settings();
    gate.gateway.configure(
      { ...settings, agents: settings.agents.map((agent) => ({ ...agent, revokedAt: Date.now() })) },
      'ada',
    );
    expect(told(await client.rest())).toEqual(['E 57P01']);
    await expect(RawClient.logIn(gate.address)).rejects.toThrow('28P01');
  });

  test('end with 57P01 when their connection is removed', async () => {
    gate.gateway.configure({ ...gate.gateway.settings(), connections: [] }, 'ada');
    expect(told(await client.rest())).toEqual(['E 57P01']);
    await expect(RawClient.logIn(gate.address)).rejects.toThrow('3D000');
  });

  test('that nothing was changed for go on', async () => {
    gate.gateway.configure({ ...gate.gateway.settings() }, 'ada');
    client.send(query('SELECT 1'));
    expect(told(await client.untilReady())).toEqual(['T ?column?', 'D 1', 'C SELECT 1', 'Z I']);
  });

  test('end when the gate stops, a held statement withdrawn and recorded so', async () => {
    client.send(query("UPDATE item SET name = 'x' WHERE id = 1"));
    await until(() => gate.gateway.approvals.list().pending[0]);
    const before = await gate.journal();
    expect(before.map(({ body }) => body.type)).toEqual(['session_start', 'statement', 'hold']);
    await gate.gateway.stop('the operator went home');
    stopped = true;
    expect(told(await client.rest())).toEqual(['E 57P01']);
    const records = (await gate.journal()).map(({ body }) => body);
    expect(records.slice(3)).toMatchObject([
      { type: 'decision', decision: { state: 'withdrawn' } },
      { type: 'outcome', outcome: { status: 'refused' } },
      { type: 'session_end' },
    ]);
  });

  test('a client that leaves while its statement waits leaves a decision and an outcome behind', async () => {
    client.send(query("UPDATE item SET name = 'x' WHERE id = 1"));
    await until(() => gate.gateway.approvals.list().pending[0]);
    client.close();
    const records = await until(async () => {
      const bodies = (await gate.journal()).map(({ body }) => body);
      return bodies.at(-1)?.type === 'session_end' ? bodies : null;
    });
    expect(records.map(({ type }) => type)).toEqual([
      'session_start',
      'statement',
      'hold',
      'decision',
      'outcome',
      'session_end',
    ]);
  });
});

describe('when it cannot record', () => {
  test('a journal folder that cannot be written is said at the start, and nothing listens', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'postern-')), 'file');
    writeFileSync(file, 'not a folder');
    await expect(startGate({ database: database.name, journalFolder: join(file, 'journal') })).rejects.toMatchObject({
      name: 'GatewayError',
      code: 'journal_unwritable',
    });
  });

  test('a session whose journal cannot be made is refused with 53100, and the operator is told', async () => {
    const gate = await startGate({ database: database.name });
    // The gate's own journal is open; no new one can be made beside it.
    rmSync(gate.journalFolder, { recursive: true });
    writeFileSync(gate.journalFolder, 'in the way');
    await expect(RawClient.logIn(gate.address)).rejects.toThrow('53100');
    expect(gate.gateway.problems().map(({ code }) => code)).toEqual(['journal']);
    rmSync(gate.journalFolder);
    const client = await RawClient.logIn(gate.address);
    expect(gate.gateway.problems()).toEqual([]);
    client.close();
    await gate.stop();
  });

  const small = mkdtempSync(join(tmpdir(), 'postern-small-'));
  const mounted = ((): boolean => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', small], { stdio: 'ignore' });
      return true;
    } catch {
      return false; // only root may mount; the journal's own tests put a failing disk under the writer
    }
  })();
  afterAll(() => {
    if (mounted) execFileSync('umount', ['-l', small]);
    rmSync(small, { recursive: true });
  });

  test.runIf(mounted)('a full disk ends the session with 53100: nothing unrecorded reached the server', async () => {
    const gate = await startGate({ database: database.name, policy: 'observe', journalFolder: join(small, 'journal') });
    const client = await RawClient.logIn(gate.address, { application_name: 'mine' });
    const heard: string[] = [];
    let sent = 0;
    while (!heard.includes('E 53100') && sent < 2000) {
      sent += 1;
      client.send(query(`INSERT INTO item VALUES (${1000 + sent}, '${'x'.repeat(500)}')`));
      heard.push(...told(await client.untilReady()));
    }
    expect(heard.at(-1)).toBe('E 53100');
    expect(statfsSync(small).bavail * statfsSync(small).bsize).toBeLessThan(8192);
    await until(async () => ((await sessionsOfTest()) === 0 ? true : null));
    const { rows } = await database.query('SELECT id FROM item WHERE id > 1000 ORDER BY id');
    const files = readdirSync(gate.journalFolder).filter((name) => name.endsWith('.journal'));
    const path = join(gate.journalFolder, files[0] ?? '');
    const recorded = readFileSync(path, 'utf8');
    expect(rows.filter(({ id }) => !recorded.includes(`VALUES (${id},`))).toEqual([]);
    expect(rows.length).toBeGreaterThan(10);
    const { findings, sealedToTheEnd } = verifyJournal(path, loadOrCreateSigner(gate.keyFolder).publicKeyPem);
    expect([findings, sealedToTheEnd]).toEqual([[], false]);
    client.close();
    await gate.stop();
  });
});

describe('the keys of an installation', () => {
  test('that cannot be used stop the gate before it begins, with a code and a hint', async () => {
    const { createGateway } = await import('../../src/gateway/gateway.ts');
    const folder = mkdtempSync(join(tmpdir(), 'postern-keys-'));
    mkdirSync(join(folder, 'keys'));
    writeFileSync(join(folder, 'keys', 'mask-hash.key'), 'too short');
    chmodSync(join(folder, 'keys'), 0o700);
    const made = createGateway({
      version: '0',
      listeners: [],
      settings: { connections: [], agents: [], identityProviders: [] },
      approvalDeadlineMs: 0,
      journalFolder: join(folder, 'journal'),
      keyFolder: join(folder, 'keys'),
      log: () => undefined,
    });
    await expect(made).rejects.toMatchObject({ code: 'keys_unwritable', hint: expect.any(String) });
    rmSync(folder, { recursive: true });
  });
});
