import type { MaskRule, MatchedHow, ProbeLevel, RuleOverlap } from '../../../../contract/index.ts';
import { plural } from '../../../parts/format.ts';
import { maskerText } from '../maskers.ts';

/** Why a rule reaches a column. */
export const howWords: Readonly<Record<MatchedHow, string>> = {
  rule: 'fits the rule',
  partition: 'partition',
  child: 'inherits it',
  parent: 'shows the rows of a child',
  generated: 'generated from it',
  view: 'view of it',
  copied: 'holds a copy',
};

/** The levels of probes as an operator chooses them; the hint says what follows. */
export const probeChoices: readonly { readonly value: ProbeLevel; readonly label: string; readonly hint: string }[] = [
  { value: 'ask', label: 'Ask me', hint: 'WHERE, joins, ordering, grouping by it are held for you' },
  { value: 'refuse', label: 'Refuse', hint: 'WHERE, joins, ordering, grouping by it are refused' },
  { value: 'equality', label: 'Equality only', hint: 'given values may be compared with it, so many in a session' },
  { value: 'open', label: 'Allow', hint: 'it may decide which rows come: that can reveal values bit by bit' },
];

/** What an earlier rule takes from this one. */
export function overlapWords(
  { rule: earlier, masker, sameMasker, exceptsSomebody, columns, total }: RuleOverlap,
  rule: MaskRule,
): string {
  const more = total > columns.length ? ` and ${plural(total - columns.length, 'more column')}` : '';
  const how = sameMasker ? 'with the same masker' : `as “${maskerText(masker)}”, not as “${maskerText(rule.masker)}”`;
  const rest = exceptsSomebody ? '; this rule holds for whom that one excepts' : '';
  return `${columns.join(', ')}${more}: ${earlier} comes first and masks ${how}${rest}`;
}
