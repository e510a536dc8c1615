import type { Problem } from '../contract/index.ts';

/** What the operator should know about the gate itself: each problem by its code, for as long as it is true. */
export class Problems {
  readonly #open = new Map<string, Problem>();
  readonly #changed: () => void;

  /** `changed` is called whenever the list is another than before. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  list(): readonly Problem[] {
    return [...this.#open.values()];
  }

  raise(problem: Problem): void {
    this.#open.set(problem.code, problem);
    this.#changed();
  }

  solve(code: string): void {
    if (this.#open.delete(code)) this.#changed();
  }
}
