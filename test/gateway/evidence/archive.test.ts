import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Archive, createArchive, EvidenceError } from '../../../src/gateway/evidence/archive.ts';
import { createJournal } from '../../../src/gateway/journal/writer.ts';
import {
  newSigner,
  outcome,
  sessionEnd,
  sessionStart,
  smallSession,
  startTime,
  statement,
  steppingClock,
  temporaryFolder,
  writtenJournal,
} from '../journal/support.ts';

const signer = newSigner();
const resourcesFolder = join(import.meta.dirname, '../../../resources');
let folder: string;
let live: Set<string>;
let archive: Archive;

beforeEach(() => {
  folder = temporaryFolder();
  live = new Set();
  archive = createArchive({
    folder,
    publicKey: () => signer.publicKeyPem,
    isLive: (sessionId) => live.has(sessionId),
    resourcesFolder,
    now: () => startTime + 3_600_000,
  });
});

function openJournal(name: string, start = startTime) {
  return createJournal({ folder, name, signer, clock: steppingClock(10, start) });
}

function write(name: string, change: Parameters<typeof sessionStart>[0] = {}, start = startTime) {
  return writtenJournal([sessionStart({ sessionId: name, ...change }), statement(1), outcome(1), sessionEnd], {
    folder,
    name,
    signer,
    clock: steppingClock(10, start),
  });
}

const idsOf = async (input: Parameters<Archive['list']>[0]) => (await archive.list(input)).map(({ id }) => id);

describe('the list of sessions', () => {
  it('is newest first and no longer than asked', async () => {
    await write('s-1', {}, startTime);
    await write('s-2', {}, startTime + 1000);
    await write('s-3', {}, startTime + 500);
    expect([await idsOf({ limit: 10 }), await idsOf({ limit: 2 })]).toEqual([
      ['s-2', 's-3', 's-1'],
      ['s-2', 's-3'],
    ]);
  });

  it('is filtered by words that are all to be found', async () => {
    await write('s-1', { agent: 'claude', connection: 'shop' });
    await write('s-2', { agent: 'cursor', connection: 'shop' });
    expect([await idsOf({ text: 'SHOP cur', limit: 10 }), await idsOf({ text: 'shop nobody', limit: 10 })]).toEqual([
      ['s-2'],
      [],
    ]);
  });

  it('is empty before there is a folder', async () => {
    const none = createArchive({ folder: join(folder, 'none'), publicKey: null, isLive: () => false, resourcesFolder });
    expect(await none.list({ limit: 10 })).toEqual([]);
  });

  it("leaves the gate's own journal out", async () => {
    await writtenJournal([{ type: 'gate_stop', reason: 'quit' }], { folder, name: 'gate-1', signer });
    expect(await idsOf({ limit: 10 })).toEqual([]);
  });

  it('follows a session that is being written', async () => {
    const journal = openJournal('s-1');
    live.add('s-1');
    journal.append(sessionStart());
    const first = await archive.list({ limit: 10 });
    journal.append(statement(1));
    journal.append(outcome(1, { rows: 5 }));
    const second = await archive.list({ limit: 10 });
    await journal.close();
    live.clear();
    const third = await archive.list({ limit: 10 });
    expect(
      [first, second, third].map(([one]) => [one?.live, one?.counts.statements, one?.counts.rows, one?.endReason]),
    ).toEqual([
      [true, 0, 0, null],
      [true, 1, 5, null],
      [false, 1, 5, 'interrupted'],
    ]);
  });

  it('shows a journal that was broken, as broken', async () => {
    const { path } = await write('s-1');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"body":{"type":"statement"', '"body":{"type":"nonsense"'));
    expect(await archive.list({ limit: 10 })).toEqual([
      expect.objectContaining({ id: 's-1', agent: 'claude', endReason: 'damaged' }),
    ]);
    await expect(archive.get('s-1')).rejects.toMatchObject({ code: 'journal_damaged' });
    expect(await archive.verify('s-1')).toMatchObject({ ok: false });
  });
});

describe('one session', { timeout: 30_000 }, () => {
  it('is told whole', async () => {
    await writtenJournal(smallSession(3), { folder, signer });
    const { summary, statements } = await archive.get('s-1');
    expect({
      counts: summary.counts,
      seqs: statements.map(({ seq }) => seq),
      records: (await archive.records('s-1')).length,
    }).toEqual({
      counts: { statements: 3, held: 0, refused: 0, errors: 0, rows: 3 },
      seqs: [1, 2, 3],
      records: 8,
    });
  });

  it('with a torn last line is told up to there', async () => {
    const { path } = await write('s-1');
    appendFileSync(path, '{"seq":99');
    expect((await archive.get('s-1')).statements).toHaveLength(1);
    expect(await archive.verify('s-1')).toMatchObject({ ok: false, findings: [{ code: 'torn_tail' }] });
  });

  it('is verified with the key of the installation', async () => {
    await write('s-1');
    expect(await archive.verify('s-1')).toMatchObject({
      ok: true,
      sealedToTheEnd: true,
      keyFingerprint: signer.fingerprint,
    });
  });

  it('is replayed', async () => {
    await write('s-1');
    expect((await archive.replay('s-1')).markers).toMatchObject([{ seq: 1, kind: 'allowed' }]);
  });

  it('is reported, twice with the same bytes', async () => {
    await write('s-1');
    const by = { generatedBy: 'maria', generatorVersion: '9.9.9' };
    const [one, other] = [await archive.report('s-1', by), await archive.report('s-1', by)];
    expect(one).toEqual(other);
    expect({ ...one, pdf: one.pdf.slice(0, 8) }).toEqual({
      fileName: 'postern-s-1.pdf',
      pages: 4,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      pdf: Buffer.from('%PDF-1').toString('base64').slice(0, 8),
    });
  });

  it.each(['nobody', '../s-1', 's-1/../s-1', '', 'a.b', '.', 's-1\u0000', 'x'.repeat(65)])(
    'named %j is not found by any door',
    async (name) => {
      await write('s-1');
      const doors = [
        archive.get(name),
        archive.records(name),
        archive.verify(name),
        archive.replay(name),
        archive.report(name),
      ];
      const answers = await Promise.allSettled(doors);
      expect(answers.map((answer) => answer.status === 'rejected' && answer.reason)).toEqual(
        doors.map(() => new EvidenceError(name)),
      );
    },
  );
});
