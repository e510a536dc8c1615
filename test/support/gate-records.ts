import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJournal } from '../../src/gateway/journal/reader.ts';
import type { RecordBody } from '../../src/gateway/journal/records.ts';
import type { TestGate } from './gate.ts';

/** What the gate's own journal has so far. */
export function gateRecords({ journalFolder }: Pick<TestGate, 'journalFolder'>): RecordBody[] {
  const folder = join(journalFolder, 'gate');
  return readdirSync(folder).flatMap((name) => [...readJournal(join(folder, name))].map(({ body }) => body));
}
