import { type ConnectionConfig, messageOf, type TransactionLocks } from '../../contract/index.ts';
import { compileMasking } from '../masking/profile.ts';
import type { MaskingProfile } from '../masking/types.ts';
import type { CatalogQuery, CatalogSnapshot } from '../sql/catalog.ts';
import { catalogFingerprint } from '../sql/catalog-fingerprint.ts';
import { loadCatalog } from '../sql/catalog-query.ts';
import { LockWatch } from './lock-watch.ts';

/** A second connection to the same database with the same rights, for reading the catalog. */
export interface SideConnection {
  readonly query: CatalogQuery;
  close(): void;
}

export interface DatabaseContextOptions {
  /** The connection as it is configured now; null once it was removed. */
  readonly config: () => ConnectionConfig | null;
  readonly openSide: () => Promise<SideConnection>;
  readonly hashKey: Buffer;
  /** Milliseconds that never jump. */
  readonly monotonic: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/** What is known of a database under one search_path. */
export interface DatabaseView {
  readonly catalog: CatalogSnapshot | null;
  readonly profile: MaskingProfile;
}

/** Versions are never reused, whatever the database, so that caches keyed by them cannot mix. */
let nextVersion = 1;

/** How old knowledge of the catalog may be before it is checked again in the background, in milliseconds. */
const checkAfterMs = 2000;

/** How many search paths are remembered per database. */
const keptViews = 32;

/** The catalog of one database and the mask rules compiled against it, shared by its sessions. */
export class DatabaseContext {
  readonly #options: DatabaseContextOptions;
  readonly #locks: LockWatch;
  #side: SideConnection | null = null;
  #catalog: CatalogSnapshot | null = null;
  #fingerprint = '';
  #checkedAt = Number.NEGATIVE_INFINITY;
  #refreshing: Promise<void> | null = null;
  #views = new Map<string, { rules: ConnectionConfig['maskRules']; view: DatabaseView }>();
  #users = 0;

  constructor(options: DatabaseContextOptions) {
    this.#options = options;
    this.#locks = new LockWatch({
      open: options.openSide,
      showsQueries: () => options.config()?.maskRules.length === 0,
      clock: Date.now,
      log: options.log,
    });
  }

  /** A session begins to use this; call the result when it ends. The side connection lives as long as there are sessions. */
  use(): () => void {
    this.#users += 1;
    let used = true;
    return () => {
      if (!used) return;
      used = false;
      this.#users -= 1;
      if (this.#users === 0) this.#closeSide();
    };
  }

  /** Whether rules or masks need to know the catalog at all. */
  get needed(): boolean {
    const config = this.#options.config();
    return config === null || config.policy !== 'observe' || config.maskRules.length > 0;
  }

  /** Whether the operator lets an open transaction be kept alive while a statement in it waits. */
  get keepsTransactions(): boolean {
    return this.#options.config()?.keepTransactionsWhileHeld === true;
  }

  /** Tells what the session with this server process keeps from others, now and when it changes, until the result is called. */
  watchLocks(processId: number, told: (locks: TransactionLocks) => void): () => void {
    return this.#locks.watch(processId, told);
  }

  /** What is known under a search path (null: the one of a new session). */
  view(searchPath: readonly string[] | null): DatabaseView {
    if (this.needed && this.#options.monotonic() - this.#checkedAt > checkAfterMs) void this.refresh();
    const rules = this.#options.config()?.maskRules ?? [];
    const key = searchPath === null ? '' : searchPath.join('\0');
    const known = this.#views.get(key);
    if (known !== undefined && known.rules === rules) return known.view;
    const base = this.needed ? this.#catalog : null;
    const catalog = base === null || searchPath === null ? base : { ...base, searchPath, version: nextVersion++ };
    const view = { catalog, profile: compileMasking({ rules, catalog, hashKey: this.#options.hashKey }) };
    if (this.#views.size >= keptViews) this.#views.clear();
    this.#views.set(key, { rules, view });
    return view;
  }

  /** Reads the catalog again if it changed. Never rejects: without a catalog, masks hide everything and no key is proved. */
  refresh(): Promise<void> {
    if (!this.needed) return Promise.resolve();
    this.#refreshing ??= this.#reload().finally(() => {
      this.#refreshing = null;
      this.#checkedAt = this.#options.monotonic();
    });
    return this.#refreshing;
  }

  async #reload(): Promise<void> {
    try {
      this.#side ??= await this.#options.openSide();
      const fingerprint = await catalogFingerprint(this.#side.query);
      if (this.#catalog !== null && fingerprint === this.#fingerprint) return;
      this.#catalog = await loadCatalog(this.#side.query, nextVersion++);
      this.#fingerprint = fingerprint;
      this.#views.clear();
    } catch (error) {
      this.#options.log('warn', `could not read the catalog: ${messageOf(error)}`);
      this.#closeSide();
      this.#catalog = null;
      this.#views.clear();
    }
    if (this.#users === 0) this.#closeSide();
  }

  #closeSide(): void {
    this.#side?.close();
    this.#side = null;
  }
}
