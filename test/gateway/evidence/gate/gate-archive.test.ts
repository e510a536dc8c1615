import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createArchive } from '../../../../src/gateway/evidence/archive.ts';
import { createGateArchive, type GateArchive } from '../../../../src/gateway/evidence/gate/gate-archive.ts';
import type { RecordBody } from '../../../../src/gateway/journal/records.ts';
import {
  newSigner,
  outcome,
  sessionEnd,
  sessionStart,
  startTime,
  statement,
  steppingClock,
  temporaryFolder,
  writtenJournal,
} from '../../journal/support.ts';

const signer = newSigner();
const resourcesFolder = join(import.meta.dirname, '../../../../resources');
const early = 'gate-20260302T090000000Z-1';
const late = 'gate-20260302T100000000Z-2';
const hour = 3_600_000;
let journals: string;
let folder: string;
let gate: GateArchive;

beforeEach(() => {
  journals = temporaryFolder();
  folder = join(journals, 'gate');
  mkdirSync(folder);
  gate = createGateArchive({
    folder,
    publicKey: signer.publicKeyPem,
    live: () => late,
    resourcesFolder,
    generatorVersion: '0.1.0',
    now: () => startTime + 5 * hour,
  });
});

const change = (what: string): RecordBody => ({ type: 'settings_changed', what, by: 'maria' });
const refusal: RecordBody = {
  type: 'login_refused',
  stage: 'log_in',
  clientAddress: '127.0.0.1:5',
  user: 'x',
  database: 'shop',
  reason: 'no agent has this key',
};
const write = (name: string, bodies: readonly RecordBody[], start: number) =>
  writtenJournal(bodies, { folder, name, signer, clock: steppingClock(1000, start) });
const bothJournals = async (): Promise<void> => {
  await write(early, [change('one'), change('two')], startTime);
  await write(late, [change('three'), change('four')], startTime + hour);
};
const texts = ({ events }: { readonly events: readonly { readonly text: string }[] }) => events.map(({ text }) => text);

