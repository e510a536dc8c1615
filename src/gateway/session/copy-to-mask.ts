import type { UnmaskableCopy } from '../masking/copy-out/copy-format.ts';
import { type CopyOut, copyOutOf } from '../masking/copy-out/copy-out.ts';
import type { FieldDescription } from '../wire/fields.ts';
import type { Judged } from './judged.ts';

/** What the server told of the columns of a COPY TO STDOUT just before it runs, in the transaction that it will run in. */
export interface CopyColumns {
  readonly copyOut: CopyOut;
  readonly fields: readonly FieldDescription[];
  /** Places in `fields` of the columns that are certainly not generated; null where a column is not in the catalog. */
  readonly stored: readonly number[] | null;
}

/**
 * How the rows of a statement leave as a copy, where they have to be masked: by rules, or (`netMasks`) because the second net
 * looks at each of them. Null where nothing has to be done. Unmaskable: it must not run.
 */
export function copyToMask(judged: Judged, netMasks: boolean): CopyOut | UnmaskableCopy | null {
  const byRules = judged.masking?.copyOut ?? null;
  if (byRules !== null || !netMasks || !judged.effects.kinds.includes('copy_out')) return byRules;
  const [only, ...others] = judged.statements;
  const copy = only === undefined || others.length > 0 ? null : copyOutOf(only);
  return copy ?? entangled;
}

/** What else runs beside a copy may change the columns of what is copied. */
export const entangled: UnmaskableCopy = {
  reason: 'it does not stand alone',
  hint: 'Send the COPY as a text of its own, behind a Sync.',
};
