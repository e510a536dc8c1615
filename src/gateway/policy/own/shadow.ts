import type { PolicyRule, RuleMatch } from '../../../contract/index.ts';
import { covers } from './patterns.ts';

/**
 * For each rule, the id of an earlier one that answers whatever it would, so that it can never be the one that answers;
 * null where none is known. Errs on the side of null: what is reported is certain.
 */
export function shadowed(rules: readonly PolicyRule[]): readonly (string | null)[] {
  return rules.map((rule, index) => {
    const earlier = rules.slice(0, index).find((candidate) => answersFor(candidate, rule));
    return earlier?.id ?? null;
  });
}

function answersFor(earlier: PolicyRule, later: PolicyRule): boolean {
  if (earlier.disabled === true || later.disabled === true) return false;
  if (earlier.validUntil !== undefined && !outlives(earlier.validUntil, later.validUntil)) return false;
  // A rule that allows wants all of what the statement does; only another one that wants all is sure to be within it. And
  // what it does not excuse depends on what it names, so only equal names are certain.
  if (earlier.verdict === 'allow') {
    return later.verdict === 'allow' && JSON.stringify(earlier.when) === JSON.stringify(later.when);
  }
  return (Object.keys(earlier.when) as (keyof RuleMatch)[]).every((field) => within(field, earlier.when, later.when));
}

const outlives = (earlier: string, later: string | undefined): boolean =>
  later !== undefined && Date.parse(later) <= Date.parse(earlier);

function within(field: keyof RuleMatch, earlier: RuleMatch, later: RuleMatch): boolean {
  const wide = earlier[field];
  if (wide === undefined) return true;
  const narrow = later[field];
  if (narrow === undefined) return false;
  if (Array.isArray(wide) && Array.isArray(narrow)) {
    return narrow.every((name) => wide.some((candidate) => covers(candidate, name)));
  }
  return JSON.stringify(wide) === JSON.stringify(narrow);
}
