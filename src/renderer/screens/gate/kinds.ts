import type { GateEvent, GateEventKind } from '../../../contract/index.ts';
import type { Tone } from '../../parts/Chips.tsx';

/** What a kind of event is called, in the order of the filter. */
export const kindTitles: Readonly<Record<GateEventKind, string>> = {
  refusal: 'Not let in',
  gate: 'Start and stop',
  settings: 'Settings',
  credential: 'Credentials',
  target: 'Databases',
  decision: 'Decisions',
  journal: 'Journals read',
};

/** The colour of an event's chip: one that somebody should look at stands out. */
export const toneOf = ({ alarm, kind }: GateEvent): Tone => {
  if (alarm) return 'block';
  return kind === 'settings' || kind === 'credential' ? 'ask' : 'neutral';
};
