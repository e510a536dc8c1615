import type { DetectorName, StatementFinding } from '../../../contract/index.ts';
import type { FieldDescription, NoticeFields } from '../../wire/fields.ts';
import type { Scanner } from '../detectors/index.ts';
import type { MaskPlan } from '../types.ts';
import { netPlan } from './net-plan.ts';
import type { NetRules } from './net-rules.ts';
import { RowSample, sampleLimit } from './row-sample.ts';
import { type Counter, lookedAt, type Place, placeOf, Tallies } from './tally.ts';

/** What was recognised in the answer to a statement, for the findings of its connection. */
export interface SeenValues {
  readonly place: Place;
  readonly detector: DetectorName;
  readonly values: number;
  readonly looked: number;
  readonly examples: readonly string[];
}

/** Bytes from the beginning of a CopyData message to its data. */
const copyHeader = 5;
const copyPlace: Place = { name: 'COPY', tableOid: 0, attributeNumber: 0, numbers: false };
const errorPlace: Place = { name: 'error message', tableOid: 0, attributeNumber: 0, numbers: false };

/** Where every value is looked at, those that pass are not counted: it would cost more than looking. */
const everyValue: Counter = { count: 0 };

/** The second net under the answer to one statement. What it does is settled when the statement is judged. */
export class StatementNet {
  readonly #rules: NetRules;
  readonly #text: string;
  readonly #tallies = new Tallies();
  /** Texts looked at, of COPY and of errors. */
  readonly #texts = new Map<Place, Counter>();
  #sample: RowSample | null = null;
  #copied = 0;
  #copiedBytes = 0;

  /** `text`: the statement. */
  constructor(rules: NetRules, text: string) {
    this.#rules = rules;
    this.#text = text;
  }

  /** True when rows are masked by what is in them: no row may then leave whose columns nobody described. */
  get masks(): boolean {
    return this.#rules.masking !== null;
  }

  /** The plan for a result's rows: that of the mask rules, and what the net masks besides. */
  over(fields: readonly FieldDescription[], rules: MaskPlan | null): MaskPlan | null {
    const scanner = this.#rules.masking;
    if (scanner === null) return rules;
    return netPlan({
      fields,
      rules,
      scanner,
      masked: (column, matches) => {
        const field = fields[column];
        if (field === undefined) return;
        const place = placeOf(field, false);
        for (const match of matches) this.#tallies.add(place, match, true, everyValue);
      },
    });
  }

  /** A result begins. `plan` is how its rows are masked. */
  describe(fields: readonly FieldDescription[], plan: MaskPlan | null): void {
    const { reporting: scanner } = this.#rules;
    if (scanner === null) return;
    const saidByAgent = (text: string): boolean => this.#text.includes(text);
    this.#sample = new RowSample({ fields, plan, scanner, tallies: this.#tallies, saidByAgent });
  }

  /** One whole DataRow as the agent gets it. */
  row(frame: Buffer): void {
    this.#sample?.row(frame);
  }

  /** CopyData as the agent gets it: the first messages of it, and no more than a result's sample. */
  copyOut(frame: Buffer): void {
    const { reporting } = this.#rules;
    if (reporting === null || this.#copied >= sampleLimit.first || this.#copiedBytes >= sampleLimit.bytes) return;
    this.#copied += 1;
    const end = Math.min(frame.length, copyHeader + sampleLimit.value);
    this.#copiedBytes += end;
    this.#look(reporting, copyPlace, frame, copyHeader, end);
  }

  /** An error or notice as the agent gets it. */
  message({ M, D }: NoticeFields): void {
    const { reporting } = this.#rules;
    if (reporting === null) return;
    const bytes = Buffer.from(`${M ?? ''}\n${D ?? ''}`.slice(0, sampleLimit.value));
    this.#look(reporting, errorPlace, bytes, 0, bytes.length);
  }

  /** What was recognised, for the record of the statement's outcome; undefined when nothing was. */
  findings(): StatementFinding[] | undefined {
    const told = this.#tallies.told();
    if (told.length === 0) return undefined;
    return told.map(({ place, detector, values, masked }) => ({ column: place.name, detector, values, masked }));
  }

  /** The same for the findings of the connection. */
  seen(): readonly SeenValues[] {
    return this.#tallies.told().map((tally) => ({
      place: tally.place,
      detector: tally.detector,
      values: tally.values,
      looked: Math.max(tally.values, lookedAt(tally)),
      examples: tally.examples,
    }));
  }

  #look(scanner: Scanner, place: Place, bytes: Buffer, from: number, to: number): void {
    if (to <= from) return;
    const looked = this.#texts.get(place) ?? { count: 0 };
    this.#texts.set(place, looked);
    looked.count += 1;
    for (const match of scanner.scan(bytes, from, to, '')) {
      if (!this.#text.includes(match.text)) this.#tallies.add(place, match, false, looked);
    }
  }
}
