import { isNode, listOf, stringOf, tagged } from '../tree.ts';
import { lineageOf } from './expressions.ts';
import { type Place, steer } from './place.ts';

/** A part of a condition. `values` is how many given values it compares its expression with; 0: it does something else. */
interface Part {
  readonly expression: unknown;
  readonly values: number;
}

/** What decides which rows come. Plain comparisons with given values are told apart from everything else. */
export function condition(value: unknown, place: Place): void {
  if (value === undefined) return;
  for (const { expression, values } of partsOf(value)) {
    const lineage = lineageOf(expression, place);
    const [[label, by] = [], ...others] = lineage.sources;
    const plain = values > 0 && lineage.verbatim && others.length === 0;
    if (plain && label !== undefined && by !== undefined)
      place.findings.probes.push({ label, by, use: 'equality', values });
    else steer(lineage, place);
  }
}

/** Takes a condition apart at AND, OR and NOT. */
function partsOf(value: unknown): readonly Part[] {
  const parts = tagged(value, 'BoolExpr')?.args;
  if (parts !== undefined) return listOf(parts).flatMap(partsOf);
  const comparison = tagged(value, 'A_Expr');
  const whole = [{ expression: value, values: 0 }];
  if (comparison === null || stringOf(listOf(comparison.name).at(-1)) !== '=') return whole;
  const { kind, lexpr, rexpr } = comparison;
  if (kind === 'AEXPR_OP') {
    if (isColumn(lexpr) && isGiven(rexpr)) return [{ expression: lexpr, values: 1 }];
    return isColumn(rexpr) && isGiven(lexpr) ? [{ expression: rexpr, values: 1 }] : whole;
  }
  const values = givenList(kind, rexpr);
  return values > 0 && isColumn(lexpr) ? [{ expression: lexpr, values }] : whole;
}

const isColumn = (value: unknown): boolean => tagged(value, 'ColumnRef') !== null;

/** A constant or a parameter, cast or not. */
function isGiven(value: unknown): boolean {
  if (tagged(value, 'A_Const') !== null || tagged(value, 'ParamRef') !== null) return true;
  const cast = tagged(value, 'TypeCast');
  return cast !== null && isGiven(cast.arg);
}

/** How many values `IN (…)` or `= ANY (…)` gives; 0 when they are not all given. An array in one value may hold any number. */
function givenList(kind: unknown, right: unknown): number {
  if (kind === 'AEXPR_IN') {
    const items = Array.isArray(right) ? right : listOf(tagged(right, 'List')?.items);
    return items.every(isGiven) ? items.length : 0;
  }
  if (kind !== 'AEXPR_OP_ANY') return 0;
  const elements = tagged(right, 'A_ArrayExpr')?.elements;
  if (elements !== undefined) return listOf(elements).every(isGiven) ? listOf(elements).length : 0;
  return isNode(right) && isGiven(right) ? Number.POSITIVE_INFINITY : 0;
}
