import type { FieldDescription } from '../../wire/fields.ts';
import type { Match, Scanner } from '../detectors/index.ts';
import { fullMask } from '../maskers/full.ts';
import type { CellMask } from '../maskers/index.ts';
import { MaskingFault } from '../masking-error.ts';
import { createMaskPlan } from '../plan.ts';
import type { MaskPlan } from '../types.ts';
import { readingOf, scanCell } from './cells.ts';
import { eachCell } from './row-cells.ts';

export interface NetPlanOptions {
  readonly fields: readonly FieldDescription[];
  /** The plan of the mask rules, whose columns are left to it; null when they mask nothing here. */
  readonly rules: MaskPlan | null;
  readonly scanner: Scanner;
  /** Told of every cell that is masked. */
  readonly masked: (column: number, matches: readonly Match[]) => void;
}

/** Combinations of masked columns for which a plan is kept. */
const keptPlans = 64;

/**
 * Masks what the rules' plan masks, and any other cell in which the scanner recognises something: that cell whole, whatever
 * the rest of it says. It looks at every row, so no recognised value leaves; what a row gets does not depend on the rows
 * before it. Returns the rules' plan itself when no other column can hold anything.
 */
export function netPlan({ fields, rules, scanner, masked }: NetPlanOptions): MaskPlan | null {
  const readings = fields.map((field, index) => (rules?.columns[index] == null ? readingOf(field) : 'skip'));
  if (readings.every((reading) => reading === 'skip')) return rules;
  const plans = new Map<string, MaskPlan>();
  const planFor = (hits: ReadonlySet<number>): MaskPlan => {
    const key = [...hits].join();
    const known = plans.get(key);
    if (known !== undefined) return known;
    const cells = fields.map((field, index): CellMask | null =>
      hits.has(index) ? fullMask({ ...field, format: field.format === 1 ? 1 : 0, typeName: null }) : null,
    );
    const plan = createMaskPlan(cells, []);
    if (plans.size < keptPlans) plans.set(key, plan);
    return plan;
  };
  return {
    columns: rules?.columns ?? fields.map(() => null),
    maskedColumns: rules?.maskedColumns ?? [],
    rules: rules?.rules ?? [],
    apply(frame) {
      const ruled = rules === null ? frame : rules.apply(frame);
      let hits: Set<number> | null = null;
      const columns = eachCell(ruled, (index, from, to) => {
        const reading = readings[index] ?? 'text';
        if (reading === 'skip') return;
        const matches = scanCell(scanner, reading, ruled, from, to, fields[index]?.name ?? '');
        if (matches.length === 0) return;
        hits ??= new Set();
        hits.add(index);
        masked(index, matches);
      });
      if (columns !== fields.length) throw rowShape();
      return hits === null ? ruled : planFor(hits).apply(ruled);
    },
  };
}

const rowShape = (): MaskingFault =>
  new MaskingFault(
    'row_shape',
    'A row did not have the columns that were announced for it; nothing of it was forwarded.',
  );
