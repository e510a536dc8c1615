import type { DetectorName, PersonalKind } from '../../../contract/index.ts';

/** What one pass over the bytes of a value says of it, before anything is decoded. */
export interface Sighting {
  /** Bits of `seen` (byte-classes.ts) for the kinds of bytes that occur. */
  readonly seen: number;
  readonly digits: number;
  /** Most digits in a row, where spaces and `-./()` between them do not count. */
  readonly run: number;
  /** Bytes looked at. */
  readonly length: number;
}

/** A value as a detector reads it. */
export interface Candidate {
  /** One character for each byte (latin1): what detectors look for is ASCII. */
  readonly text: string;
  /** Bits of `seen`, as in the sighting. */
  readonly seen: number;
  /** Name of the column, for numbers that say nothing by themselves. */
  readonly column: string;
}

/** Recognises one kind of personal data or secret in a text. */
export interface Detector {
  readonly name: DetectorName;
  readonly kind: PersonalKind;
  /**
   * How much one match says. `high`: checksums or a form that nothing else has. `medium`: other data has the same form now and
   * then. `low`: believed only because the column's name or the text around it says so.
   */
  readonly confidence: 'high' | 'medium' | 'low';
  /** Also looked for in bigint and numeric columns. */
  readonly inNumbers?: boolean;
  /** False when the value cannot hold a match. Cheap: it spares decoding and searching. */
  possible(sighting: Sighting): boolean;
  /** The first match, or null. Its time is linear in the text; no expression here can backtrack further than a match is long. */
  find(candidate: Candidate): string | null;
}
