import type { ColumnName, DetectorName, Finding, PersonalKind } from '../../../contract/index.ts';
import { detectors } from '../detectors/index.ts';
import type { SavedFindings } from './saved-findings.ts';

/** Recognised values, with the table column that they came from where it is known. */
export interface NewFinding {
  readonly column: ColumnName | null;
  readonly place: string;
  readonly detector: DetectorName;
  readonly values: number;
  readonly looked: number;
  readonly examples: readonly string[];
}

/** Detectors that recognised values in a column, by `schema.table.column`. */
export type FoundColumns = ReadonlyMap<string, ReadonlySet<DetectorName>>;

/** How much is kept of each connection. */
export const findingLimit = {
  /** Table columns with a detector; one more is not kept, for `ask` and rules by detector rest on those that are. */
  columns: 5000,
  /** Expressions, COPY and errors; the one seen longest ago makes room. */
  places: 200,
} as const;

type Kept = Omit<Finding, 'dismissed'>;

interface OfConnection {
  readonly findings: Map<string, Kept>;
  readonly dismissed: Set<string>;
  /** Made anew when a finding or a dismissal comes or goes. */
  found: FoundColumns | null;
}

const nothingFound: FoundColumns = new Map();

/** A column as findings and policies name it. */
export const qualifiedColumn = ({ schema, table, column }: ColumnName): string => `${schema}.${table}.${column}`;

const dismissal = (place: string, kind: PersonalKind): string => JSON.stringify([place, kind]);

/** What the second net recognised on each connection, and what the operator said of it. No value is ever in it. */
export class Findings {
  readonly #clock: () => number;
  readonly #connections = new Map<string, OfConnection>();
  readonly #listeners = new Set<(connection: string) => void>();

  /** `clock` gives milliseconds since the epoch. */
  constructor(clock: () => number, saved: SavedFindings = {}) {
    this.#clock = clock;
    for (const [connection, { findings, dismissed }] of Object.entries(saved)) {
      this.#connections.set(connection, {
        findings: new Map(findings.map((finding) => [keyOf(finding), finding])),
        dismissed: new Set(dismissed.map(({ place, kind }) => dismissal(place, kind))),
        found: null,
      });
    }
  }

  /** Counts one statement's findings. */
  add(connection: string, news: readonly NewFinding[]): void {
    if (news.length === 0) return;
    const kept = this.#of(connection);
    for (const finding of news) this.#note(kept, finding);
    this.#changed(connection);
  }

  /** Newest first. */
  of(connection: string): readonly Finding[] {
    const kept = this.#connections.get(connection);
    if (kept === undefined) return [];
    return [...kept.findings.values()]
      .sort((one, other) => other.lastSeenAt - one.lastSeenAt)
      .map((finding) => ({ ...finding, dismissed: kept.dismissed.has(dismissal(finding.place, finding.kind)) }));
  }

  /** Whether the operator said that a place does not hold this kind of data. */
  isDismissed(connection: string, place: string, kind: PersonalKind): boolean {
    return this.#connections.get(connection)?.dismissed.has(dismissal(place, kind)) === true;
  }

  /** How many places were dismissed. */
  dismissals(connection: string): number {
    return this.#connections.get(connection)?.dismissed.size ?? 0;
  }

  /** The operator says that places do not hold such data, or takes that back. */
  setDismissed(
    connection: string,
    places: readonly { readonly place: string; readonly kind: PersonalKind }[],
    dismissed: boolean,
  ): void {
    const kept = this.#of(connection);
    for (const { place, kind } of places) {
      if (dismissed) kept.dismissed.add(dismissal(place, kind));
      else kept.dismissed.delete(dismissal(place, kind));
    }
    kept.found = null;
    this.#changed(connection);
  }

  /** Columns in which values were recognised and not dismissed. The same object until that changes. */
  found(connection: string): FoundColumns {
    const kept = this.#connections.get(connection);
    if (kept === undefined) return nothingFound;
    kept.found ??= foundColumns(kept);
    return kept.found;
  }

  /** A connection was removed: another of its name begins with nothing. */
  forget(connection: string): void {
    if (this.#connections.delete(connection)) this.#changed(connection);
  }

  /** Everything, to be kept on disk. */
  saved(): SavedFindings {
    return Object.fromEntries(
      [...this.#connections].map(([connection, { findings, dismissed }]) => [
        connection,
        {
          findings: [...findings.values()],
          dismissed: [...dismissed].map((key) => {
            const [place, kind] = JSON.parse(key) as [string, PersonalKind];
            return { place, kind };
          }),
        },
      ]),
    );
  }

  /** `listener` hears the name of a connection whose findings changed. Returns what ends that. */
  onChange(listener: (connection: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #note(kept: OfConnection, { column, place, detector, values, looked, examples }: NewFinding): void {
    const now = this.#clock();
    const key = keyOf({ place, detector });
    const known = kept.findings.get(key);
    if (known === undefined && !makeRoom(kept.findings, column !== null)) return;
    if (known === undefined) kept.found = null;
    kept.findings.set(key, {
      column,
      place,
      detector,
      kind: detectors[detector].kind,
      values: (known?.values ?? 0) + values,
      looked: (known?.looked ?? 0) + looked,
      examples: [...new Set([...(known?.examples ?? []), ...examples])].slice(0, 3),
      firstSeenAt: known?.firstSeenAt ?? now,
      lastSeenAt: now,
    });
  }

  #of(connection: string): OfConnection {
    const known = this.#connections.get(connection);
    if (known !== undefined) return known;
    const made: OfConnection = { findings: new Map(), dismissed: new Set(), found: null };
    this.#connections.set(connection, made);
    return made;
  }

  #changed(connection: string): void {
    for (const listener of [...this.#listeners]) listener(connection);
  }
}

const keyOf = ({ place, detector }: Pick<Finding, 'place' | 'detector'>): string => `${detector} ${place}`;

function foundColumns({ findings, dismissed }: OfConnection): FoundColumns {
  const found = new Map<string, Set<DetectorName>>();
  for (const { column, place, kind, detector } of findings.values()) {
    if (column === null || dismissed.has(dismissal(place, kind))) continue;
    const names = found.get(qualifiedColumn(column)) ?? new Set();
    found.set(qualifiedColumn(column), names.add(detector));
  }
  return found;
}

/** False when nothing more is kept. */
function makeRoom(findings: Map<string, Kept>, isColumn: boolean): boolean {
  const alike = [...findings].filter(([, { column }]) => (column !== null) === isColumn);
  if (isColumn) return alike.length < findingLimit.columns;
  if (alike.length < findingLimit.places) return true;
  const [oldest] = alike.sort(([, one], [, other]) => one.lastSeenAt - other.lastSeenAt);
  if (oldest !== undefined) findings.delete(oldest[0]);
  return true;
}
