/** How often each rule answered, by connection, since the gate started. The journals have every single answer. */
export class RuleHits {
  readonly #byConnection = new Map<string, Map<string, { hits: number; lastAt: number }>>();
  readonly #clock: () => number;

  /** `clock` gives milliseconds since the epoch. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  count(connection: string, ruleId: string): void {
    const rules = this.#byConnection.get(connection) ?? new Map<string, { hits: number; lastAt: number }>();
    this.#byConnection.set(connection, rules);
    rules.set(ruleId, { hits: (rules.get(ruleId)?.hits ?? 0) + 1, lastAt: this.#clock() });
  }

  of(connection: string): readonly { readonly id: string; readonly hits: number; readonly lastAt: number }[] {
    return [...(this.#byConnection.get(connection) ?? [])].map(([id, counted]) => ({ id, ...counted }));
  }
}
