import type { Handlers } from '../../contract/index.ts';
import { withDeskErrors } from './errors.ts';
import type { DeskPorts } from './ports.ts';

type GateCalls = Extract<keyof Handlers, `gate.${string}`>;

/** The gate's own journal: shown, verified, reported. Who does so is written into it as well (PCI DSS 10.2.1.3). */
export function gateHandlers({ gateway, gateArchive, operator }: DeskPorts): Pick<Handlers, GateCalls> {
  const read = (how: 'shown' | 'verified' | 'reported'): void =>
    gateway.note({ type: 'journal_read', how, sessionId: null, by: operator });
  let shown = false;
  return {
    'gate.events': (input) =>
      withDeskErrors(() => {
        // Once for each start: the desk asks again at every change, which this would be.
        if (!shown) read('shown');
        shown = true;
        return gateArchive.events(input);
      }),
    'gate.verify': () =>
      withDeskErrors(() => {
        read('verified');
        return gateArchive.verify();
      }),
    'gate.report': (period) =>
      withDeskErrors(() => {
        read('reported');
        return gateArchive.report(period, operator);
      }),
  };
}
