import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { ApprovalRequest, ApprovalState } from '../../../src/contract/index.ts';
import { readJournal } from '../../../src/gateway/journal/reader.ts';
import type { RecordBody } from '../../../src/gateway/journal/records.ts';
import { flush, query, sync } from '../../../src/gateway/wire/encode-frontend.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { startGate, type TestGate, until } from '../../support/gate.ts';
import { RawClient, told } from '../../support/raw-client.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { type Fate, run, type Shape, shapes, touch } from './hold-shapes.ts';

let database: TestDatabase;
let wire: TcpProxy;
let patient: TestGate;
let hasty: TestGate;
/** The latest request of each session, by the name that the client gave. */
const requests = new Map<string, ApprovalRequest>();

beforeAll(async () => {
  database = await createDatabase(`
    CREATE TABLE cell (id int PRIMARY KEY, touched int NOT NULL DEFAULT 0);
    INSERT INTO cell SELECT n, 0 FROM generate_series(1, 2000) n;
    INSERT INTO cell SELECT n + 100000, 0 FROM generate_series(1, 2000) n;
    CREATE FUNCTION touch(int) RETURNS int LANGUAGE plpgsql
      AS $$ BEGIN UPDATE cell SET touched = touched + 1 WHERE id = $1; RETURN 1; END $$;
  `);
  wire = await startTcpProxy(inject('postgres'));
  const upstream = { host: wire.host, port: wire.port };
  patient = await startGate({ database: database.name, upstream, deadlineMs: 60_000 });
  hasty = await startGate({ database: database.name, upstream, deadlineMs: 150 });
  for (const { gateway } of [patient, hasty]) {
    gateway.approvals.onChange((request) => requests.set(request.applicationName ?? '', request));
  }
});
afterAll(async () => {
  await patient.stop();
  await hasty.stop();
  await wire.close();
  await database.drop();
});

/** A cell at work: one session with a row of its own. */
class Cell {
  static #count = 0;
  readonly id: number;
  readonly name: string;
  readonly gate: TestGate;
  readonly client: RawClient;
  readonly sessionId: string;

  private constructor(id: number, gate: TestGate, client: RawClient) {
    this.id = id;
    this.name = `cell ${id}`;
    this.gate = gate;
    this.client = client;
    const live = gate.gateway.liveSessions().find(({ summary }) => summary.applicationName === this.name);
    if (live === undefined) throw new Error('the session is not live');
    this.sessionId = live.summary.id;
  }

  static async open(gate: TestGate): Promise<Cell> {
    const id = ++Cell.#count;
    return new Cell(id, gate, await RawClient.logIn(gate.address, { application_name: `cell ${id}` }));
  }

  /** Sends one thing and waits for its ReadyForQuery; what it holds is approved. Returns what was heard. */
  async settle(frames: readonly Buffer[]): Promise<string[]> {
    const before = requests.get(this.name)?.id;
    this.client.send(...frames);
    let heard: string[] | null = null;
    void this.client.untilReady().then((got) => {
      heard = told(got);
    });
    return until(() => {
      const request = requests.get(this.name);
      if (request?.state === 'pending' && request.id !== before) this.decide('approve', request);
      return heard;
    });
  }

  held(): Promise<ApprovalRequest> {
    return until(() => {
      const request = requests.get(this.name);
      return request?.state === 'pending' ? request : null;
    });
  }

  ended(state: ApprovalState): Promise<true> {
    return until(() => requests.get(this.name)?.state === state || null);
  }

  decide(action: 'approve' | 'deny', { id, digest }: ApprovalRequest): void {
    this.gate.gateway.approvals.decide({ id, digest, action, by: 'test', via: 'memory' });
  }

  /** The backend as the server sees it, with the locks it has on tables; null when it is gone. */
  async backend(): Promise<{ state: string; port: number; locks: number } | null> {
    const { rows } = await database.query(
      `SELECT state, client_port AS port, (SELECT count(*)::int FROM pg_locks WHERE pid = $1 AND locktype = 'relation') AS locks
       FROM pg_stat_activity WHERE pid = $1`,
      [this.client.key.processId],
    );
    return rows[0] ?? null;
  }

  async touched(): Promise<number> {
    const text = 'SELECT sum(touched)::int AS touched FROM cell WHERE id % 100000 = $1';
    return (await database.query(text, [this.id])).rows[0].touched;
  }

  records(): RecordBody[] {
    return [...readJournal(join(this.gate.journalFolder, `${this.sessionId}.journal`))].map(({ body }) => body);
  }

  /** Outcomes of the statements, in the order they came; null of one that has none yet. */
  outcomes(): (string | null)[] {
    const records = this.records();
    const outcomes = new Map(
      records.flatMap((body) => (body.type === 'outcome' ? [[body.statement, body.outcome.status] as const] : [])),
    );
    return records.flatMap((body) => (body.type === 'statement' ? [outcomes.get(body.statement) ?? null] : []));
  }
}

