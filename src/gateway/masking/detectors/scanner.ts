import type { DetectorName } from '../../../contract/index.ts';
import { isWorthALook, sight } from './byte-classes.ts';
import type { Detector } from './types.ts';

/** A value, or a part of it, that a detector recognised. It is the value itself: it goes nowhere but through `shapeOf`. */
export interface Match {
  readonly detector: DetectorName;
  readonly text: string;
}

/** Looks for personal data in values. */
export interface Scanner {
  readonly detectors: readonly Detector[];
  /**
   * What is recognised in `bytes` from `from` up to `to`: the first match of each detector. `column` is the column's name.
   * With `numbers` only what is looked for in numbers. Nothing is decoded where no detector can match.
   */
  scan(bytes: Buffer, from: number, to: number, column: string, numbers?: boolean): readonly Match[];
}

const nothing: readonly Match[] = [];

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const timestamp = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** A whole value of a form that has many digits and never holds anything: looked for in text columns, at every cell. */
const isPlain = (text: string): boolean =>
  text.length === 36 ? uuid.test(text) : text.length < 36 && timestamp.test(text);

/** A scanner of some detectors. Pure; it keeps nothing between calls. */
export function createScanner(detectors: readonly Detector[]): Scanner {
  return {
    detectors,
    scan(bytes, from, to, column, numbers = false) {
      const sighting = sight(bytes, from, to);
      if (!isWorthALook(sighting)) return nothing;
      let text: string | null = null;
      let matches: Match[] | null = null;
      for (const detector of detectors) {
        if ((numbers && detector.inNumbers !== true) || !detector.possible(sighting)) continue;
        text ??= bytes.toString('latin1', from, to);
        if (matches === null && isPlain(text)) return nothing;
        const found = detector.find({ text, column, seen: sighting.seen });
        if (found === null) continue;
        matches ??= [];
        matches.push({ detector: detector.name, text: found });
      }
      return matches ?? nothing;
    },
  };
}
