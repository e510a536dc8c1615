import { type Stats, statSync } from 'node:fs';
import type { SessionSummary } from '../../contract/index.ts';
import { JournalError } from '../journal/errors.ts';
import { SessionProjection } from '../journal/projection.ts';
import { readJournal } from '../journal/reader.ts';

interface Entry {
  readonly projection: SessionProjection;
  readonly inode: number;
  readonly size: number;
  readonly modified: number;
  /** Where the next whole line will start; null when a line before it could not be read. */
  readonly offset: number | null;
}

/** A summary needs no texts and no rows. */
const noStatements = { statements: 0, textLength: 0 };
const unread = ['rows', 'result', 'notice'] as const;

/**
 * Summaries of journals, read once: a file that did not change is not opened again, and of one that grew only the new part is
 * read.
 */
export class SummaryCache {
  readonly #entries = new Map<string, Entry>();

  /** Null when the file is no session's journal (the gate's own, or one whose first record was never written). Throws JournalError. */
  summary(path: string, sessionId: string, live: boolean): SessionSummary | null {
    const stats = statSync(path);
    const entry = this.#fresh(path, stats) ?? this.#read(path, sessionId, stats);
    const { projection, offset } = entry;
    // A broken journal must not vanish from the list: it is shown as far as it can be read.
    if (offset === null) return { ...projection.summary(false), endReason: 'damaged' };
    return projection.started ? projection.summary(live) : null;
  }

  /** Forgets files that are gone. */
  keepOnly(paths: ReadonlySet<string>): void {
    for (const path of [...this.#entries.keys()]) if (!paths.has(path)) this.#entries.delete(path);
  }

  #fresh(path: string, stats: Stats): Entry | null {
    const entry = this.#entries.get(path);
    const same = entry?.inode === stats.ino && entry.size === stats.size && entry.modified === stats.mtimeMs;
    return same ? entry : null;
  }

  #read(path: string, sessionId: string, stats: Stats): Entry {
    const known = this.#entries.get(path);
    const from = known !== undefined && known.inode === stats.ino && stats.size > known.size ? known.offset : null;
    const projection =
      known !== undefined && from !== null ? known.projection : new SessionProjection(sessionId, noStatements);
    this.#entries.delete(path);
    const offset = fold(projection, path, from ?? 0);
    // The size as it was before reading: what was written meanwhile looks like growth next time, and reading goes on at the offset.
    const entry = { projection, inode: stats.ino, size: stats.size, modified: stats.mtimeMs, offset };
    this.#entries.set(path, entry);
    return entry;
  }
}

/** Applies what can be read. Returns where to go on, or null when the journal is damaged. */
function fold(projection: SessionProjection, path: string, from: number): number | null {
  try {
    const records = readJournal(path, { from, skip: unread });
    for (;;) {
      const next = records.next();
      if (next.done) return next.value.offset;
      projection.apply(next.value);
    }
  } catch (error) {
    if (error instanceof JournalError && error.code === 'journal_damaged') return null;
    throw error;
  }
}
