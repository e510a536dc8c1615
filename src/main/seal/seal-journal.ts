import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../../gateway/door/files.ts';
import { JournalError } from '../../gateway/journal/errors.ts';
import { readJournal } from '../../gateway/journal/reader.ts';
import type { JournalWriter, RecordBody } from '../../gateway/journal/records.ts';
import { loadOrCreateSigner } from '../../gateway/journal/signer.ts';
import { createJournal } from '../../gateway/journal/writer.ts';
import type { SealPlace } from './place.ts';

export type SealRecord = Omit<Extract<RecordBody, { type: 'seal' }>, 'type' | 'seal'>;

/** What the gate's journals remember of a seal. */
export interface SealMemory {
  /** There was a seal once. */
  readonly existed: boolean;
  /** The highest counter that was recorded for each key. */
  highest(key: string): number;
}

/** The journals of the seal, among the gate's own. One is begun when there is something to say, and signed at its close. */
export interface SealJournal {
  /** Throws JournalError when it is not written. */
  record(record: SealRecord): void;
  close(): Promise<void>;
}

const prefix = 'seal-';
const folderOf = ({ journalFolder }: SealPlace): string => join(journalFolder, 'gate');

export function createSealJournal(place: SealPlace, now: () => number): SealJournal {
  let journal: JournalWriter | null = null;
  const begin = (): JournalWriter =>
    createJournal({
      folder: folderOf(place),
      name: `${prefix}${new Date(now()).toISOString().replaceAll(/[-:.]/g, '')}-${process.pid}-${performance.now().toFixed(3).replace('.', '')}`,
      signer: loadOrCreateSigner(place.keyFolder),
      clock: now,
    });
  return {
    record(record) {
      journal ??= begin();
      journal.append({ type: 'seal', seal: place.sealPath, ...record });
    },
    async close() {
      await journal?.close();
      journal = null;
    },
  };
}

/**
 * Reads back what the journals know of this seal. It is what an older seal, put back together with older settings, does not
 * match. A journal that cannot be read is passed over: whoever can damage it could as well remove it.
 */
export function readSealMemory(place: SealPlace): SealMemory {
  const highest = new Map<string, number>();
  let existed = false;
  for (const name of journalNames(folderOf(place))) {
    for (const { seal, key, counter } of sealRecords(join(folderOf(place), name))) {
      if (seal !== place.sealPath) continue;
      existed = true;
      if (key !== null && counter !== null) highest.set(key, Math.max(counter, highest.get(key) ?? 0));
    }
  }
  return { existed, highest: (key) => highest.get(key) ?? 0 };
}

function* sealRecords(path: string): Generator<Extract<RecordBody, { type: 'seal' }>> {
  try {
    for (const { body } of readJournal(path)) if (body.type === 'seal' && confirms(body.event)) yield body;
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
  }
}

/** Events that say that such a seal was in force; a broken one says only what was found. */
const confirms = (event: SealRecord['event']): boolean => event !== 'broken' && event !== 'edited';

function journalNames(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith('.journal'));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
