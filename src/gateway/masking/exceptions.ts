import type { MaskRule } from '../../contract/index.ts';
import { type MaskSubject, ruleApplies } from './rules.ts';

/** The rules that mask something for whom; the same array when nothing is excepted. `who` is not asked where no rule excepts anybody. */
export function rulesFor(rules: readonly MaskRule[], who: () => MaskSubject): readonly MaskRule[] {
  if (rules.every(({ except }) => except === undefined)) return rules;
  const subject = who();
  const applying = rules.filter((rule) => ruleApplies(rule, subject));
  return applying.length === rules.length ? rules : applying;
}
