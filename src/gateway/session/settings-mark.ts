import type { Judged } from './judged.ts';

/** Settings that the server reports and that change what a text or a value means. */
const reported = ['client_encoding', 'standard_conforming_strings', 'DateStyle', 'IntervalStyle', 'TimeZone'] as const;

/** Settings that change how a statement is run or its result is shown, but not what it does to which rows; in lower case. */
const harmless: ReadonlySet<string> = new Set([
  ...reported.map((name) => name.toLowerCase()),
  'search_path', // has a place of its own in the digest
  'application_name',
  'bytea_output',
  'client_min_messages',
  'extra_float_digits',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'lock_timeout',
  'statement_timeout',
  'transaction_timeout',
]);

/** True when a statement may have changed a setting that nobody reports, so that a later text may do something else. */
export const changesUnreported = (settings: readonly string[], callsUnknown: boolean): boolean =>
  callsUnknown || settings.some((name) => !harmless.has(name.toLowerCase()));

/**
 * The settings that a digest is bound to. Those that the server reports stand in it with their values. Others (SET ROLE, a
 * setting of an application's own) cannot be read back in general: once a session may have changed one, its digests are
 * its own and change with every such statement and every end of a transaction, so no ticket crosses that line.
 */
export class SettingsMark {
  readonly #sessionId: string;
  readonly #atStart: string;
  readonly #parameter: (name: string) => string | undefined;
  #changes = 0;
  #unsettled = false;

  constructor(
    sessionId: string,
    startup: ReadonlyMap<string, string>,
    parameter: (name: string) => string | undefined,
  ) {
    this.#sessionId = sessionId;
    this.#parameter = parameter;
    const asked = [...startup].filter(([name]) => !['user', 'database', 'application_name'].includes(name));
    this.#atStart = JSON.stringify(asked.sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  /** Statements are sent. Until `settled`, an error may undo what they set without a word. */
  sent(statements: readonly Judged[]): void {
    for (const { changesSettings, effects } of statements) {
      if (changesSettings) this.#unsettled = true;
      if (changesSettings || (this.#changes > 0 && effects.kinds.includes('transaction'))) this.#changes += 1;
    }
  }

  /** The server is ready for the next query. */
  settled(): void {
    this.#unsettled = false;
  }

  /** True while nobody can tell whether the settings of earlier statements will last. */
  get unsettled(): boolean {
    return this.#unsettled;
  }

  values(): readonly string[] {
    return [
      this.#atStart,
      ...reported.map((name) => `${name}=${this.#parameter(name) ?? ''}`),
      this.#changes === 0 ? '' : `${this.#sessionId} ${this.#changes}`,
    ];
  }
}
