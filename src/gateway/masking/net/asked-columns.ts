import type { DetectorName, MaskRule } from '../../../contract/index.ts';
import { ruleFor } from '../rules.ts';
import type { FoundColumns } from './findings.ts';
import type { NetRules } from './net-rules.ts';

/** Columns that statements are asked about, `schema.table.column`, with the detectors that recognised something there. */
export type AskedColumns = ReadonlyMap<string, readonly DetectorName[]>;

const nothing: AskedColumns = new Map();
const known = new WeakMap<
  FoundColumns,
  { readonly net: NetRules; readonly rules: readonly MaskRule[]; readonly asked: AskedColumns }
>();

/** The found columns whose detector is to ask and that no rule masks by name. The same objects give the same answer. */
export function askedColumns(found: FoundColumns, net: NetRules, rules: readonly MaskRule[]): AskedColumns {
  if (found.size === 0) return nothing;
  const before = known.get(found);
  if (before?.net === net && before.rules === rules) return before.asked;
  const asked = new Map<string, readonly DetectorName[]>();
  for (const [column, detected] of found) {
    const asking = [...detected].filter((detector) => net.actionOf(detector) === 'ask');
    if (asking.length > 0 && !isMasked(column, [...detected], rules)) asked.set(column, asking);
  }
  known.set(found, { net, rules, asked });
  return asked;
}

function isMasked(qualified: string, detected: readonly DetectorName[], rules: readonly MaskRule[]): boolean {
  const [schema = '', name = '', ...rest] = qualified.split('.');
  return ruleFor(rules, { schema, name }, { name: rest.join('.'), detected }) !== null;
}
