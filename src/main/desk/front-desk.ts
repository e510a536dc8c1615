import type { Port } from '../../contract/index.ts';
import type { Desk } from './desk.ts';

/** What windows and consoles are attached to, before and after the gate is open. */
export interface FrontDesk {
  attach(port: Port): void;
  /** Puts this desk in the place of the one before, for every window and console that is there, and tells them. */
  show(desk: Pick<Desk, 'attach'>): void;
}

/** `first` is who answers until somebody else is shown. */
export function createFrontDesk(first: Pick<Desk, 'attach'>): FrontDesk {
  const lines = new Map<Port, () => void>();
  let behind = first;
  const lead = (port: Port): void => {
    lines.get(port)?.();
    const { line, end } = lineOf(port);
    lines.set(port, end);
    behind.attach(line);
  };
  return {
    attach(port) {
      port.onClose(() => {
        lines.get(port)?.();
        lines.delete(port);
      });
      lead(port);
    },
    show(desk) {
      behind = desk;
      for (const port of [...lines.keys()]) {
        lead(port);
        port.post({ type: 'event', name: 'seal.changed', payload: {} });
      }
    },
  };
}

/** A port over a port, whose listeners can all be taken away while it stays open. */
function lineOf(port: Port): { readonly line: Port; readonly end: () => void } {
  const stops = new Set<() => void>();
  const closed = new Set<() => void>();
  const line: Port = {
    post: (message) => port.post(message),
    onMessage(listener) {
      const stop = port.onMessage(listener);
      stops.add(stop);
      return stop;
    },
    onClose(listener) {
      closed.add(listener);
      return () => closed.delete(listener);
    },
  };
  return {
    line,
    end() {
      for (const stop of stops) stop();
      for (const listener of [...closed]) listener();
      closed.clear();
    },
  };
}
