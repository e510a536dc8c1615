import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { JournalError } from '../../../src/gateway/journal/errors.ts';
import { readJournal } from '../../../src/gateway/journal/reader.ts';
import { verifyJournal } from '../../../src/gateway/journal/verifier.ts';
import { createJournal, type JournalFiles } from '../../../src/gateway/journal/writer.ts';
import { newSigner, sessionEnd, sessionStart, statement, steppingClock, temporaryFolder } from './support.ts';

const signer = newSigner();

function journalOn(files: Partial<JournalFiles> = {}, folder = join(temporaryFolder(), 'journals')) {
  return createJournal({ folder, name: 's-1', signer, clock: steppingClock(), files: { ...fs, ...files } });
}

/** The code of the JournalError that `act` throws or rejects with. */
async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof JournalError) return error.code;
    throw error;
  }
  return 'no error';
}

const failing = (code: string) => Object.assign(new Error(code), { code });

describe('a new journal', () => {
  it('is a file of its owner alone, in a folder of its owner alone', async () => {
    const journal = journalOn();
    await journal.close();
    const modes = [journal.path, join(journal.path, '..')].map((path) => (fs.statSync(path).mode & 0o777).toString(8));
    expect(modes).toEqual(['600', '700']);
  });

  it('never takes over an existing file', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, 's-1.journal'), 'mine');
    expect(await codeOf(() => journalOn({}, folder))).toBe('journal_exists');
    expect(fs.readFileSync(join(folder, 's-1.journal'), 'utf8')).toBe('mine');
  });

  it('needs a folder that can be written', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(join(folder, 'file'), '');
    expect(await codeOf(() => journalOn({}, join(folder, 'file', 'journals')))).toBe('journal_unwritable');
  });

  it.each(['../up', 'a/b', '', '.hidden', 'a\u0000b'])('is not named %j', async (name) => {
    expect(await codeOf(() => createJournal({ folder: temporaryFolder(), name, signer, clock: Date.now }))).toBe(
      'journal_name_invalid',
    );
  });

  it('has its folder synced before anything else is done', async () => {
    const calls: string[] = [];
    const journal = journalOn({
      fsyncSync: (file) => {
        calls.push('fsync');
        fs.fsyncSync(file);
      },
      writeSync: (file, data) => {
        calls.push('write');
        return fs.writeSync(file, data);
      },
    });
    await journal.close();
    expect(calls).toEqual(['fsync', 'write', 'write']);
  });
});

