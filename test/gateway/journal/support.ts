import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordBody } from '../../../src/gateway/journal/records.ts';
import { type Signer, signerOf } from '../../../src/gateway/journal/signer.ts';
import { createJournal, type JournalOptions } from '../../../src/gateway/journal/writer.ts';

type Body<T extends RecordBody['type']> = Extract<RecordBody, { type: T }>;

/** Monday, 2026-03-02 09:00:00 UTC. */
export const startTime = Date.UTC(2026, 2, 2, 9, 0, 0);

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'postern-journal-'));
}

export function newSigner(): Signer {
  return signerOf(generateKeyPairSync('ed25519').privateKey);
}

/** A clock that goes on by `stepMs` whenever it is read. */
export function steppingClock(stepMs = 10, start = startTime): () => number {
  let now = start - stepMs;
  return () => {
    now += stepMs;
    return now;
  };
}

export function sessionStart(change: Partial<Body<'session_start'>> = {}): RecordBody {
  return {
    type: 'session_start',
    sessionId: 's-1',
    agent: 'claude',
    subject: 'key:1a2b3c4d',
    connection: 'shop',
    environment: 'production',
    policy: 'production',
    database: 'shop',
    role: 'shop_app',
    applicationName: 'psql',
    clientAddress: '127.0.0.1:50123',
    serverVersion: '18.0',
    upstreamEncrypted: true,
    upstreamProcessId: 4711,
    gateVersion: '0.1.0',
    ...change,
  };
}

export function statement(number: number, change: Partial<Body<'statement'>> = {}): RecordBody {
  return {
    type: 'statement',
    statement: number,
    protocol: 'extended',
    text: `SELECT id, email FROM customers WHERE id = ${number}`,
    textDigest: null,
    parameters: [],
    transaction: 'idle',
    effects: { kinds: ['read'], reads: ['public.customers'], writes: [], functions: [], understood: true },
    verdict: 'allow',
    rule: { id: 'read', title: 'Reads are allowed', reason: 'It only reads.', hint: null },
    digest: 'd'.repeat(64),
    ...change,
  };
}

export function outcome(
  number: number,
  change: Partial<Body<'outcome'>['outcome']> = {},
  rowsRecorded = change.rows ?? 1,
): RecordBody {
  return {
    type: 'outcome',
    statement: number,
    outcome: {
      status: 'ok',
      tags: ['SELECT 1'],
      sqlstate: null,
      message: null,
      rows: 1,
      durationMs: 4,
      waitedMs: 0,
      maskedColumns: [],
      ...change,
    },
    rowsRecorded,
    bytes: 120,
    rowsDigest: 'e'.repeat(64),
  };
}

export const sessionEnd: RecordBody = { type: 'session_end', reason: 'client_terminated' };

/** A closed journal with these records; returns its path and signer. */
export async function writtenJournal(
  bodies: readonly RecordBody[],
  options: Partial<JournalOptions> = {},
): Promise<{ path: string; folder: string; signer: Signer }> {
  const folder = options.folder ?? temporaryFolder();
  const signer = options.signer ?? newSigner();
  const journal = createJournal({ folder, name: 's-1', clock: steppingClock(), ...options, signer });
  for (const body of bodies) journal.append(body);
  await journal.close();
  return { path: journal.path, folder, signer };
}

/** A small session: start, `count` statements with outcomes, end. */
export function smallSession(count: number): RecordBody[] {
  const statements = Array.from({ length: count }, (_, index) => [statement(index + 1), outcome(index + 1)]);
  return [sessionStart(), ...statements.flat(), sessionEnd];
}
