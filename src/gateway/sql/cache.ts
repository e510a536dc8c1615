/** A least-recently-used map with a budget in bytes. The caller says what an entry costs. */
export class ByteBoundedCache<V> {
  readonly #entries = new Map<string, { readonly value: V; readonly bytes: number }>();
  readonly #budget: number;
  #used = 0;

  constructor(budgetBytes: number) {
    this.#budget = budgetBytes;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key); // a Map keeps insertion order: the entry becomes the youngest
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps the value, dropping the longest unused ones. An entry dearer than a quarter of the budget is not kept at all. */
  set(key: string, value: V, bytes: number): void {
    if (bytes > this.#budget / 4) return;
    const before = this.#entries.get(key);
    if (before !== undefined) this.#used -= before.bytes;
    this.#entries.delete(key);
    this.#entries.set(key, { value, bytes });
    this.#used += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#used <= this.#budget) break;
      this.#entries.delete(oldest);
      this.#used -= entry.bytes;
    }
  }

  get usedBytes(): number {
    return this.#used;
  }
}
