import {
  type ColumnName,
  type ConnectionConfig,
  type Impact,
  type MaskRule,
  messageOf,
  type TransactionLocks,
} from '../../contract/index.ts';
import { type CatalogAt, type RenamedLook, rulesOfRenamed } from '../masking/covered.ts';
import { rulesFor } from '../masking/exceptions.ts';
import { withDetected } from '../masking/net/detected-columns.ts';
import type { FoundColumns } from '../masking/net/findings.ts';
import { compileMasking } from '../masking/profile.ts';
import type { MaskSubject } from '../masking/rules.ts';
import type { CopiedColumn, MaskingProfile } from '../masking/types.ts';
import type { CatalogQuery, CatalogSnapshot } from '../sql/catalog.ts';
import { catalogFingerprint, committedState } from '../sql/catalog-fingerprint.ts';
import { catalogMoment } from '../sql/catalog-moment.ts';
import { loadCatalog } from '../sql/catalog-query.ts';
import { type DatabaseIdentity, databaseIdentity } from '../sql/database-identity.ts';
import { ColumnNames } from './column-names.ts';
import { readImpact } from './impact-query.ts';
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
  /** Mask rules of columns that masked values were copied to; the same array until they change. */
  readonly copied: () => readonly MaskRule[];
  /** Remembers such columns; throws when that cannot be written down. */
  readonly remember: (columns: readonly CopiedColumn[]) => void;
  /** Looks which columns left their rules by another name. */
  readonly renamed: (identity: DatabaseIdentity, at: CatalogAt, rules: readonly MaskRule[]) => RenamedLook;
  /** Another number when that may be others although catalog and rules are not. */
  readonly renamedVersion: () => number;
  /** Columns in which detectors recognised values: the same object until that changes. */
  readonly found: () => FoundColumns;
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
const checkAfterMs = 250;

/** Background checks may take this part of the side connection's time: after a slow one it rests for longer. */
const backgroundShare = 0.05;

/** How long the server may take to say whether its catalog changed, before nothing counts as known, in milliseconds. */
const checkDeadlineMs = 5000;

/** After a check that failed, how long nothing is asked and nothing counts as known, in milliseconds. */
const restAfterFailureMs = 1000;

const noRules: readonly MaskRule[] = [];

/** How many search paths are remembered per database. */
const keptViews = 32;

