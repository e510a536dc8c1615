import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyJournal } from '../../../src/gateway/journal/verifier.ts';
import { newSigner, smallSession, writtenJournal } from './support.ts';

const script = join(import.meta.dirname, '../../../resources/verify/verify-journal.py');
const python = spawnSync('python3', ['--version']).status === 0;

let path: string;
let keyPath: string;
let publicKey: string;
let whole: Buffer;

beforeAll(async () => {
  const journal = await writtenJournal(smallSession(4), { checkpointEvery: 4 });
  path = journal.path;
  publicKey = journal.signer.publicKeyPem;
  keyPath = join(journal.folder, 'key.pem');
  writeFileSync(keyPath, publicKey);
  whole = readFileSync(path);
});

type Answer = 'whole' | 'faulty' | 'not sealed';

/** Ours always; the Python one where there is a Python: both must say the same. */
function answers(bytes: Buffer, key = keyPath): Answer[] {
  writeFileSync(path, bytes);
  const ours = verifyJournal(path, readFileSync(key, 'utf8'));
  const mine: Answer = !ours.ok ? 'faulty' : ours.sealedToTheEnd ? 'whole' : 'not sealed';
  if (!python) return [mine];
  const theirs = spawnSync('python3', [script, path, key], { encoding: 'utf8' });
  const meanings: Record<number, Answer> = { 0: 'whole', 1: 'faulty', 3: 'not sealed' };
  const said = meanings[theirs.status ?? -1];
  if (said === undefined) throw new Error(`verify-journal.py ended with ${theirs.status}: ${theirs.stderr}`);
  return [mine, said];
}

const bothSay = (answer: Answer): Answer[] => (python ? [answer, answer] : [answer]);
const cut = (lines: number) => Buffer.from(`${whole.toString('utf8').split('\n').slice(0, lines).join('\n')}\n`);

describe('two verifiers that share no code', { timeout: 30_000 }, () => {
  it('agree that a journal is whole', () => {
    expect(answers(whole)).toEqual(bothSay('whole'));
  });

  it('agree that an end was cut off', () => {
    expect([answers(cut(5)), answers(cut(6))]).toEqual([bothSay('not sealed'), bothSay('not sealed')]);
  });

  it('agree on a foreign key', () => {
    const other = `${keyPath}.other`;
    writeFileSync(other, newSigner().publicKeyPem);
    expect(answers(whole, other)).toEqual(bothSay('faulty'));
  });

  it('agree on a wrong signature', () => {
    const forged = whole
      .toString('utf8')
      .replace(/(\u2014 postern .{40})(.)/, (_, head: string, letter: string) => head + (letter === 'A' ? 'B' : 'A'));
    expect(answers(Buffer.from(forged))).toEqual(bothSay('faulty'));
  });

  it.each([0.1, 0.35, 0.6, 0.85, 0.999])('agree on a changed byte at %d of the file', (share) => {
    const bytes = Buffer.from(whole);
    const at = Math.floor(whole.length * share);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    expect(answers(bytes)).toEqual(bothSay('faulty'));
  });

  it('agree on a torn last line', () => {
    expect(answers(whole.subarray(0, -1))).toEqual(bothSay('faulty'));
  });
});
