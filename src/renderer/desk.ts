import {
  type CallInput,
  type CallName,
  type CallOutput,
  type Client,
  DeskError,
  type EventName,
  type EventPayload,
} from '../contract/index.ts';

/**
 * How the desk stands towards the gate. `no_session`: the console has no sign-in and can get none by itself.
 * `lost`: it was there and is tried again.
 */
export type DeskStatus = 'connecting' | 'open' | 'lost' | 'no_session';

/** The desk's line to the gate. It outlives single connections: listeners stay when a lost one is made again. */
export interface Desk {
  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void;
  status(): DeskStatus;
  /** Called after every change of status; returns a function that stops listening. */
  onStatus(listener: () => void): () => void;
}

/** The desk as its transport sees it. */
export interface DeskSwitch extends Desk {
  /** A connection stands: its listeners are attached and calls go through it. */
  opened(client: Client): void;
  /** There is no connection now, and why. */
  closed(status: Exclude<DeskStatus, 'open'>): void;
}

/** Makes a desk without a connection; calls reject with `disconnected` until `opened`. */
export function createDesk(): DeskSwitch {
  let client: Client | null = null;
  let status: DeskStatus = 'connecting';
  const statusListeners = new Set<() => void>();
  const attach = new Set<(client: Client) => void>();

  const change = (next: DeskStatus): void => {
    status = next;
    for (const listener of [...statusListeners]) listener();
  };

  return {
    call(name, input) {
      if (client) return client.call(name, input);
      return Promise.reject(
        new DeskError('disconnected', 'The connection to Postern was lost.', 'It reconnects by itself.'),
      );
    },
    on(name, listener) {
      let stop: (() => void) | null = null;
      const attachTo = (to: Client): void => {
        stop = to.on(name, listener);
      };
      attach.add(attachTo);
      if (client) attachTo(client);
      return () => {
        attach.delete(attachTo);
        stop?.();
      };
    },
    status: () => status,
    onStatus(listener) {
      statusListeners.add(listener);
      return () => statusListeners.delete(listener);
    },
    opened(next) {
      client = next;
      for (const attachTo of [...attach]) attachTo(next);
      change('open');
    },
    closed(next) {
      client = null;
      change(next);
    },
  };
}
