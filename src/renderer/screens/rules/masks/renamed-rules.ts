import type { MaskRule, RenamedColumnView } from '../../../../contract/index.ts';
import { newRuleId } from '../drafts.ts';

type Renamed = Pick<RenamedColumnView, 'rule' | 'was' | 'now'>;

const isPattern = (text: string): boolean => text.includes('*');

/** Whether a rule is about this one column, by the name that it had. */
const namesOnly = ({ schema, table, column, tag, detector }: MaskRule): boolean =>
  tag === undefined && detector === undefined && ![schema, table, column].some(isPattern);

/**
 * The rules with one that names a renamed column as it is called now. A rule about nothing else is moved; one that is a pattern,
 * or has been pointed elsewhere since, gets another one behind it that says the same. Where the rule is no more, a new one masks the column whole.
 */
export function ruleMoved(rules: readonly MaskRule[], { rule: id, was, now }: Renamed): readonly MaskRule[] {
  const names = { schema: now.schema, table: now.relation, column: now.column };
  const added = newRuleId(now.relation, now.column, rules);
  const rule = rules.find((one) => one.id === id);
  if (rule === undefined) return [...rules, { id: added, ...names, masker: { kind: 'full' } }];
  const old = [was.schema, was.relation, was.column].join('\n').toLowerCase();
  const isMeant = namesOnly(rule) && [rule.schema, rule.table, rule.column].join('\n').toLowerCase() === old;
  if (isMeant) return rules.map((one) => (one === rule ? { ...one, ...names } : one));
  const { tag: _tag, detector: _detector, ...said } = rule;
  return rules.flatMap((one) => (one === rule ? [one, { ...said, ...names, id: added }] : [one]));
}

/** Names of a column before and after, without the schema where it is the same: `people.email`, `people.mail`. */
export function renamedNames({ was, now }: Renamed): { readonly was: string; readonly now: string } {
  const schema = was.schema !== now.schema;
  const name = ({ schema: of, relation, column }: Renamed['was']): string =>
    [...(schema ? [of] : []), relation, column].join('.');
  return { was: name(was), now: name(now) };
}
