import type { EventPayload } from '../contract/index.ts';
import type { GatewayEventName } from './types.ts';

type Listeners = { [N in GatewayEventName]: Set<(payload: EventPayload<N>) => void> };

/** Who hears of what happens at the gate. */
export class GateEvents {
  readonly #listeners: Listeners = {
    'approval.changed': new Set(),
    'session.changed': new Set(),
    'statement.changed': new Set(),
    'overview.changed': new Set(),
    'gate.changed': new Set(),
  };

  /** Returns a function that stops listening. */
  on<N extends GatewayEventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void {
    this.#listeners[name].add(listener);
    return () => this.#listeners[name].delete(listener);
  }

  emit<N extends GatewayEventName>(name: N, payload: EventPayload<N>): void {
    // A copy: a listener may stop listening while it is called.
    for (const listener of [...this.#listeners[name]]) listener(payload);
  }
}
