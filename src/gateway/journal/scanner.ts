import { closeSync, openSync, readSync } from 'node:fs';
import { JournalError, systemCode } from './errors.ts';
import { maxLineBytes } from './format.ts';

const chunkBytes = 256 * 1024;
const lineFeed = 0x0a;

/** What lies behind the last whole line. */
export interface Tail {
  /** Offset in the file where whole lines end: where to read on once more was written. */
  readonly offset: number;
  /** Bytes of an incomplete last line; 0 when the file ends with a line feed. */
  readonly tornBytes: number;
}

/**
 * The whole lines of a file from `from` on, without their line feeds; what is written meanwhile is read too. A line is valid
 * until the next is asked for. Returns the tail. Throws JournalError `journal_missing`, `journal_unreadable`, `journal_damaged`.
 */
export function* scanLines(path: string, from = 0): Generator<Buffer, Tail> {
  const file = openForReading(path);
  try {
    let position = from;
    let pending: Buffer = Buffer.alloc(0);
    for (;;) {
      const chunk = readChunk(file, path, position);
      if (chunk.length === 0) return { offset: position - pending.length, tornBytes: pending.length };
      position += chunk.length;
      let start = 0;
      for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
        const line = chunk.subarray(start, end);
        yield pending.length === 0 ? line : Buffer.concat([pending, line]);
        pending = Buffer.alloc(0);
        start = end + 1;
      }
      pending = Buffer.concat([pending, chunk.subarray(start)]);
      if (pending.length > maxLineBytes) throw tooLong(path);
    }
  } finally {
    closeSync(file);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const missing = systemCode(error) === 'ENOENT';
    throw new JournalError(
      missing ? 'journal_missing' : 'journal_unreadable',
      missing ? `There is no journal ${path}.` : `The journal ${path} cannot be opened (${systemCode(error)}).`,
      missing ? 'Check the name and the journal folder.' : 'Check the permissions of the file.',
      { cause: error },
    );
  }
}

function readChunk(file: number, path: string, position: number): Buffer {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  try {
    return chunk.subarray(0, readSync(file, chunk, 0, chunkBytes, position));
  } catch (error) {
    throw new JournalError(
      'journal_unreadable',
      `The journal ${path} cannot be read on from byte ${position} (${systemCode(error)}).`,
      'Check the disk, and read a copy of the file from a backup.',
      { cause: error },
    );
  }
}

function tooLong(path: string): JournalError {
  return new JournalError(
    'journal_damaged',
    `${path} has a line of more than ${maxLineBytes} bytes, which Postern never writes.`,
    'The file is not a journal or was changed; verify it.',
  );
}
