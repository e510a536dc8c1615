import type { FieldDescription } from '../../wire/fields.ts';
import type { Match, Scanner } from '../detectors/index.ts';
import type { MaskPlan } from '../types.ts';
import { type CellReading, readingOf, scanCell } from './cells.ts';
import { eachCell } from './row-cells.ts';
import { type Counter, placeOf, type Tallies } from './tally.ts';

/** Which rows of a result are looked at: the first, then some of the rest, until enough was seen. */
export const sampleLimit = {
  first: 100,
  /** After the first rows, every so many. */
  every: 64,
  rows: 500,
  /** Bytes of cells looked at in one result. */
  bytes: 256 * 1024,
  /** Bytes looked at from the beginning of one value. */
  value: 4096,
} as const;

export interface RowSampleOptions {
  readonly fields: readonly FieldDescription[];
  /** The plan by which the rows were masked: its columns are not looked at. */
  readonly plan: MaskPlan | null;
  readonly scanner: Scanner;
  readonly tallies: Tallies;
  /** True for what the agent itself wrote into the statement: its own words in an expression are no finding. */
  readonly saidByAgent: (text: string) => boolean;
}

/** Looks at a sample of the rows of one result, in columns that no rule masks. */
export class RowSample {
  readonly #options: RowSampleOptions;
  readonly #columns: readonly {
    readonly reading: CellReading;
    readonly look: (match: Match) => void;
    readonly looked: Counter;
  }[];
  readonly #idle: boolean;
  #rows = 0;
  #sampled = 0;
  #bytes = 0;

  constructor(options: RowSampleOptions) {
    const { fields, plan, tallies, saidByAgent } = options;
    this.#options = options;
    this.#columns = fields.map((field, index) => {
      const reading = plan?.columns[index] == null ? readingOf(field) : 'skip';
      const looked = { count: 0 };
      const place = placeOf(field, reading !== 'text' && reading !== 'binary_array');
      const look = (match: Match): void => {
        if (place.tableOid === 0 && saidByAgent(match.text)) return;
        tallies.add(place, match, false, looked);
      };
      return { reading, look, looked };
    });
    this.#idle = this.#columns.every(({ reading }) => reading === 'skip');
  }

  /** One whole DataRow as the agent gets it. */
  row(frame: Buffer): void {
    const position = this.#rows;
    this.#rows += 1;
    if (this.#idle || (position >= sampleLimit.first && position % sampleLimit.every !== 0)) return;
    if (this.#sampled >= sampleLimit.rows || this.#bytes >= sampleLimit.bytes) return;
    this.#sampled += 1;
    const { fields, scanner } = this.#options;
    eachCell(frame, (index, from, to) => {
      const column = this.#columns[index];
      if (column === undefined || column.reading === 'skip') return;
      const end = Math.min(to, from + sampleLimit.value);
      this.#bytes += end - from;
      column.looked.count += 1;
      const matches = scanCell(scanner, column.reading, frame, from, end, fields[index]?.name ?? '');
      for (const match of matches) column.look(match);
    });
  }
}
