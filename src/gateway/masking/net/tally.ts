import type { DetectorName } from '../../../contract/index.ts';
import type { FieldDescription } from '../../wire/fields.ts';
import { type Match, shapeOf } from '../detectors/index.ts';

/** Where recognised values stood. */
export interface Place {
  /** Result column, or `COPY` or `error message`. */
  readonly name: string;
  /** 0 where the server does not say from which table column the values come. */
  readonly tableOid: number;
  readonly attributeNumber: number;
  /** A bigint or numeric column: one number alone proves nothing there. */
  readonly numbers: boolean;
}

/** How often one detector recognised something in one place. */
export interface Tally {
  readonly place: Place;
  readonly detector: DetectorName;
  readonly masked: boolean;
  values: number;
  readonly examples: string[];
  /** Values looked at, in each result that had such a place. */
  readonly lookedAt: Set<Counter>;
}

/** Counts the values looked at in one place of one result. */
export interface Counter {
  count: number;
}

/** Values looked at where a tally counted, in all. */
export const lookedAt = (tally: Tally): number => [...tally.lookedAt].reduce((sum, { count }) => sum + count, 0);

/** Places and detectors told apart for one statement; what comes beyond is not told. */
const mostTallies = 500;
const mostExamples = 3;

/** Counts what was recognised in the answer to one statement. It keeps forms of values and never a value. */
export class Tallies {
  readonly #tallies = new Map<string, Tally>();

  /** `looked` goes on counting after this. */
  add(place: Place, { detector, text }: Match, masked: boolean, looked: Counter): void {
    const key = `${keyOf(place)}\0${detector}\0${masked}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      if (this.#tallies.size >= mostTallies) return;
      tally = { place, detector, masked, values: 0, examples: [], lookedAt: new Set() };
      this.#tallies.set(key, tally);
    }
    tally.values += 1;
    tally.lookedAt.add(looked);
    if (tally.examples.length >= mostExamples) return;
    const shape = shapeOf(text);
    if (!tally.examples.includes(shape)) tally.examples.push(shape);
  }

  /** What is worth telling. In columns of numbers one in ten passes a card's check digit: there at least half of them must. */
  told(): readonly Tally[] {
    return [...this.#tallies.values()].filter(
      (tally) => tally.masked || !tally.place.numbers || (tally.values >= 3 && tally.values * 2 >= lookedAt(tally)),
    );
  }
}

const keyOf = ({ name, tableOid, attributeNumber }: Place): string =>
  tableOid === 0 ? `0\0${name}` : `${tableOid}\0${attributeNumber}\0${name}`;

/** The place of a result column. */
export const placeOf = ({ name, tableOid, attributeNumber }: FieldDescription, numbers: boolean): Place => ({
  name,
  tableOid,
  attributeNumber,
  numbers,
});
