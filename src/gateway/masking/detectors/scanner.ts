import type { DetectorName } from '../../../contract/index.ts';
import { sight } from './byte-classes.ts';
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

/** A scanner of some detectors. Pure; it keeps nothing between calls. */
export function createScanner(detectors: readonly Detector[]): Scanner {
  return {
    detectors,
    scan(bytes, from, to, column, numbers = false) {
      const sighting = sight(bytes, from, to);
      let text: string | null = null;
      let matches: Match[] | null = null;
      for (const detector of detectors) {
        if ((numbers && detector.inNumbers !== true) || !detector.possible(sighting)) continue;
        text ??= bytes.toString('latin1', from, to);
        const found = detector.find({ text, column });
        if (found === null) continue;
        matches ??= [];
        matches.push({ detector: detector.name, text: found });
      }
      return matches ?? nothing;
    },
  };
}
