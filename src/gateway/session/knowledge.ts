import type { MaskSubject } from '../masking/rules.ts';
import type { Temporaries } from '../masking/temporary/types.ts';
import type { Parser } from '../sql/parser.ts';
import type { Answers } from './answers.ts';
import { changedHere, loneSyntaxError, unitRestsOnCatalog } from './catalog-reliance.ts';
import type { DatabaseContext, DatabaseView } from './database-context.ts';
import { isRefusedByGrammar } from './hidden-exchange.ts';
import type { JudgeContext, Judged } from './judged.ts';
import type { NameRegistry } from './names.ts';
import { readTemporaries } from './read-temporaries.ts';
import type { RunningStatement } from './running-statement.ts';
import { readSearchPath } from './search-path.ts';
import type { Unit } from './segment.ts';
import { knownTimeouts, readTimeouts, runningTimeouts, type ServerTimeouts } from './server-clocks.ts';
import { SettingsMark } from './settings-mark.ts';
import { TemporaryTables } from './temporary-tables.ts';
import type { UnitPlan } from './unit-plan.ts';

export interface KnowledgeOptions {
  readonly sessionId: string;
  readonly database: DatabaseContext;
  readonly parameters: ReadonlyMap<string, string>;
  /** What the client asked for at its start, by parameter name. */
  readonly startup: ReadonlyMap<string, string>;
  readonly write: (frames: readonly Buffer[]) => void;
  readonly parser: Parser;
  readonly names: NameRegistry;
  /** The server's process of this session. */
  readonly processId: number;
  /** Who gets the rows, as settings say it now. */
  readonly who: () => MaskSubject;
}

