/** One thing that the demo says, checked. */
export interface Fact {
  readonly what: string;
  readonly ok: boolean;
  /** What was seen instead, when it is not so. */
  readonly seen: string;
}

/** Collects what was checked, in order. The demo has succeeded when every fact holds. */
export interface Facts {
  readonly all: readonly Fact[];
  /** Notes a fact and prints it. */
  check(what: string, ok: boolean, seen: unknown): void;
  readonly ok: boolean;
}

export function createFacts(print: (fact: Fact) => void): Facts {
  const all: Fact[] = [];
  return {
    all,
    check(what, ok, seen) {
      const fact = { what, ok, seen: typeof seen === 'string' ? seen : JSON.stringify(seen) };
      all.push(fact);
      print(fact);
    },
    get ok() {
      return all.length > 0 && all.every((fact) => fact.ok);
    },
  };
}
