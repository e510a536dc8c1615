import { createPublicKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/gateway/journal/signer.ts';
import { verifyJournal } from '../../../src/gateway/journal/verifier.ts';
import fc from '../../support/property.ts';
import { newSigner, smallSession, writtenJournal } from './support.ts';

type Written = Awaited<ReturnType<typeof writtenJournal>>;
let journal: Written;
let whole: Buffer;
let lines: string[];

beforeAll(async () => {
  // 1 header, 22 records, and a checkpoint behind every fifth record and at the end: 28 lines.
  journal = await writtenJournal(smallSession(10), { checkpointEvery: 5 });
  whole = readFileSync(journal.path);
  lines = whole.toString('utf8').split('\n').slice(0, -1);
});

function verifyBytes(bytes: Buffer | string, key: string | null = journal.signer.publicKeyPem) {
  writeFileSync(journal.path, bytes);
  try {
    return verifyJournal(journal.path, key);
  } finally {
    writeFileSync(journal.path, whole);
  }
}

const verifyLines = (changed: readonly string[]) => verifyBytes(`${changed.join('\n')}\n`);
const faults = (answer: ReturnType<typeof verifyJournal>) =>
  answer.findings.map(({ code, record }) => ({ code, record }));

describe('a journal as it was written', () => {
  it('is found whole and sealed to its end', () => {
    const answer = verifyBytes(whole);
    expect(answer).toEqual({
      ok: true,
      records: 22,
      checkpoints: 5,
      sealedToTheEnd: true,
      headHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      keyFingerprint: fingerprintOf(createPublicKey(journal.signer.publicKeyPem)),
      findings: [],
    });
  });

  it('without a key is not called proven', () => {
    const answer = verifyBytes(whole, null);
    expect({ ok: answer.ok, sealed: answer.sealedToTheEnd, faults: faults(answer) }).toEqual({
      ok: false,
      sealed: false,
      faults: [{ code: 'key_missing', record: null }],
    });
  });

  it('under another key is foreign in its header and in every checkpoint', () => {
    const answer = verifyBytes(whole, newSigner().publicKeyPem);
    expect(faults(answer)).toEqual([1, 7, 13, 19, 25, 28].map((record) => ({ code: 'foreign_key', record })));
  });

  it('under another name is found', () => {
    const other = journal.path.replace('s-1', 's-2');
    writeFileSync(other, whole);
    const named = new Set(verifyJournal(other, journal.signer.publicKeyPem).findings.map(({ code }) => code));
    expect(named).toEqual(new Set(['name_mismatch', 'checkpoint_mismatch']));
  });
});

describe('one fault gets one finding', () => {
  const changed = (index: number, from: string, to: string) =>
    lines.map((line, at) => (at === index ? line.replace(from, to) : line));

  it.each([2, 3, 9, 26])('a changed record %i', (record) => {
    expect(faults(verifyLines(changed(record - 1, '"body":{', '"body":{ ')))).toEqual([
      { code: 'record_changed', record },
    ]);
  });

  it('a changed number', () => {
    expect(faults(verifyLines(changed(3, '"seq":4', '"seq":41')))).toEqual([{ code: 'record_changed', record: 4 }]);
  });

  it('a changed link', () => {
    expect(
      faults(
        verifyLines(
          changed(3, '"prev":"', '"prev":"0').map((line) => line.replace(/("prev":"[0-9a-f]{64})[0-9a-f]"/, '$1"')),
        ),
      ),
    ).toEqual([{ code: 'record_changed', record: 4 }]);
  });

  it('a removed record', () => {
    expect(faults(verifyLines(lines.filter((_, at) => at !== 8)))).toEqual([{ code: 'records_missing', record: 9 }]);
  });

  it('removed neighbours', () => {
    expect(verifyLines(lines.filter((_, at) => at < 8 || at > 10)).findings).toEqual([
      { code: 'records_missing', record: 9, message: 'Records 9 to 11 are missing.' },
    ]);
  });

  it('a record that was moved', () => {
    const [four = '', five = ''] = lines.slice(3, 5);
    expect(faults(verifyLines([...lines.slice(0, 3), five, four, ...lines.slice(5)]))).toEqual([
      { code: 'record_moved', record: 4 },
    ]);
  });

  it('a record that was written twice', () => {
    expect(faults(verifyLines([...lines.slice(0, 4), lines[3] ?? '', ...lines.slice(4)]))).toEqual([
      { code: 'record_inserted', record: 4 },
    ]);
  });

  it('a line of another kind', () => {
    expect(faults(verifyLines(lines.map((line, at) => (at === 3 ? 'hello' : line))))).toEqual([
      { code: 'record_unreadable', record: 4 },
    ]);
  });

  it('a line behind the closing checkpoint', () => {
    const answer = verifyLines([...lines, lines[27] ?? '']);
    expect(faults(answer)).toEqual([
      { code: 'record_inserted', record: 28 },
      { code: 'written_after_close', record: 29 },
    ]);
  });

  it('a torn last line', () => {
    const answer = verifyBytes(whole.subarray(0, -20));
    expect({ faults: faults(answer), sealed: answer.sealedToTheEnd }).toEqual({
      faults: [{ code: 'torn_tail', record: 28 }],
      sealed: false,
    });
  });

  it('a header that is gone', () => {
    expect(faults(verifyLines(lines.slice(1)))).toEqual([
      { code: 'header_missing', record: 1 },
      { code: 'records_missing', record: 1 },
    ]);
  });

  it('an empty file', () => {
    expect(faults(verifyBytes(''))).toEqual([{ code: 'header_missing', record: 1 }]);
  });

  it('a wrong signature', () => {
    const forged = lines.map((line, at) => (at === 27 ? line.replace('state closed', 'state open') : line));
    expect(faults(verifyLines(forged))).toEqual([{ code: 'signature_wrong', record: 28 }]);
  });
});

describe('an end that was cut off', () => {
  it.each([27, 26, 25, 7, 2])('at a whole line (%i kept) is not sealed', (kept) => {
    const answer = verifyLines(lines.slice(0, kept));
    expect({ ok: answer.ok, sealed: answer.sealedToTheEnd }).toEqual({ ok: true, sealed: false });
  });
});

describe('whatever is done to the bytes', { timeout: 30_000 }, () => {
  const untouched = (answer: ReturnType<typeof verifyJournal>) => answer.ok && answer.sealedToTheEnd;

  it('a flipped bit anywhere is found', () => {
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        expect(untouched(verifyBytes(bytes))).toBe(false);
      }),
      { numRuns: 400 },
    );
  });

  it('every bit of the last line counts', () => {
    const start = whole.length - Buffer.byteLength(lines[27] ?? '') - 1;
    for (let at = start; at < whole.length; at += 1) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      expect({ at, found: !untouched(verifyBytes(bytes)) }).toEqual({ at, found: true });
    }
  });

  it('a dropped, repeated or moved line is found', () => {
    const index = fc.nat(27);
    fc.assert(
      fc.property(index, index, (one, other) => {
        expect(untouched(verifyLines(lines.filter((_, at) => at !== one)))).toBe(false);
        const line = lines[one] ?? '';
        expect(untouched(verifyLines([...lines.slice(0, other), line, ...lines.slice(other)]))).toBe(false);
        if (one === other) return;
        const swapped = lines.map((text, at) => (at === one ? lines[other] : at === other ? line : text) ?? '');
        expect(untouched(verifyLines(swapped))).toBe(false);
      }),
    );
  });
});
