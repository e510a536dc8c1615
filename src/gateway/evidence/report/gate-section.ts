import type { GateEvent } from '../../../contract/index.ts';
import { counted } from '../words.ts';
import type { GateExcerpt } from './input.ts';
import { heading, table } from './parts.ts';
import type { Sheet } from './sheet.ts';
import { utc } from './times.ts';

/** Rows of one table; what more there is, is counted. */
const rowsPerTable = 500;

/** Section of a session's report: who was refused at the door, what was set, and by whom, while it lasted. */
export function printGateDuring(sheet: Sheet, gate: GateExcerpt | null): void {
  heading(sheet, 'The gate during this session');
  if (gate === null) {
    sheet.text('The journals of the gate were not at hand when this report was made.');
    return;
  }
  sheet.text(
    gate.ok
      ? 'From the gate\u2019s own journals, which verify: refused log-ins, start and stop, changes of settings and credentials, decisions that reach beyond a session, and who read journals.'
      : 'From the gate\u2019s own journals. They do NOT verify (postern verify gate): do not rely on this section before the cause is known.',
    { colour: gate.ok ? 'ink' : 'red' },
  );
  if (gate.events.length === 0) sheet.text('Nothing.');
  else printGateEvents(sheet, gate.events);
}

/** A table of events in their order. */
export function printGateEvents(sheet: Sheet, events: readonly GateEvent[]): void {
  table(
    sheet,
    [
      { head: 'Time (UTC)', share: 1.7 },
      { head: 'Event', share: 2 },
      { head: 'Who', share: 2 },
      { head: 'What', share: 4.2 },
    ],
    events
      .slice(0, rowsPerTable)
      .map(({ at, title, who, text }) => [utc(at).slice(0, 23), title, who ?? '\u2013', text === '' ? '\u2013' : text]),
    4,
  );
  const left = events.length - rowsPerTable;
  if (left > 0) sheet.text(`${counted(left, 'more event')} of this kind are in the journals.`, { colour: 'amber' });
}
