import { setImmediate } from 'node:timers/promises';
import type { GateEvent } from '../../../contract/index.ts';
import { JournalError } from '../../journal/errors.ts';
import { gateJournalPath } from '../../journal/gate-folder.ts';
import { readJournal } from '../../journal/reader.ts';
import { gateEventOf } from './gate-event.ts';

export interface ReadEvents {
  readonly events: readonly GateEvent[];
  /** It could not be read to its end. */
  readonly damaged: boolean;
  /** The journal that its gate found when it started; null when it found none, or did not come to say. */
  readonly previous: { readonly name: string; readonly headHash: string } | null;
}

/** The gate runs in the same process: long readings let it work after so many records, some milliseconds. */
const recordsPerStep = 500;

/** Everything that one journal of the gate says, oldest first, as far as it can be read. */
export async function readGateEvents(folder: string, name: string): Promise<ReadEvents> {
  const events: GateEvent[] = [];
  let previous: ReadEvents['previous'] = null;
  try {
    for (const record of readJournal(gateJournalPath(folder, name))) {
      if (record.body.type === 'gate_start') previous = record.body.previous ?? null;
      const event = gateEventOf(record, name);
      if (event !== null) events.push(event);
      if (record.seq % recordsPerStep === 0) await setImmediate();
    }
    return { events, previous, damaged: false };
  } catch (error) {
    if (error instanceof JournalError) return { events, previous, damaged: true };
    throw error;
  }
}