/** The catalog of one database and the mask rules compiled against it, shared by its sessions. */
export class DatabaseContext {
  readonly #options: DatabaseContextOptions;
  readonly #locks: LockWatch;
  readonly #columnNames: ColumnNames;
  #side: SideConnection | null = null;
  #catalog: CatalogSnapshot | null = null;
  #identity: DatabaseIdentity | null = null;
  #looked: {
    readonly catalog: CatalogSnapshot;
    readonly rules: readonly MaskRule[];
    readonly found: FoundColumns;
    readonly version: number;
    readonly moment: number;
    readonly look: RenamedLook;
    readonly renamed: readonly MaskRule[];
  } | null = null;
  /** Of when the catalog is, or was seen to be the server's still. */
  #moment = 0;
  #fingerprint = '';
  #committed = '';
  #checkedAt = Number.NEGATIVE_INFINITY;
  #restUntil = Number.NEGATIVE_INFINITY;
  #failedUntil = Number.NEGATIVE_INFINITY;
  #suspected = false;
  #checking: Promise<void> | null = null;
  #nextCheck: Promise<void> | null = null;
  #views = new Map<
    string,
    {
      readonly rules: readonly MaskRule[];
      readonly copied: readonly MaskRule[];
      readonly renamed: readonly MaskRule[];
      readonly found: FoundColumns;
      readonly view: DatabaseView;
    }
  >();
  #users = 0;

  constructor(options: DatabaseContextOptions) {
    this.#options = options;
    this.#columnNames = new ColumnNames(options.openSide);
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

  /** Name of a table column as RowDescription numbers it; null when there is none. Rejects with UpstreamError. */
  columnAt(tableOid: number, attributeNumber: number): Promise<ColumnName | null> {
    return this.#columnNames.at(tableOid, attributeNumber, this.#catalog);
  }

  /** Whether rules, masks or the role that sessions keep need to know the catalog at all. */
  get needed(): boolean {
    const config = this.#options.config();
    if (config === null || config.policy !== 'observe' || config.sessionRole?.kind === 'set_role') return true;
    return config.maskRules.length > 0 || config.policyRules.length > 0;
  }

  /** Whether the operator lets an open transaction be kept alive while a statement in it waits. */
  get keepsTransactions(): boolean {
    return this.#options.config()?.keepTransactionsWhileHeld === true;
  }

  /** Tells what the session with this server process keeps from others, now and when it changes, until the result is called. */
  watchLocks(processId: number, told: (locks: TransactionLocks) => void): () => void {
    return this.#locks.watch(processId, told);
  }

  /**
   * What is in tables, by OID, of a statement and of the sequence it is part of. On a connection of its own: the one that
   * reads the catalog may be waiting for a lock. Never rejects: null when the server does not say.
   */
  async impactOf(
    statement: readonly number[],
    sequence: readonly number[],
  ): Promise<{ readonly statement: Impact | null; readonly sequence: Impact | null }> {
    let side: SideConnection | null = null;
    try {
      side = await this.#options.openSide();
      return { statement: await readImpact(side.query, statement), sequence: await readImpact(side.query, sequence) };
    } catch (error) {
      this.#options.log('warn', `could not read how much is in the tables of a held statement: ${messageOf(error)}`);
      return { statement: null, sequence: null };
    } finally {
      side?.close();
    }
  }

  /** What is known under a search path (null: the one of a new session), and how it is masked for whom. */
  view(searchPath: readonly string[] | null, who: () => MaskSubject): DatabaseView {
    this.#checkInBackground();
    const rules = this.#options.config()?.maskRules ?? [];
    const found = this.#options.found();
    const applying = rulesFor(rules, who);
    const path = searchPath === null ? '' : searchPath.join('\0');
    // Rules differ from one to the other only where there are exceptions.
    const key = applying === rules ? path : JSON.stringify([path, applying.map(({ id }) => id)]);
    const copied = rules.length === 0 ? noRules : this.#options.copied();
    const renamed = this.#renamed(rules, found);
    const known = this.#views.get(key);
    const same = known?.rules === rules && known.copied === copied && known.renamed === renamed;
    if (same && known.found === found) return known.view;
    const read = this.needed ? this.#catalog : null;
    const base = read === null ? null : withDetected(read, found, rules);
    const catalog = base === null || searchPath === null ? base : { ...base, searchPath, version: nextVersion++ };
    const { hashKey } = this.#options;
    const beside = [...rulesFor(renamed, who), ...copied];
    const masks = { rules: [...applying, ...beside], allRules: [...rules, ...renamed, ...copied] };
    const view = { catalog, profile: compileMasking({ ...masks, catalog, hashKey, basis: JSON.stringify(rules) }) };
    if (this.#views.size >= keptViews) this.#views.clear();
    this.#views.set(key, { rules, copied, renamed, found, view });
    return view;
  }

  /** Rules of columns that left theirs by another name; they are looked for when catalog, rules or findings are others. */
  #renamed(rules: readonly MaskRule[], found: FoundColumns): readonly MaskRule[] {
    const [catalog, identity, last] = [this.#catalog, this.#identity, this.#looked];
    if (rules.length === 0 || catalog === null || identity === null) return noRules;
    const moment = this.#moment;
    const same = last?.catalog === catalog && last.rules === rules && last.found === found;
    const current = same && last.version === this.#options.renamedVersion();
    if (current && (!last.look.stale || last.moment === moment)) return last.renamed;
    const look = this.#options.renamed(identity, { catalog: withDetected(catalog, found, rules), moment }, rules);
    const kept = last?.look.columns === look.columns && last.rules === rules;
    const renamed = kept ? last.renamed : rulesOfRenamed(look.columns, rules);
    this.#looked = { catalog, rules, found, version: this.#options.renamedVersion(), moment, look, renamed };
    return renamed;
  }

  /** Statements are about to copy masked values to these columns, which are masked from now on. Throws when that cannot be written down. */
  remember(columns: readonly CopiedColumn[]): void {
    // Temporary tables are followed by their session, and end with it.
    const lasting = columns.filter(({ temporary }) => temporary !== true);
    if (lasting.length > 0) this.#options.remember(lasting);
  }

  /** A statement has changed the catalog, or may have: every session asks again before its next one. */
  suspect(): void {
    this.#suspected = true;
  }

  /** Whether what is known may be older than a statement that went through this gate. */
  get suspected(): boolean {
    return this.#suspected && this.needed;
  }

  /**
   * Makes sure that what is known is what the server has at some moment after the call, reading it again if it changed.
   * Never rejects: when the server does not say in time, nothing counts as known; then masks hide everything, and what
   * would be allowed because of the catalog is not (decision 0012).
   */
  refresh(): Promise<void> {
    if (!this.needed) return Promise.resolve();
    const running = this.#checking;
    if (running === null) return this.#startCheck();
    // One that began before the call may have looked before a change; all who wait meanwhile share the next.
    this.#nextCheck ??= running.then(() => {
      this.#nextCheck = null;
      return this.#startCheck();
    });
    return this.#nextCheck;
  }

  #checkInBackground(): void {
    const now = this.#options.monotonic();
    const due = now > Math.max(this.#checkedAt + checkAfterMs, this.#restUntil);
    if (this.needed && this.#checking === null && due) void this.#startCheck();
  }

  #startCheck(): Promise<void> {
    const began = this.#options.monotonic();
    if (began < this.#failedUntil) return Promise.resolve();
    this.#suspected = false;
    const check = this.#check().finally(() => {
      this.#checking = null;
      this.#checkedAt = this.#options.monotonic();
      this.#restUntil = this.#checkedAt + (this.#checkedAt - began) / backgroundShare;
    });
    this.#checking = check;
    return check;
  }

  async #check(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`the server did not answer within ${checkDeadlineMs} ms`)),
        checkDeadlineMs,
      );
    });
    try {
      await Promise.race([this.#compare(), late]);
    } catch (error) {
      this.#options.log('warn', `could not read the catalog: ${messageOf(error)}`);
      this.#closeSide();
      this.#catalog = null;
      this.#identity = null;
      this.#views.clear();
      this.#failedUntil = this.#options.monotonic() + restAfterFailureMs;
    } finally {
      clearTimeout(timer);
    }
    if (this.#users === 0) this.#closeSide();
  }

  async #compare(): Promise<void> {
    const side = this.#side ?? (await this.#options.openSide());
    this.#side = side;
    this.#identity ??= await databaseIdentity(side.query);
    const moment = catalogMoment();
    // In this order: what is committed between the look-ups is found by the next comparison.
    const committed = await committedState(side.query);
    if (this.#catalog !== null && committed === this.#committed) {
      this.#moment = moment;
      return;
    }
    const fingerprint = await catalogFingerprint(side.query);
    if (this.#catalog === null || fingerprint !== this.#fingerprint) {
      const catalog = await loadCatalog(side.query, nextVersion++);
      if (this.#side !== side) return; // given up meanwhile
      this.#catalog = catalog;
      this.#views.clear();
    }
    this.#moment = moment;
    this.#fingerprint = fingerprint;
    this.#committed = committed;
  }

  #closeSide(): void {
    this.#side?.close();
    this.#side = null;
  }
}
