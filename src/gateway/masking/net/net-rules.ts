import type { DetectorAction, DetectorName, DetectorSettings } from '../../../contract/index.ts';
import { allDetectors, createScanner, type Scanner } from '../detectors/index.ts';

/** What the second net of a connection does, compiled. */
export interface NetRules {
  /** Whose values are masked, in every row; null when nobody's. */
  readonly masking: Scanner | null;
  /** Whose values are noted in a sample of rows; null when nobody's. */
  readonly reporting: Scanner | null;
  actionOf(detector: DetectorName): DetectorAction;
}

const compiled = new WeakMap<DetectorSettings, NetRules>();

/** Compiles settings; the same object gives the same rules. */
export function netRules(settings: DetectorSettings): NetRules {
  const known = compiled.get(settings) ?? compile(settings);
  compiled.set(settings, known);
  return known;
}

function compile({ action, overrides }: DetectorSettings): NetRules {
  const actionOf = (detector: DetectorName): DetectorAction => overrides[detector] ?? action;
  const scannerOf = (...actions: readonly DetectorAction[]): Scanner | null => {
    const chosen = allDetectors.filter(({ name }) => actions.includes(actionOf(name)));
    return chosen.length === 0 ? null : createScanner(chosen);
  };
  return { masking: scannerOf('mask'), reporting: scannerOf('report', 'ask'), actionOf };
}
