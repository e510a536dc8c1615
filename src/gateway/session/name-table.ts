import type { Definition } from './definition.ts';

/**
 * What is kept of the names of one session. Beyond it the oldest are forgotten: the server still knows them, and to us they
 * are names that nobody knows, which the policy treats as not understood.
 */
export const nameLimit = { names: 10_000, bytes: 64 * 1024 * 1024 } as const;

/** Names and what they stand for; laid over another table, changes stay in it. Bounded where it is not. */
export class NameTable {
  readonly #base: NameTable | null;
  /** Null where a name of the base is gone. */
  readonly #own = new Map<string, Definition | null>();
  #baseHidden = false;
  #bytes = 0;

  /** `base` must not change while this is used. */
  constructor(base: NameTable | null = null) {
    this.#base = base;
  }

  get(name: string): Definition | undefined {
    const own = this.#own.get(name);
    if (own !== undefined) return own ?? undefined;
    return this.#baseHidden ? undefined : this.#base?.get(name);
  }

  /** Returns how many of the oldest names were forgotten for it. */
  set(name: string, definition: Definition): number {
    this.#remove(name);
    this.#own.set(name, this.#base === null ? alone(definition) : definition);
    this.#bytes += weight(name, definition);
    return this.#base === null ? this.#forgetOldest() : 0;
  }

  /** False when there was no such name. */
  delete(name: string): boolean {
    const known = this.get(name) !== undefined;
    this.#remove(name);
    if (known && this.#base !== null) this.#own.set(name, null);
    return known;
  }

  clear(): void {
    this.#own.clear();
    this.#bytes = 0;
    this.#baseHidden = true;
  }

  /** The names that were set in this table itself. */
  own(): [string, Definition][] {
    return [...this.#own].filter((entry): entry is [string, Definition] => entry[1] !== null);
  }

  #remove(name: string): void {
    const known = this.#own.get(name);
    if (known != null) this.#bytes -= weight(name, known);
    this.#own.delete(name);
  }

  #forgetOldest(): number {
    let forgotten = 0;
    for (const name of this.#own.keys()) {
      if (this.#own.size <= nameLimit.names && this.#bytes <= nameLimit.bytes) break;
      this.#remove(name);
      forgotten += 1;
    }
    return forgotten;
  }
}

const weight = (name: string, { text, parameterTypes }: Definition): number =>
  name.length + text.length + parameterTypes.length * 8;

/** The definition with a text of its own, which does not keep the chunk of the client's bytes that it came in. */
function alone(definition: Definition): Definition {
  const { text } = definition;
  return text.buffer.byteLength <= text.length * 2 ? definition : { ...definition, text: Buffer.from(text) };
}