const notKnown = 'the catalog could not be read, so nobody knows what the names in the statement stand for';
const nothingMade: ReadonlySet<string> = new Set();

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
  /** What uncommitted definitions of this session leave open: everything, or what writing to these relations does. */
  #uncommitted: 'nothing' | 'everything' | ReadonlySet<string> = 'nothing';
  readonly #temporaries = new TemporaryTables();
  /** What was made of the view of the database and the session's temporary tables last. */
  #besides: { readonly of: DatabaseView; readonly temporaries: Temporaries; readonly view: DatabaseView } | null = null;
  /** The unit for which the catalog was looked at, after it had come. */
  #lookedFor: Unit | null = null;
  /** The unit whose text, which our grammar does not take, was shown to the server's, and whether that refuses it, too. */
  #grammarAsked: { readonly unit: Unit; readonly refused: boolean } | null = null;
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

  /** What is known of the database, with the session's temporary tables as far as these are followed. */
  get view(): DatabaseView {
    const of = this.#options.database.view(this.#searchPath, this.#options.who);
    const temporaries = this.#temporaries.current;
    if (temporaries.names.size === 0) return of;
    if (this.#besides?.of !== of || this.#besides.temporaries !== temporaries)
      this.#besides = { of, temporaries, view: { ...of, profile: of.profile.beside(temporaries) } };
    return this.#besides.view;
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
    const sent = plan.members.filter(({ refusal }) => refusal === null).map(({ judged }) => judged);
    this.settingsMark.sent(sent);
    this.#temporaries.sent(sent, (name) => this.#mayMean(name));
  }

  /** The server is ready: it reports settings before a ReadyForQuery, and then only (a Sync alone may be ignored, in a copy). */
  settled(): void {
    this.#readingInFlight = false;
    this.settingsMark.settled();
  }

  /** Whether a relation's name may be that of another one, made in this transaction or read by a cursor that is open. */
  #mayMean(name: string): boolean {
    const made = this.#uncommitted;
    return (
      (typeof made === 'string' ? made === 'everything' : made.has(name)) || this.#options.names.cursorsMention(name)
    );
  }

  /** A statement completed or failed: notes what it may have changed. */
  completed({ judged, hasFailed }: RunningStatement, transaction: 'idle' | 'open' | 'failed'): void {
    this.#temporaries.completed(judged, hasFailed);
    if (!this.#options.database.needed) return;
    if (judged.changesCatalog) this.#changedCatalog(judged);
    if (judged.mayChangeSearchPath) this.#searchPathTouched = true;
    if (!this.#searchPathTouched) return;
    this.#searchPathStale = true;
    this.#timeoutsStale = true;
    if (transaction === 'idle') this.#searchPathTouched = false;
  }

  /** True when `refresh` has to run before the next statement is judged. In a failed transaction nothing can be asked, and nothing runs. */
  isStale(answers: Answers, unit: Unit): boolean {
    if (answers.transaction === 'failed') return false;
    this.#settle(answers);
    return (
      this.#catalogStale ||
      this.#searchPathStale ||
      this.#temporaries.due(outsideTransaction(answers)) ||
      this.#timeoutsDue(answers) ||
      this.#mustLook(unit) ||
      this.#syntaxError(answers, unit) !== null
    );
  }

  #changedCatalog({ makes }: Judged): void {
    this.#catalogStale = true;
    this.#options.database.suspect();
    if (makes === null || this.#uncommitted === 'everything') this.#uncommitted = 'everything';
    else this.#uncommitted = new Set([...(this.#uncommitted === 'nothing' ? [] : this.#uncommitted), ...makes]);
  }

  /** Behind the end of a transaction its definitions can be seen, or are gone. */
  #settle(answers: Answers): void {
    if (this.#uncommitted === 'nothing' || !outsideTransaction(answers)) return;
    this.#uncommitted = 'nothing';
    this.#catalogStale = true;
    this.#options.database.suspect();
  }

  /** A verdict that may be laxer because of the catalog needs one that was looked at after the statement came. */
  #mustLook(unit: Unit): boolean {
    const { database, names, parser } = this.#options;
    if (!database.needed || this.#lookedFor === unit) return false;
    if (database.suspected) return true;
    const { catalog, profile } = this.view;
    return unitRestsOnCatalog(unit, names, { parser, catalog, masked: profile.active });
  }

  /**
   * The text of a unit that may be nothing but a slip: nobody need be asked about what the server cannot read either. Not
   * where the end of a transaction may change how it reads texts: the look itself would be that end.
   */
  #syntaxError(answers: Answers, unit: Unit): string | null {
    const { database, names, parser } = this.#options;
    if (!database.needed || this.#grammarAsked?.unit === unit || answers.segmentOpen) return null;
    if (this.#readingVaries || this.#readingInFlight || !this.#readsPlainly) return null;
    const text = loneSyntaxError(unit, names, { parser, catalog: this.view.catalog });
    // The server takes one statement at a time to look at, and says no to several, which fails a transaction for nothing.
    const several = text?.trimEnd().replace(/;$/, '').includes(';');
    return several === true && answers.transaction === 'open' ? null : text;
  }

  get #readsPlainly(): boolean {
    return this.parameter('standard_conforming_strings') === 'on' && this.parameter('client_encoding') === 'UTF8';
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

  async refresh(answers: Answers, unit: Unit): Promise<void> {
    if (this.#catalogStale || this.#mustLook(unit)) await this.#options.database.refresh();
    this.#lookedFor = unit;
    this.#catalogStale = false;
    if (this.#timeoutsDue(answers)) await this.readTimeouts(answers);
    await this.#readSearchPath(answers);
    await this.#readTemporaries(answers);
    const text = this.#syntaxError(answers, unit);
    if (text === null) return;
    this.#grammarAsked = { unit, refused: await isRefusedByGrammar(answers, this.#options.write, text) };
  }

  async #readTemporaries(answers: Answers): Promise<void> {
    const outside = outsideTransaction(answers);
    if (!this.#temporaries.due(outside)) return;
    const { write, processId } = this.#options;
    this.#temporaries.listed(await readTemporaries(answers, write, processId), outside);
  }

  async #readSearchPath(answers: Answers): Promise<void> {
    if (!this.#searchPathStale) return;
    const read = await readSearchPath(answers, this.#options.write);
    if (read === null) throw new Error('the server did not tell its search_path, without which nothing can be judged');
    this.#searchPath = read;
    this.#searchPathStale = false;
  }

  /** Of temporary tables that are followed is known what they hold, and that nothing else happens when they are written. */
  #withoutFollowed(made: ReadonlySet<string>): ReadonlySet<string> {
    const { tables } = this.#temporaries.current;
    if (tables.length === 0) return made;
    const followed = new Set(tables.map(({ name }) => name));
    return new Set([...made].filter((name) => !followed.has(name)));
  }

  settings(
    unit: Unit,
  ): Pick<
    JudgeContext,
    | 'catalog'
    | 'profile'
    | 'standardConformingStrings'
    | 'clientEncoding'
    | 'readingVaries'
    | 'readingInFlight'
    | 'searchPathVaries'
    | 'searchPathInFlight'
    | 'catalogDoubt'
    | 'madeHere'
    | 'refusedByGrammar'
  > {
    const { view } = this;
    const unknown = this.#options.database.needed && view.catalog === null;
    const made = this.#uncommitted;
    return {
      ...view,
      catalogDoubt: unknown ? notKnown : made === 'everything' ? changedHere : null,
      madeHere: typeof made === 'string' ? nothingMade : this.#withoutFollowed(made),
      standardConformingStrings: this.#parameters.get('standard_conforming_strings') !== 'off',
      clientEncoding: this.#parameters.get('client_encoding') ?? 'UTF8',
      readingVaries: this.#readingVaries,
      readingInFlight: this.#readingInFlight,
      searchPathVaries: this.#searchPath !== null,
      refusedByGrammar: this.#grammarAsked?.unit === unit && this.#grammarAsked.refused,
      searchPathInFlight: false, // it is asked for before the next unit
    };
  }
}

const outsideTransaction = ({ transaction, segmentOpen }: Answers): boolean => transaction === 'idle' && !segmentOpen;
