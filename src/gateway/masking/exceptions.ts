import type { MaskRule } from '../../contract/index.ts';
import { type MaskSubject, ruleApplies } from './rules.ts';

/** The rules that mask something for whom; the same array when nothing is excepted. `who` is not asked where no rule excepts anybody. */
export function rulesFor(rules: readonly MaskRule[], who: () => MaskSubject): readonly MaskRule[] {
  if (rules.every(({ except }) => except === undefined)) return rules;
  const subject = who();
  const applying = rules.filter((rule) => ruleApplies(rule, subject));
  return applying.length === rules.length ? rules : applying;
}

/** Ids of the rules that do not hold for somebody, sorted. `who` is not asked where no rule excepts anybody. */
export const exceptedRules = (rules: readonly MaskRule[], who: () => MaskSubject): readonly string[] => {
  const applying = rulesFor(rules, who);
  if (applying === rules) return [];
  return rules.flatMap((rule) => (applying.includes(rule) ? [] : [rule.id])).sort();
};
