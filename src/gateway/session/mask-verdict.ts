import type { PolicyPreset } from '../../contract/index.ts';
import type { StatementMasking } from '../masking/types.ts';
import type { Judgement } from '../policy/types.ts';

/**
 * What masks add to a policy's verdict. A result that cannot be masked is refused, whatever the policy allows. A masked
 * column that steers a result (a predicate, a join, an order) can be read bit by bit without ever being shown, so a person
 * is asked; `observe` asks nobody and says so.
 */
export function withMasking(judgement: Judgement, masking: StatementMasking | null, preset: PolicyPreset): Judgement {
  if (masking === null || judgement.verdict === 'terminate' || judgement.verdict === 'block') return judgement;
  if (masking.refusal !== null) {
    const { code, reason, hint } = masking.refusal;
    const title = 'Masked data has no safe way out of this statement';
    return { verdict: 'block', rule: { id: code, title, reason, hint } };
  }
  // A rule that waits for COMMIT is about writes; what a probe reveals is revealed before.
  const waitsNow = judgement.verdict === 'ask' && judgement.atCommit !== true;
  if (masking.probes.length === 0 || waitsNow || preset === 'observe') return judgement;
  const columns = masking.probes.join(', ');
  return {
    verdict: 'ask',
    rule: {
      id: 'probe-of-masked-column',
      title: 'A masked column decides which rows come back',
      reason: `${columns} ${masking.probes.length === 1 ? 'is' : 'are'} masked, and the statement compares, joins, groups or orders by it, which can reveal its values.`,
      hint: 'Select by another column, such as the primary key; or run it as it is: it will be held for the operator.',
    },
  };
}
