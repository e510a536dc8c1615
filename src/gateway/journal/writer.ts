import { createPublicKey } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../contract/index.ts';
import { keyId, signCheckpoint } from './checkpoint.ts';
import { JournalError, systemCode } from './errors.ts';
import { formatLine, hashLine, journalFormat, type LineKind, noPrevious } from './format.ts';
import type { JournalWriter, RecordBody } from './records.ts';
import type { Signer } from './signer.ts';

/** The file operations of the writer; handed in so that a full or failing disk can be put under it. */
export interface JournalFiles {
  mkdirSync(path: string, options: { recursive: true; mode: number }): unknown;
  openSync(path: string, flags: number, mode?: number): number;
  writeSync(file: number, data: Buffer): number;
  ftruncateSync(file: number, length: number): void;
  fsyncSync(file: number): void;
  fdatasync(file: number, done: (error: Error | null) => void): void;
  closeSync(file: number): void;
}

export interface JournalOptions {
  /** Made with mode 0700 when absent. */
  readonly folder: string;
  /** The file is `<folder>/<name>.journal`; letters, digits, `_`, `.` and `-`. */
  readonly name: string;
  readonly signer: Signer;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** A signed checkpoint is written after so many records (and at close). */
  readonly checkpointEvery?: number;
  readonly files?: JournalFiles;
}

/** Between two checkpoints; an Ed25519 signature (about 50 µs) is thus spread over many records. */
const defaultCheckpointEvery = 256;
const validName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/**
 * Starts a journal: a new file (never an existing one), its header on disk and its folder entry synced before it returns.
 * Throws JournalError `journal_name_invalid`, `journal_exists`, `journal_unwritable`, `journal_full`, `journal_write_failed`.
 */
export function createJournal(options: JournalOptions): JournalWriter {
  if (!validName.test(options.name)) {
    throw new JournalError(
      'journal_name_invalid',
      `"${options.name}" cannot name a journal.`,
      'Use letters, digits, "_", "." and "-".',
    );
  }
  const files = options.files ?? fs;
  const path = join(options.folder, `${options.name}.journal`);
  return new FileJournal(options, path, files, open(options.folder, path, files));
}

function open(folder: string, path: string, files: JournalFiles): number {
  const { O_CREAT, O_EXCL, O_WRONLY, O_APPEND } = fs.constants;
  try {
    files.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = files.openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_APPEND, 0o600);
    syncFolder(folder, files);
    return file;
  } catch (error) {
    const exists = systemCode(error) === 'EEXIST';
    throw new JournalError(
      exists ? 'journal_exists' : 'journal_unwritable',
      exists
        ? `The journal ${path} exists already and is left as it is.`
        : `The journal ${path} cannot be created (${said(error)}).`,
      exists
        ? 'Every session needs a name of its own.'
        : 'Check that the folder exists, is writable for you and has free space.',
      { cause: error },
    );
  }
}

/** A new file survives a power loss only when its folder is synced too. Windows cannot open folders and needs none of it. */
function syncFolder(folder: string, files: JournalFiles): void {
  if (process.platform === 'win32') return;
  const handle = files.openSync(folder, fs.constants.O_RDONLY);
  try {
    files.fsyncSync(handle);
  } finally {
    files.closeSync(handle);
  }
}

class FileJournal implements JournalWriter {
  readonly path: string;
  readonly #options: JournalOptions;
  readonly #files: JournalFiles;
  readonly #file: number;
  readonly #keyId: Buffer;
  readonly #checkpointEvery: number;
  #seq = 0;
  #head = noPrevious;
  /** Bytes of whole lines in the file. */
  #length = 0;
  #sinceCheckpoint = 0;
  #syncedLength = 0;
  #syncing: Promise<void> | null = null;
  #nextSync: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** Once set, the journal is over: every later call throws it. */
  #dead: JournalError | null = null;