interface Held {
  readonly cell: Cell;
  readonly shape: Shape;
  readonly inTransaction: boolean;
  /** Statements recorded before anything of the shape was sent. */
  readonly recorded: number;
}

/** Brings a session to where its statement is held, and sees that the server knows nothing of it. */
async function hold(gate: TestGate, shape: Shape, inTransaction: boolean): Promise<Held> {
  const cell = await Cell.open(gate);
  const { before = [] } = shape;
  for (const frame of grouped(typeof before === 'function' ? before(cell.id) : before)) await cell.settle(frame);
  if (inTransaction) await cell.settle([query('BEGIN')]);
  for (const frame of grouped(shape.within?.(cell.id) ?? [])) await cell.settle(frame);
  const recorded = cell.outcomes().length;
  cell.client.send(...shape.send(cell.id));
  return { cell, shape, inTransaction, recorded };
}

/** Frames up to each that the server answers with ReadyForQuery. */
function grouped(frames: readonly Buffer[]): Buffer[][] {
  const groups: Buffer[][] = [[]];
  for (const frame of frames) {
    groups.at(-1)?.push(frame);
    if (frame[0] === 0x51 || frame[0] === 0x53) groups.push([]);
  }
  return groups.filter((group) => group.length > 0);
}

const early = ({ shape, inTransaction }: Held): { heard: readonly string[]; outcomes: readonly string[] } =>
  shape.early?.(inTransaction) ?? { heard: [], outcomes: [] };

/** While it is held: the client heard what came before and one notice, and the server has nothing of it and no lock. */
async function expectHeld(held: Held): Promise<ApprovalRequest> {
  const { cell, inTransaction } = held;
  const request = await cell.held();
  const frames = await cell.client.untilKind('N');
  expect(told(frames)).toEqual(early(held).heard);
  expect(frames.at(-1)?.toString('latin1')).toContain('Postern holds this statement');
  expect(request.transaction).toBe(inTransaction ? 'open' : 'idle');
  expect(await cell.backend()).toMatchObject({ state: inTransaction ? 'idle in transaction' : 'idle', locks: 0 });
  expect(await cell.touched()).toBe(0);
  return request;
}

/** The session goes on: everything was answered as foretold, COMMIT is what the server says it is, and the journal has it all. */
async function expectAnswered(held: Held, fate: Fate, state: ApprovalState): Promise<void> {
  const { cell, shape, inTransaction, recorded } = held;
  const expected = shape.answer(fate, inTransaction);
  const readies = expected.heard.filter((line) => line.startsWith('Z')).length;
  expect(told(await cell.client.untilReady(readies))).toEqual(expected.heard);
  if (inTransaction) {
    cell.client.send(query('COMMIT'));
    expect(told(await cell.client.untilReady())).toEqual([fate.ran ? 'C COMMIT' : 'C ROLLBACK', 'Z I']);
  }
  cell.client.send(query('SELECT 42'));
  expect(told(await cell.client.untilReady())).toEqual(['T ?column?', 'D 42', 'C SELECT 1', 'Z I']);
  expect(await cell.touched()).toBe(fate.ran ? (shape.touches?.(inTransaction) ?? 1) : 0);
  expect(requests.get(cell.name)?.state).toBe(state);
  const after = Array(inTransaction ? 2 : 1).fill('ok');
  expect(cell.outcomes().slice(recorded)).toEqual([...early(held).outcomes, ...expected.outcomes, ...after]);
  cell.client.close();
}

/** The session is over: nothing ran, the request is withdrawn, the server has no backend of it, and the journal is complete. */
async function expectOver(held: Held, reason: string): Promise<void> {
  const { cell, shape, recorded } = held;
  await cell.ended('withdrawn');
  await until(async () => ((await cell.backend()) === null ? true : null), 2000);
  const last = await until(() => {
    const record = cell.records().at(-1);
    return record?.type === 'session_end' ? record : null;
  });
  expect(last.reason).toContain(reason);
  expect(await cell.touched()).toBe(0);
  const unsent = shape.unsent.map((status) => (status === 'held' ? 'refused' : status));
  expect(cell.outcomes().slice(recorded)).toEqual([...early(held).outcomes, ...unsent]);
  await until(() => cell.gate.gateway.liveSessions().every(({ summary }) => summary.id !== cell.sessionId) || null);
}

const cells = shapes.flatMap((shape) => shape.where.map((where) => ({ shape, where, name: shape.name })));
const denied = { ran: false, sqlstate: '42501', outcome: 'refused' } as const;