describe('appending', { timeout: 30_000 }, () => {
  it('is read back in order, with any text in it', async () => {
    const journal = journalOn();
    const odd = statement(1, { text: 'SELECT \u0000 \ud800 "\\ \u2028\n\u202e ünï 漢字 🎈' });
    for (const body of [sessionStart(), odd, sessionEnd]) journal.append(body);
    await journal.close();
    expect([...readJournal(journal.path)]).toEqual([
      { seq: 2, time: expect.any(Number), body: sessionStart() },
      { seq: 3, time: expect.any(Number), body: odd },
      { seq: 4, time: expect.any(Number), body: sessionEnd },
    ]);
    expect(verifyJournal(journal.path, signer.publicKeyPem)).toMatchObject({ ok: true, sealedToTheEnd: true });
  });

  it('has reached the operating system when it returns: a killed process loses nothing', () => {
    const folder = temporaryFolder();
    const modules = join(import.meta.dirname, '../../../src/gateway/journal');
    const script = `
      import { createJournal } from '${modules}/writer.ts';
      import { loadOrCreateSigner } from '${modules}/signer.ts';
      const journal = createJournal({ folder: ${JSON.stringify(folder)}, name: 's-1', signer: loadOrCreateSigner(${JSON.stringify(folder)}), clock: Date.now });
      for (let n = 1; n <= 300; n += 1) journal.append({ type: 'gate_stop', reason: String(n) });
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawnSync(process.execPath, ['--input-type=module', '--import', typescriptLoader(), '-e', script], {
      encoding: 'utf8',
    });
    expect({ signal: child.signal, error: child.stderr }).toEqual({ signal: 'SIGKILL', error: '' });
    const path = join(folder, 's-1.journal');
    const publicKey = fs.readFileSync(join(folder, 'journal-signing-key.pub.pem'), 'utf8');
    expect([...readJournal(path)].map(({ body }) => body)).toEqual(
      Array.from({ length: 300 }, (_, index) => ({ type: 'gate_stop', reason: String(index + 1) })),
    );
    expect(verifyJournal(path, publicKey)).toMatchObject({ ok: true, checkpoints: 1, sealedToTheEnd: false });
  });

  it('on a disk that takes part of a record cuts it off, says so, and is over', async () => {
    let writes = 0;
    const journal = journalOn({
      writeSync: (file, data) => {
        writes += 1;
        return fs.writeSync(file, writes === 4 ? data.subarray(0, 100) : data);
      },
    });
    journal.append(sessionStart());
    journal.append(statement(1));
    expect(await codeOf(() => journal.append(statement(2)))).toBe('journal_full');
    expect(await codeOf(() => journal.append(statement(3)))).toBe('journal_full');
    expect(await codeOf(() => journal.sync())).toBe('journal_full');
    expect(await codeOf(() => journal.close())).toBe('journal_full');
    expect([...readJournal(journal.path)].map(({ body }) => body)).toEqual([sessionStart(), statement(1)]);
    expect(verifyJournal(journal.path, signer.publicKeyPem)).toMatchObject({ ok: true, sealedToTheEnd: false });
  });

  it.each([
    ['ENOSPC', 'journal_full'],
    ['EDQUOT', 'journal_full'],
    ['EIO', 'journal_write_failed'],
  ])('that fails with %s throws %s, and the next one does, too', async (system, code) => {
    let broken = false;
    const journal = journalOn({
      writeSync: (file, data) => {
        if (broken) throw failing(system);
        return fs.writeSync(file, data);
      },
    });
    broken = true;
    expect(await codeOf(() => journal.append(statement(1)))).toBe(code);
    broken = false;
    expect(await codeOf(() => journal.append(statement(1)))).toBe(code);
    expect(await codeOf(() => journal.close())).toBe(code);
  });

  it('after close is refused', async () => {
    const journal = journalOn();
    await journal.close();
    await journal.close();
    expect(await codeOf(() => journal.append(sessionEnd))).toBe('journal_closed');
    await expect(journal.sync()).resolves.toBeUndefined();
  });
});

describe('syncing', () => {
  /** fdatasync calls that the test ends itself. */
  function heldSyncs() {
    const held: ((error: Error | null) => void)[] = [];
    const fdatasync: JournalFiles['fdatasync'] = (_, done) => void held.push(done);
    return { held, fdatasync };
  }

  it('is shared by callers, but never with one that began before their record', async () => {
    const { held, fdatasync } = heldSyncs();
    const journal = journalOn({ fdatasync });
    const settled: string[] = [];
    const sync = (name: string) => journal.sync().then(() => settled.push(name));
    const first = sync('first');
    journal.append(statement(1));
    const second = sync('second');
    journal.append(statement(2));
    const third = sync('third');
    expect(held).toHaveLength(1);
    held[0]?.(null);
    await first;
    expect(settled).toEqual(['first']);
    await expect.poll(() => held.length).toBe(2);
    held[1]?.(null);
    await Promise.all([second, third]);
    expect(settled).toEqual(['first', 'second', 'third']);
    await journal.sync();
    expect(held).toHaveLength(2);
  });

  it('that failed once is never believed again', async () => {
    const { held, fdatasync } = heldSyncs();
    const journal = journalOn({ fdatasync });
    const first = codeOf(() => journal.sync());
    const second = codeOf(() => journal.sync());
    held[0]?.(failing('EIO'));
    expect(await Promise.all([first, second])).toEqual(['journal_sync_failed', 'journal_sync_failed']);
    expect(await codeOf(() => journal.append(statement(1)))).toBe('journal_sync_failed');
    expect(await codeOf(() => journal.sync())).toBe('journal_sync_failed');
    expect(await codeOf(() => journal.close())).toBe('journal_sync_failed');
    expect(held).toHaveLength(1);
  });
});

/** Node 20 strips no types: a loader hook lets the child run our TypeScript. */
function typescriptLoader(): string {
  const hook = `
    import { readFileSync } from 'node:fs';
    import { fileURLToPath } from 'node:url';
    import ts from '${pathToFileURL(join(import.meta.dirname, '../../../node_modules/typescript/lib/typescript.js'))}';
    export async function load(url, context, next) {
      if (!url.endsWith('.ts')) return next(url, context);
      const source = ts.transpileModule(readFileSync(fileURLToPath(url), 'utf8'), { compilerOptions: { module: 'ESNext', target: 'ES2023' } }).outputText;
      return { format: 'module', source, shortCircuit: true };
    }`;
  const encoded = `data:text/javascript,${encodeURIComponent(hook)}`;
  return `data:text/javascript,${encodeURIComponent(`import { register } from 'node:module'; register(${JSON.stringify(encoded)});`)}`;
}