  constructor(options: JournalOptions, path: string, files: JournalFiles, file: number) {
    this.path = path;
    this.#options = options;
    this.#files = files;
    this.#file = file;
    this.#checkpointEvery = options.checkpointEvery ?? defaultCheckpointEvery;
    const publicKey = createPublicKey(options.signer.publicKeyPem);
    this.#keyId = keyId(publicKey);
    const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    try {
      this.#write(
        'header',
        JSON.stringify({ format: journalFormat, name: options.name, publicKey: key }),
        options.clock(),
      );
    } catch (error) {
      files.closeSync(file);
      throw error;
    }
  }

  append(body: RecordBody): void {
    if (this.#closing !== null) throw closed(this.path);
    this.#write('body', JSON.stringify(body), this.#options.clock());
    this.#sinceCheckpoint += 1;
    if (this.#sinceCheckpoint >= this.#checkpointEvery) this.#checkpoint('open');
  }

  sync(): Promise<void> {
    const settled = this.#syncedLength === this.#length && this.#syncing === null;
    if (settled && (this.#dead === null || this.#dead.code === 'journal_closed')) return Promise.resolve();
    if (this.#dead !== null) return Promise.reject(this.#dead);
    if (this.#syncing === null) return this.#startSync();
    // The one that runs may have begun before the caller's record: all who come now share the next.
    this.#nextSync ??= this.#syncing.then(() => {
      this.#nextSync = null;
      return this.#startSync();
    });
    return this.#nextSync;
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    try {
      this.#checkpoint('closed');
      await this.sync();
    } finally {
      this.#dead ??= closed(this.path);
      // A sync in flight uses the descriptor, which must not be given to another file meanwhile.
      await this.#syncing?.catch(() => undefined);
      this.#files.closeSync(this.#file);
    }
  }

  #checkpoint(state: 'open' | 'closed'): void {
    const time = Math.trunc(this.#options.clock());
    const claim = { name: this.#options.name, size: this.#seq, head: this.#head, time, state };
    this.#write('checkpoint', JSON.stringify(signCheckpoint(claim, this.#options.signer, this.#keyId)), time);
    this.#sinceCheckpoint = 0;
  }

  #write(kind: LineKind, json: string, time: number): void {
    if (this.#dead !== null) throw this.#dead;
    const line = Buffer.from(`${formatLine(this.#seq + 1, Math.trunc(time), this.#head, kind, json)}\n`, 'utf8');
    let written: number;
    try {
      written = this.#files.writeSync(this.#file, line);
    } catch (error) {
      const code = systemCode(error);
      throw this.#fail(
        code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG' ? 'journal_full' : 'journal_write_failed',
        error,
      );
    }
    // A filling disk takes part of a write without an error; ENOSPC comes only with the next one.
    if (written !== line.length) throw this.#fail('journal_full', null);
    this.#seq += 1;
    this.#length += line.length;
    this.#head = hashLine(line.subarray(0, -1));
  }

  #fail(code: 'journal_full' | 'journal_write_failed', cause: unknown): JournalError {
    let kept = `All ${this.#seq} lines before it are kept`;
    try {
      this.#files.ftruncateSync(this.#file, this.#length);
    } catch (error) {
      kept += `, followed by an incomplete one that could not be cut off (${said(error)})`;
    }
    const what = code === 'journal_full' ? 'the disk or quota is full' : said(cause);
    this.#dead = new JournalError(
      code,
      `A record could not be written to ${this.path}: ${what}. ${kept}.`,
      code === 'journal_full'
        ? 'Free space in the journal folder, then start a new session.'
        : 'Check the disk of the journal folder, then start a new session.',
      { cause },
    );
    return this.#dead;
  }

  #startSync(): Promise<void> {
    if (this.#dead !== null) return Promise.reject(this.#dead);
    const covered = this.#length;
    const running = new Promise<void>((resolve, reject) => {
      this.#files.fdatasync(this.#file, (error) => {
        this.#syncing = null;
        if (error === null) {
          this.#syncedLength = covered;
          return resolve();
        }
        // After one EIO the kernel may call lost pages clean and the next sync would succeed: never ask again.
        this.#dead ??= new JournalError(
          'journal_sync_failed',
          `The disk did not confirm the journal ${this.path} (${said(error)}): its latest records may not survive a power loss.`,
          'Check the disk of the journal folder, then start a new session.',
          { cause: error },
        );
        reject(this.#dead);
      });
    });
    this.#syncing = running;
    return running;
  }
}

function closed(path: string): JournalError {
  return new JournalError('journal_closed', `The journal ${path} is closed.`, 'Start a new session.');
}

function said(error: unknown): string {
  return systemCode(error) ?? messageOf(error);
}