describe.concurrent.each(cells)('$name, $where', ({ shape, where }) => {
  const inTransaction = where === 'in a transaction';

  test('runs once it is approved', async () => {
    const held = await hold(patient, shape, inTransaction);
    held.cell.decide('approve', await expectHeld(held));
    await expectAnswered(held, { ran: true }, 'approved');
  });

  test('is refused when denied', async () => {
    const held = await hold(patient, shape, inTransaction);
    held.cell.decide('deny', await expectHeld(held));
    await expectAnswered(held, denied, 'denied');
  });

  test('is refused at its deadline', async () => {
    const held = await hold(hasty, shape, inTransaction);
    expect(told(await held.cell.client.untilKind('N'))).toEqual(early(held).heard);
    await expectAnswered(held, denied, 'expired');
  });

  test('answers a cancel with 57014', async () => {
    const held = await hold(patient, shape, inTransaction);
    await expectHeld(held);
    await RawClient.cancel(held.cell.gate.address, held.cell.client.key);
    await expectAnswered(held, { ran: false, sqlstate: '57014', outcome: 'cancelled' }, 'cancelled');
  });

  test('is withdrawn when its client goes away', async () => {
    const held = await hold(patient, shape, inTransaction);
    await expectHeld(held);
    held.cell.client.close();
    await expectOver(held, 'the client disconnected');
  });

  test('is withdrawn in the words of the server when that ends the session', async () => {
    const held = await hold(patient, shape, inTransaction);
    await expectHeld(held);
    await database.query('SELECT pg_terminate_backend($1)', [held.cell.client.key.processId]);
    expect(told(await held.cell.client.rest())).toEqual(['E 57P01']);
    await expectOver(held, 'the database closed the connection');
  });

  test('is withdrawn with 08006 when the wire to the server is cut', async () => {
    const held = await hold(patient, shape, inTransaction);
    await expectHeld(held);
    wire.cut((await held.cell.backend())?.port ?? 0);
    expect(told(await held.cell.client.rest())).toEqual(['E 08006']);
    await expectOver(held, 'the database closed the connection');
  });
});

describe.concurrent.each([false, true])(
  'a statement that would be held, behind one that fails (in a transaction: %s)',
  (inTransaction) => {
    const failed = inTransaction ? 'Z E' : 'Z I';
    const held = (id: number): Buffer[] => run(touch, String(id));
    const begin = async (): Promise<Cell> => {
      const cell = await Cell.open(patient);
      if (inTransaction) await cell.settle([query('BEGIN')]);
      return cell;
    };
    /** The session is in step, nothing ran, and the journal has `outcomes` behind those of BEGIN. */
    const expectSkipped = async (cell: Cell, outcomes: readonly string[]): Promise<void> => {
      expect(cell.outcomes().slice(inTransaction ? 1 : 0)).toEqual(outcomes);
      cell.client.send(query('ROLLBACK'));
      expect(told(await cell.client.untilReady())).toEqual(['C ROLLBACK', 'Z I']);
      expect(await cell.touched()).toBe(0);
      cell.client.close();
    };

    test('by a rule, in the same segment, is never asked about', async () => {
      const cell = await begin();
      cell.client.send(...run('SELECT 1'), ...run('DROP TABLE cell'), ...held(cell.id), ...run('SELECT 3'), sync());
      expect(told(await cell.client.untilReady())).toEqual(['1', '2', 'D 1', 'C SELECT 1', 'E 42501', failed]);
      expect(requests.has(cell.name)).toBe(false);
      await expectSkipped(cell, ['ok', 'refused', 'skipped', 'skipped']);
    });

    test('because it was denied, in the same segment, is never asked about', async () => {
      const cell = await begin();
      cell.client.send(...held(cell.id), ...held(cell.id), sync());
      const first = await cell.held();
      cell.decide('deny', first);
      expect(told(await cell.client.untilReady())).toEqual(['E 42501', failed]);
      expect(requests.get(cell.name)?.id).toBe(first.id);
      await expectSkipped(cell, ['refused', 'skipped']);
    });

    test('on the server, in the same segment, is skipped though it was approved', async () => {
      const cell = await begin();
      cell.client.send(...run('SELECT 1/0'), ...held(cell.id), sync());
      cell.decide('approve', await cell.held());
      expect(told(await cell.client.untilReady())).toEqual(['1', 'E 22012', failed]);
      expect(requests.get(cell.name)?.state).toBe('approved');
      await expectSkipped(cell, ['error', 'skipped']);
    });

    test('on the server, before a Flush of the same pipeline, is never asked about', async () => {
      const cell = await begin();
      cell.client.send(...run('SELECT 1/0'), flush(), ...held(cell.id), flush(), ...held(cell.id), sync());
      expect(told(await cell.client.untilReady())).toEqual(['1', 'E 22012', failed]);
      expect(requests.has(cell.name)).toBe(false);
      await expectSkipped(cell, ['error', 'skipped', 'skipped']);
    });

    test('on the server, with its error already heard, is never asked about', async () => {
      const cell = await begin();
      cell.client.send(...run('SELECT 1/0'), flush());
      expect(told(await cell.client.untilKind('E'))).toEqual(['1', 'E 22012']);
      cell.client.send(...held(cell.id), query(touch.replace('$1', String(cell.id))), ...held(cell.id), sync());
      expect(told(await cell.client.untilReady())).toEqual([failed]);
      expect(requests.has(cell.name)).toBe(false);
      await expectSkipped(cell, ['error', 'skipped', 'skipped', 'skipped']);
    });
  },
);
