import { messageOf, type TransactionLocks } from '../../contract/index.ts';
import { type LockQuery, readBlocked, readHeld } from './lock-query.ts';

export interface LockWatchOptions {
  /** A connection beside those of agents, with the same rights. */
  readonly open: () => Promise<{ readonly query: LockQuery; close(): void }>;
  /** Whether the queries of blocked sessions may be shown; they may quote what a mask hides. */
  readonly showsQueries: () => boolean;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly log: (level: 'warn', message: string) => void;
}

/** Between two looks at the locks of one session, in milliseconds; longer where the database could not be asked. */
const everyMs = 2000;
const retryMs = 10_000;

const unknown: TransactionLocks = { held: [], moreHeld: 0, blocked: [], moreBlocked: 0, known: false };

/**
 * Looks at what held transactions keep from others. It has a connection of its own, shared by all watched sessions of a
 * database and open only while there are any: the one that reads the catalog may itself be waiting for such a lock.
 */
export class LockWatch {
  readonly #options: LockWatchOptions;
  #side: ReturnType<LockWatchOptions['open']> | null = null;
  #watched = 0;

  constructor(options: LockWatchOptions) {
    this.#options = options;
  }

  /** Tells the locks of the session with this server process at once and whenever they have changed, until the result is called. */
  watch(processId: number, told: (locks: TransactionLocks) => void): () => void {
    /** When each wait was first seen, by our clock: the server's may differ from it, and so may each answer's travel time. */
    const waits = new Map<string, number>();
    let timer: NodeJS.Timeout | undefined;
    let stopped = false;
    let last = '';
    const look = async (): Promise<void> => {
      const locks = await this.#read(processId, waits);
      if (stopped) return;
      const text = JSON.stringify(locks);
      if (text !== last) told(locks);
      last = text;
      timer = setTimeout(() => void look(), locks.known ? everyMs : retryMs);
    };
    this.#watched += 1;
    void look();
    return () => {
      if (stopped) return;
      stopped = true;
      clearTimeout(timer);
      this.#watched -= 1;
      if (this.#watched === 0) this.#close();
    };
  }

  /** Never rejects: who cannot be asked is said to be unknown. */
  async #read(processId: number, waits: Map<string, number>): Promise<TransactionLocks> {
    const { clock, showsQueries, log } = this.#options;
    this.#side ??= this.#options.open();
    const opening = this.#side;
    try {
      const { query } = await opening;
      const held = await readHeld(query, processId);
      const blocked = await readBlocked(query, processId, showsQueries(), (wait, agoMs) => {
        const since = waits.get(wait) ?? clock() - agoMs;
        waits.set(wait, since);
        return since;
      });
      return { ...held, ...blocked, known: true };
    } catch (error) {
      if (this.#watched > 0) log('warn', `could not read the locks of a held transaction: ${messageOf(error)}`);
      if (this.#side === opening) this.#close();
      return unknown;
    }
  }

  #close(): void {
    const side = this.#side;
    this.#side = null;
    side?.then(
      (open) => open.close(),
      () => undefined, // whoever waits for it hears why
    );
  }
}
