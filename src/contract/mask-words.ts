import { assertNever } from './common.ts';
import type { MaskExplanation } from './mask-editor.ts';
import type { ProbeLevel } from './masking.ts';

type ExplainedColumn = NonNullable<MaskExplanation['columns']>[number];
type ExplainedProbe = MaskExplanation['probes'][number];

/** Name of a column of a result, as far as the text says it. */
export const resultColumnName = ({ name, many }: Pick<ExplainedColumn, 'name' | 'many'>): string =>
  name ?? (many ? 'any number of columns' : 'a column without a name of its own');

/** How a column of a result is masked, in a few words. */
export function maskedHow({ mask }: Pick<ExplainedColumn, 'mask'>): string {
  if (mask === null) return 'shown';
  return mask.rule === 'derived' ? 'masked whole' : `masked (${mask.masker}) by ${mask.rule}`;
}

/** Why a column of a result is masked, or is not. */
export function whyMasked({ sources, unknown, verbatim, mask }: ExplainedColumn): string {
  const from = sources.map(({ label }) => label).join(', ');
  if (mask === null) return 'no masked column goes into it';
  if (mask.rule === 'small-group') return 'a number of rows, which a masked column decided about: few are not told';
  if (mask.rule === 'plan')
    return 'a plan: it loses what tells how large masked values are, and constants of views, policies and functions';
  if (unknown) {
    const known = from === '' ? '' : `, besides ${from}`;
    return `what it is made from cannot be told${known}: masked whole, unless the server names a column without a mask as its origin`;
  }
  if (!verbatim) return `computed from ${from}`;
  if (mask.rule === 'derived') {
    return sources.length > 1
      ? `one of ${from}, whose maskers differ`
      : `${from}, which is made from masked columns itself`;
  }
  return `the column ${from} itself`;
}

/** What is done where a masked column steers a result, by level. */
export function probeLevelWords(level: ProbeLevel): string {
  switch (level) {
    case 'open':
      return 'allowed; numbers of few rows are hidden';
    case 'equality':
      return 'allowed for comparisons with given values, so many in a session; anything else is held for you';
    case 'ask':
      return 'held for you';
    case 'refuse':
      return 'refused';
    default:
      return assertNever(level);
  }
}

/** What a statement does with a masked column besides showing it, and what follows. */
export function probeWords({ label, level, comparisons }: ExplainedProbe): string {
  const use =
    comparisons === null
      ? `${label} steers the result`
      : `${label} is compared with ${comparisons === 1 ? 'a given value' : `${comparisons} given values`}`;
  return `${use} (level ${level}: ${probeLevelWords(level)})`;
}

/** Why nothing can be said column by column. */
export const columnsUnknown = (tainted: boolean): string =>
  tainted
    ? 'What its columns are made from cannot be told: those that the server names an origin for are masked by that, all others whole.'
    : 'It reads nothing that is masked.';
