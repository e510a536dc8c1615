import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeFields } from '../../../src/gateway/wire/decode-backend.ts';
import { passwordMessage, sslRequest, startupMessage } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate } from '../../support/gate.ts';
import { gateRecords } from '../../support/gate-records.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const withGate = async (
  listener: NonNullable<Parameters<typeof startGate>[0]['listener']>,
  work: (gate: TestGate) => Promise<void>,
): Promise<void> => {
  const gate = await startGate({ database: database.name, policy: 'observe', listener });
  await work(gate).finally(() => gate.stop());
};

/** Sends bytes as another user of this machine; what comes back, as latin1. */
const asUser = (uid: number, host: string, port: number, bytes: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const script = `
      const [host, port, bytes] = process.argv.slice(1);
      const socket = require('node:net').connect({ host, port: Number(port) });
      socket.write(Buffer.from(bytes, 'hex'));
      socket.on('data', (data) => { process.stdout.write(data); if (data.includes('Z\\0\\0\\0\\x05I')) socket.end(); });
      socket.on('error', (error) => { process.stderr.write(error.message); process.exit(1); });`;
    const child = spawn(process.execPath, ['-e', script, host, String(port), bytes.toString('hex')], {
      uid,
      gid: uid,
      cwd: '/',
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(Buffer.concat(chunks)) : reject(new Error(said))));
  });
const start = startupMessage([
  ['user', 'claude'],
  ['database', 'shop'],
]);

// Only root can become another user; elsewhere test/gateway/door/peer.test.ts has the decision.
describe.skipIf(process.getuid?.() !== 0 || process.platform !== 'linux')('another user of this machine', () => {
  test.each(['127.0.0.1', '::1'])('is refused on %s before a password is asked for, and noted', (host) =>
    withGate({ host }, async (gate) => {
      const heard = await asUser(1234, host, gate.port, Buffer.concat([start, passwordMessage(gate.key)]));
      expect(decodeFields(heard)).toMatchObject({
        S: 'FATAL',
        C: '28000',
        M: 'Postern does not let user id 1234 in',
      });
      expect(gateRecords(gate).at(-1)).toMatchObject({
        type: 'login_refused',
        clientUid: 1234,
        user: 'claude',
        reason: 'the client belongs to user id 1234',
      });
    }),
  );

  test.each([['any' as const], [[1234]]])('comes in where the operator allows it: %j', (allowedUsers) =>
    withGate({ allowedUsers }, async (gate) => {
      const heard = await asUser(1234, '127.0.0.1', gate.port, Buffer.concat([start, passwordMessage(gate.key)]));
      expect(heard.toString('latin1')).toContain('Z\0\0\0\x05I');
      expect((await gate.journal())[0]?.body).toMatchObject({
        type: 'session_start',
        clientUid: allowedUsers === 'any' ? null : 1234,
      });
    }),
  );

  test('cannot reach a Unix socket at all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-run-'));
    await withGate({ host: folder, port: 6432 }, async (gate) => {
      const path = join(folder, '.s.PGSQL.6432');
      const script = `require('node:net').connect(process.argv[1]).on('error', (error) => process.stdout.write(error.code))`;
      const child = spawn(process.execPath, ['-e', script, path], { uid: 1234, gid: 1234, cwd: '/', env: {} });
      const said = await new Promise<string>((resolve) => {
        child.stdout.on('data', (data: Buffer) => resolve(data.toString()));
      });
      expect(said).toBe('EACCES');
      expect(gateRecords(gate).filter(({ type }) => type === 'login_refused')).toEqual([]);
    }).finally(() => rmSync(folder, { recursive: true, force: true }));
  });
});

test('this user comes in, and its session says who it was', () =>
  withGate({}, async (gate) => {
    const client = await gate.connect();
    await client.end();
    const uid = process.platform === 'linux' ? (process.getuid?.() ?? null) : null;
    expect((await gate.journal())[0]?.body).toMatchObject({ type: 'session_start', clientUid: uid, clientTls: null });
  }));

describe.skipIf(process.platform === 'win32')('over a Unix socket', () => {
  test('pg works as ever, TLS is declined, and nobody is asked who the client is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-run-'));
    await withGate({ host: folder, port: 6432 }, async (gate) => {
      const client = await gate.connect();
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      await client.end();
      expect((await gate.journal())[0]?.body).toMatchObject({
        type: 'session_start',
        clientAddress: '[local]',
        clientTls: null,
        clientUid: null,
      });
      const { connect } = await import('node:net');
      const socket = connect(join(folder, '.s.PGSQL.6432'));
      socket.write(sslRequest());
      const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
      socket.destroy();
      expect(answer).toBe('N');
    }).finally(() => rmSync(folder, { recursive: true, force: true }));
  });
});
