import { z } from 'zod';
import { columnName, detectorName, identifier, messageOf, personalKind } from '../../contract/index.ts';
import { detectors } from '../masking/detectors/index.ts';
import type { SavedFindings } from '../masking/net/saved-findings.ts';
import type { TextStore } from './text-store.ts';

/** File name in the key folder. */
export const foundColumnsFile = 'found-columns.json';

const ofConnection = z.strictObject({
  found: z.array(z.strictObject({ column: columnName, place: z.string(), detector: detectorName })),
  dismissed: z.array(z.strictObject({ place: z.string(), kind: personalKind })),
});
const file = z.strictObject({ version: z.literal(1), connections: z.record(identifier, ofConnection) });
type FoundFile = z.infer<typeof file>;

/**
 * Of all findings those that masking rests on: the columns in which a detector recognised something, for rules by detector and
 * `ask`, and what the operator dismissed. Counts and forms change with every answer; this does not, so it can lie under the seal.
 */
export class FoundColumns {
  readonly #store: TextStore;
  #kept: string | null;

  /** Throws when the list cannot be read or was damaged: to forget it would be to unmask. */
  constructor(store: TextStore) {
    this.#store = store;
    this.#kept = store.read();
    this.#list();
  }

  /** Findings that were saved elsewhere, made to say what this list says: nothing of it missing, nothing else dismissed. `now` in milliseconds. */
  completed(saved: SavedFindings, now: number): SavedFindings {
    const list = this.#list();
    if (list === null) return saved;
    const names = new Set([...Object.keys(saved), ...Object.keys(list)]);
    return Object.fromEntries(
      [...names].map((name) => {
        const { found, dismissed } = list[name] ?? { found: [], dismissed: [] };
        const findings = saved[name]?.findings ?? [];
        const there = new Set(findings.map(keyOf));
        const missing = found.filter((one) => !there.has(keyOf(one)));
        const unseen = { values: 0, looked: 0, examples: [], firstSeenAt: now, lastSeenAt: now };
        const restored = missing.map((one) => ({ ...one, kind: detectors[one.detector].kind, ...unseen }));
        return [name, { findings: [...findings, ...restored], dismissed }];
      }),
    );
  }

  /** Writes the list of these findings, when it is another. Throws the store's error. */
  keep(saved: SavedFindings): void {
    const connections = Object.fromEntries(
      Object.entries(saved).map(([name, { findings, dismissed }]) => {
        const found = findings.flatMap(({ column, place, detector }) =>
          column === null ? [] : [{ column, place, detector }],
        );
        return [name, { found, dismissed }];
      }),
    );
    const text = `${JSON.stringify({ version: 1, connections } satisfies FoundFile, null, 2)}\n`;
    if (text === this.#kept) return;
    this.#store.write(text);
    this.#kept = text;
  }

  #list(): FoundFile['connections'] | null {
    if (this.#kept === null) return null;
    try {
      return file.parse(JSON.parse(this.#kept)).connections;
    } catch (error) {
      throw new Error(`${this.#store.path} is damaged: ${messageOf(error)}`);
    }
  }
}

const keyOf = ({ place, detector }: { readonly place: string; readonly detector: string }): string =>
  `${detector} ${place}`;
