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
  readonly lookedAt: { count: number };
}

/** Places and detectors told apart for one statement; what comes beyond is not told. */
const mostTallies = 500;
const mostExamples = 3;

/** Counts what was recognised in the answer to one statement. It keeps forms of values and never a value. */
export class Tallies {
  readonly #tallies = new Map<string, Tally>();
  readonly #looked = new Map<string, { count: number }>();

  /** The counter of values looked at in a place. */
  looked(place: Place): { count: number } {
    const key = keyOf(place);
    const counter = this.#looked.get(key) ?? { count: 0 };
    this.#looked.set(key, counter);
    return counter;
  }

  add(place: Place, { detector, text }: Match, masked: boolean): void {
    const key = `${keyOf(place)}\0${detector}\0${masked}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      if (this.#tallies.size >= mostTallies) return;
      tally = { place, detector, masked, values: 0, examples: [], lookedAt: this.looked(place) };
      this.#tallies.set(key, tally);
    }
    tally.values += 1;
    if (tally.examples.length >= mostExamples) return;
    const shape = shapeOf(text);
    if (!tally.examples.includes(shape)) tally.examples.push(shape);
  }

  /** What is worth telling. In columns of numbers one in ten passes a card's check digit: there at least half of them must. */
  told(): readonly Tally[] {
    return [...this.#tallies.values()].filter(
      ({ place, masked, values, lookedAt }) =>
        masked || !place.numbers || (values >= 3 && values * 2 >= lookedAt.count),
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
