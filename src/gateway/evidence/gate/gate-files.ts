import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { GateEvent } from '../../../contract/index.ts';
import { JournalError, systemCode } from '../../journal/errors.ts';
import { readJournal } from '../../journal/reader.ts';
import { gateEventOf } from './gate-event.ts';

const extension = '.journal';
/** `gate-20261128T120000000Z-4711`: names sort by time. */
const nameForm = /^gate-[0-9A-Za-z-]{1,60}$/;

/** Names of the gate's journals in a folder, oldest first; none when there is no folder yet. Throws the system's error. */
export function gateJournalNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(extension))
      .map((name) => name.slice(0, -extension.length))
      .filter((name) => nameForm.test(name))
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

export const gateJournalPath = (folder: string, name: string): string => join(folder, `${name}${extension}`);

export interface ReadEvents {
  readonly events: readonly GateEvent[];
  /** It could not be read to its end. */
  readonly damaged: boolean;
}

/** The gate runs in the same process: long readings let it work after so many records, some milliseconds. */
const recordsPerStep = 500;

/** Everything that one journal of the gate says, oldest first, as far as it can be read. */
export async function readGateEvents(folder: string, name: string): Promise<ReadEvents> {
  const events: GateEvent[] = [];
  try {
    for (const record of readJournal(gateJournalPath(folder, name))) {
      const event = gateEventOf(record, name);
      if (event !== null) events.push(event);
      if (record.seq % recordsPerStep === 0) await setImmediate();
    }
    return { events, damaged: false };
  } catch (error) {
    if (error instanceof JournalError) return { events, damaged: true };
    throw error;
  }
}
