import type { DoorClient } from './client.ts';

/** Clients that may be in start-up at once, over all listeners (security.md, 3.6). */
export const startupPlaceLimit = 100;

/** One client's place among those in start-up; it ends with the connection, too. */
export interface StartupPlace {
  /** True once it had to go for another. */
  readonly gaveWay: boolean;
  /** It is in, or what it gave is being judged: from here on it gives way to nobody. */
  leave(): void;
  /** It failed and is still connected: it may have to give way again. */
  enter(): void;
}

type Client = Pick<DoorClient, 'host' | 'socket'>;

/**
 * Keeps clients that have not proved who they are from taking all places. Nobody is turned away for them: beyond the limit
 * the oldest one gives way, of the address that has most, so that many half-open connections neither keep an honest client
 * out, who is done in milliseconds, nor those of one address the clients of another. Who waits for its refusal to be read
 * counts as well.
 */
export class StartupPlaces<C extends Client = DoorClient> {
  readonly #limit: number;
  readonly #displaced: (client: C) => void;
  /** By address, oldest first. */
  readonly #byHost = new Map<string, Set<C>>();
  readonly #gaveWay = new WeakSet<C>();
  #taken = 0;

  /** `displaced` is told of each client that gave way, before its connection is cut. */
  constructor(displaced: (client: C) => void, limit: number = startupPlaceLimit) {
    this.#displaced = displaced;
    this.#limit = limit;
  }

  get taken(): number {
    return this.#taken;
  }

  take(client: C): StartupPlace {
    const gaveWay = (): boolean => this.#gaveWay.has(client);
    client.socket.once('close', () => this.#leave(client));
    this.#enter(client);
    return {
      enter: () => this.#enter(client),
      leave: () => this.#leave(client),
      get gaveWay() {
        return gaveWay();
      },
    };
  }

  #enter(client: C): void {
    if (client.socket.destroyed) return;
    if (this.#taken >= this.#limit) this.#displaceOne();
    const same = this.#byHost.get(client.host) ?? new Set();
    this.#byHost.set(client.host, same);
    if (same.has(client)) return;
    same.add(client);
    this.#taken += 1;
  }

  #leave(client: C): void {
    const same = this.#byHost.get(client.host);
    if (same?.delete(client) !== true) return;
    this.#taken -= 1;
    if (same.size === 0) this.#byHost.delete(client.host);
  }

  #displaceOne(): void {
    let most: Set<C> | null = null;
    for (const same of this.#byHost.values()) if (most === null || same.size > most.size) most = same;
    const [oldest] = most ?? [];
    if (oldest === undefined) return;
    this.#leave(oldest);
    this.#gaveWay.add(oldest);
    this.#displaced(oldest);
    oldest.socket.destroy();
  }
}