describe('the events', () => {
  test('come newest first over all starts of the gate, a page at a time', async () => {
    await bothJournals();
    const first = await gate.events({ limit: 3 });
    expect([texts(first), first.more, first.damaged]).toEqual([['Four.', 'Three.', 'Two.'], true, []]);
    const rest = await gate.events({ limit: 3, before: first.events.at(-1)?.id });
    expect([texts(rest), rest.more]).toEqual([['One.'], false]);
  });

  test('are those of a period, oldest first', async () => {
    await bothJournals();
    const { at } = (await gate.events({ limit: 1 })).events[0] ?? { at: 0 };
    const found = await gate.between({ since: startTime, until: at - 1 });
    expect(found.map(({ text }) => text)).toEqual(['One.', 'Two.', 'Three.']);
    expect(await gate.between({ since: 0, until: startTime - 1 })).toEqual([]);
  });

  test('of a journal that grows are read anew', async () => {
    await write(early, [change('one')], startTime);
    expect(texts(await gate.events({ limit: 9 }))).toEqual(['One.']);
    await write(late, [change('two')], startTime + hour);
    expect(texts(await gate.events({ limit: 9 }))).toEqual(['Two.', 'One.']);
  });

  test('are none before the gate ever started', async () => {
    const none = createGateArchive({
      ...{ folder: join(folder, 'none'), publicKey: null, live: () => null, resourcesFolder, generatorVersion: '0' },
    });
    expect(await none.events({ limit: 9 })).toEqual({ events: [], more: false, damaged: [] });
    expect(await none.verify()).toEqual({ ok: true, journals: [] });
  });

  test('of a broken journal are shown as far as they go, and it is named', async () => {
    await bothJournals();
    const path = join(folder, `${early}.journal`);
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${lines.slice(0, 2).join('\n')}\nnonsense\n${lines.slice(3).join('\n')}`);
    expect(await gate.events({ limit: 9 })).toMatchObject({ more: false, damaged: [early] });
  });
});

describe('verification', () => {
  test('looks at each journal and says which is being written', async () => {
    await bothJournals();
    const { ok, journals: checked } = await gate.verify();
    expect([ok, checked.map(({ name, live, verification }) => [name, live, verification.sealedToTheEnd])]).toEqual([
      true,
      [
        [early, false, true],
        [late, true, true],
      ],
    ]);
  });

  test('finds a refusal that was taken out', async () => {
    await write(early, [change('one'), refusal, change('two')], startTime);
    const path = join(folder, `${early}.journal`);
    const kept = readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !line.includes('login_refused'));
    writeFileSync(path, kept.join('\n'));
    const { ok, journals: checked } = await gate.verify();
    expect(ok).toBe(false);
    expect(checked[0]?.verification.findings.length).toBeGreaterThan(0);
  });
});

describe('the succession of journals', () => {
  const start = (previous: { name: string; headHash: string } | null): RecordBody => ({
    ...{ type: 'gate_start', version: '1', listeners: [], operatingSystemUser: 'maria' },
    previous,
  });
  const third = 'gate-20260302T110000000Z-3';
  const three = async (): Promise<void> => {
    await write(early, [start(null)], startTime);
    await write(late, [start({ name: early, headHash: await headOf(early) })], startTime + hour);
    await write(third, [start({ name: late, headHash: await headOf(late) })], startTime + 2 * hour);
  };
  const headOf = async (name: string): Promise<string> =>
    (await gate.verify()).journals.find((one) => one.name === name)?.verification.headHash ?? '';
  const faults = async (): Promise<string[]> =>
    (await gate.verify()).journals.flatMap(({ verification }) => verification.findings.map(({ message }) => message));

  test('is whole when each names the one before it, also when the oldest were put away', async () => {
    await three();
    expect(await faults()).toEqual([]);
    rmSync(join(folder, `${early}.journal`));
    expect(await faults()).toEqual([]);
  });

  test('misses one that was taken out of the middle', async () => {
    await three();
    rmSync(join(folder, `${late}.journal`));
    expect(await faults()).toEqual([`The journal ${late}, which ${third} followed, is missing.`]);
  });

  test('sees one that was signed anew in the place of another', async () => {
    await three();
    const head = await headOf(late);
    rmSync(join(folder, `${late}.journal`));
    await write(late, [start({ name: early, headHash: await headOf(early) }), change('nothing')], startTime + hour);
    expect(await faults()).toEqual([
      `The journal ${late} is another one than ${third} followed: its head hash was ${head}.`,
    ]);
  });
});

describe('a report', () => {
  test('of a period is a PDF, the same bytes each time', async () => {
    await bothJournals();
    await write('gate-20260302T110000000Z-3', [refusal], startTime + 2 * hour);
    const period = { since: startTime, until: startTime + 4 * hour };
    const one = await gate.report(period, 'maria');
    expect(one).toEqual(await gate.report(period, 'maria'));
    expect(one).toMatchObject({ fileName: 'postern-gate-2026-03-02-to-2026-03-02.pdf', pages: 3 });
    expect(Buffer.from(one.pdf, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
  });

  test('of a session has the events of its time', async () => {
    const session = (name: string) =>
      writtenJournal([sessionStart({ sessionId: name }), statement(1), outcome(1), sessionEnd], {
        ...{ folder: journals, name, signer, clock: steppingClock(10, startTime) },
      });
    await session('s-1');
    const archive = createArchive({
      ...{ folder: journals, publicKey: signer.publicKeyPem, isLive: () => false, resourcesFolder, gate },
      now: () => startTime + hour,
    });
    const without = await archive.report('s-1');
    await write(early, [refusal], startTime - 980); // the header, then the refusal a second later
    const withIt = await archive.report('s-1');
    expect(withIt.pages).toBe(without.pages + 1);
  });
});
