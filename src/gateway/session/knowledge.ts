import type { Answers } from './answers.ts';
import type { DatabaseContext, DatabaseView } from './database-context.ts';
import type { JudgeContext } from './judged.ts';
import type { RunningStatement } from './running-statement.ts';
import { readSearchPath } from './search-path.ts';
import { knownTimeouts, readTimeouts, runningTimeouts, type ServerTimeouts } from './server-clocks.ts';
import { SettingsMark } from './settings-mark.ts';
import type { UnitPlan } from './unit-plan.ts';

export interface KnowledgeOptions {
  readonly sessionId: string;
  readonly database: DatabaseContext;
  readonly parameters: ReadonlyMap<string, string>;
  /** What the client asked for at its start, by parameter name. */
  readonly startup: ReadonlyMap<string, string>;
  readonly write: (frames: readonly Buffer[]) => void;
}

const readingParameters = new Set(['standard_conforming_strings', 'client_encoding']);

/**
 * What a session knows of the state its statements will meet: settings as the server reported them, the search_path, the
 * catalog. Judgement rests on it, so it is brought up to date before the next statement whenever it may have changed.
 */
export class SessionKnowledge {
  readonly settingsMark: SettingsMark;
  readonly #options: KnowledgeOptions;
  readonly #parameters: Map<string, string>;
  /** Null: as a new session has it, which is how the catalog was read. */
  #searchPath: readonly string[] | null = null;
  #searchPathStale: boolean;
  /** Set within this transaction; SET LOCAL and a rolled-back SET end with it. */
  #searchPathTouched = false;
  #catalogStale = false;
  /** As they were outside a transaction; what is SET in one ends with it. Only where statements can be held. */
  #timeouts: ServerTimeouts = {};
  #timeoutsStale: boolean;
  /** The server failed to tell them where nothing could be lost by asking; in a transaction that would fail it. */
  #timeoutsUnreadable = false;
  #readingVaries = false;
  #readingInFlight = false;

  constructor(options: KnowledgeOptions) {
    this.#options = options;
    this.#parameters = new Map(options.parameters);
    const { sessionId, startup, database } = options;
    this.settingsMark = new SettingsMark(sessionId, startup, (name) => this.#parameters.get(name));
    // Start-up parameters may have given the session another search_path than a new session has.
    this.#searchPathStale = (startup.has('search_path') || startup.has('options')) && database.needed;
    this.#timeoutsStale = database.needed;
  }

  get view(): DatabaseView {
    return this.#options.database.view(this.#searchPath);
  }

  get searchPath(): readonly string[] {
    return this.#searchPath ?? this.view.catalog?.searchPath ?? [];
  }

  parameter(name: string): string | undefined {
    return this.#parameters.get(name);
  }

  parameterChanged(name: string, value: string): void {
    const known = this.#parameters.get(name);
    if (readingParameters.has(name) && known !== undefined && known !== value) this.#readingVaries = true;
    this.#parameters.set(name, value);
  }

  /** A unit goes to the server. What it may change of how texts are read stays unknown until `settled`. */
  sent(plan: UnitPlan): void {
    this.#readingInFlight ||= plan.kind === 'segment' && plan.mayChangeReading;
    this.settingsMark.sent(plan.members.filter(({ refusal }) => refusal === null).map(({ judged }) => judged));
  }

  /** The server is ready: it reports settings before a ReadyForQuery, and then only (a Sync alone may be ignored, in a copy). */
  settled(): void {
    this.#readingInFlight = false;
    this.settingsMark.settled();
  }

  /** A statement completed or failed: notes what it may have changed. */
  completed({ judged }: RunningStatement, transaction: 'idle' | 'open' | 'failed'): void {
    if (!this.#options.database.needed) return;
    if (judged.changesCatalog) this.#catalogStale = true;
    if (judged.mayChangeSearchPath) this.#searchPathTouched = true;
    if (!this.#searchPathTouched) return;
    this.#searchPathStale = true;
    this.#timeoutsStale = true;
    if (transaction === 'idle') this.#searchPathTouched = false;
  }

  /** True when `refresh` has to run before the next statement is judged. In a failed transaction nothing can be asked, and nothing runs. */
  isStale(answers: Answers): boolean {
    if (answers.transaction === 'failed') return false;
    return this.#catalogStale || this.#searchPathStale || this.#timeoutsDue(answers);
  }

  /** What ends a session that waits, in milliseconds, as last read outside a transaction. */
  get timeouts(): ServerTimeouts {
    return this.#timeouts;
  }

  /** The timeouts as they count at this moment. Null when asking failed the transaction. Not in a failed one. */
  async readTimeouts(answers: Answers): Promise<ServerTimeouts | null> {
    const outside = outsideTransaction(answers);
    const names = this.#timeoutsUnreadable ? [] : knownTimeouts(this.parameter('server_version') ?? '');
    const read = await readTimeouts(answers, this.#options.write, names);
    if (!outside) return read === null ? null : runningTimeouts(this.#timeouts, read);
    this.#timeoutsUnreadable ||= read === null;
    this.#timeoutsStale = false;
    this.#timeouts = read ?? {};
    return this.#timeouts;
  }

  #timeoutsDue(answers: Answers): boolean {
    return this.#timeoutsStale && outsideTransaction(answers);
  }

  async refresh(answers: Answers): Promise<void> {
    if (this.#catalogStale) await this.#options.database.refresh();
    this.#catalogStale = false;
    if (this.#timeoutsDue(answers)) await this.readTimeouts(answers);
    if (!this.#searchPathStale) return;
    const read = await readSearchPath(answers, this.#options.write);
    if (read === null) throw new Error('the server did not tell its search_path, without which nothing can be judged');
    this.#searchPath = read;
    this.#searchPathStale = false;
  }

  settings(): Pick<
    JudgeContext,
    | 'catalog'
    | 'profile'
    | 'standardConformingStrings'
    | 'clientEncoding'
    | 'readingVaries'
    | 'readingInFlight'
    | 'searchPathVaries'
    | 'searchPathInFlight'
  > {
    return {
      ...this.view,
      standardConformingStrings: this.#parameters.get('standard_conforming_strings') !== 'off',
      clientEncoding: this.#parameters.get('client_encoding') ?? 'UTF8',
      readingVaries: this.#readingVaries,
      readingInFlight: this.#readingInFlight,
      searchPathVaries: this.#searchPath !== null,
      searchPathInFlight: false, // it is asked for before the next unit
    };
  }
}

const outsideTransaction = ({ transaction, segmentOpen }: Answers): boolean => transaction === 'idle' && !segmentOpen;
