interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
  /** Read since it was last looked at for dropping. */
  used: boolean;
}

/**
 * A map with a budget in bytes. The caller says what an entry costs. What was not read lately goes first (the clock, or
 * second-chance, algorithm): a hit only marks its entry, for to move it (6 µs in a map of thousands) costs more than all else
 * that a hit does.
 */
export class ByteBoundedCache<V> {
  readonly #entries = new Map<string, Entry<V>>();
  readonly #budget: number;
  #used = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.used = true;
    return entry.value;
  }

  /** Keeps the value, dropping what was not read lately. An entry dearer than a quarter of the budget is not kept at all. */
  set(key: string, value: V, bytes: number): void {
    if (bytes > this.#budget / 4) return;
    const before = this.#entries.get(key);
    if (before !== undefined) this.#used -= before.bytes;
    this.#entries.delete(key);
    this.#entries.set(key, { value, bytes, used: false });
    this.#used += bytes;
    // A map is walked in the order of insertion, entries that are put back included: each is met at most twice.
    for (const [oldest, entry] of this.#entries) {
      if (this.#used <= this.#budget) break;
      this.#entries.delete(oldest);
      if (entry.used) this.#entries.set(oldest, { ...entry, used: false });
      else this.#used -= entry.bytes;
    }
  }

  get usedBytes(): number {
    return this.#used;
  }
}
