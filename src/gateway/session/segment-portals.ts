import type { ParsedStatement } from '../sql/effects.ts';
import { portalsEndedBy } from './names.ts';
import type { Portal } from './owed.ts';

/**
 * What portal names mean while a segment is planned: what its own messages and SQL did to them, and else what the session
 * knows. Should an earlier member fail, the server skips the rest, so nothing here outlives the segment.
 */
export class SegmentPortals {
  readonly #session: (name: string) => Portal | undefined;
  /** null: gone, or made by something that is no Bind. */
  readonly #changed = new Map<string, Portal | null>();
  #allEnded = false;

  constructor(session: (name: string) => Portal | undefined) {
    this.#session = session;
  }

  named(name: string): Portal | null {
    const changed = this.#changed.get(name);
    if (changed !== undefined) return changed;
    return this.#allEnded ? null : (this.#session(name) ?? null);
  }

  bind(name: string, portal: Portal): void {
    this.#changed.set(name, portal);
  }

  close(name: string): void {
    this.#changed.set(name, null);
  }

  /** Takes over what an executed SQL statement does to portals. */
  acknowledge(statement: ParsedStatement): void {
    const ended = portalsEndedBy(statement);
    if (ended.all) {
      this.#changed.clear();
      this.#allEnded = true;
    }
    for (const name of ended.names) this.close(name);
  }
}
