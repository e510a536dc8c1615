import type { RuleAnswer } from '../../contract/index.ts';
import type { Refusal } from '../masking/refusal.ts';
import type { MaskedProbe, StatementMasking } from '../masking/types.ts';
import type { Judgement, Policy } from '../policy/types.ts';

/**
 * What masks add to a policy's verdict. A result that cannot be masked is refused, whatever the policy allows. A masked
 * column that steers a result (a predicate, a join, an order) can be read bit by bit without ever being shown, so a person
 * is asked, unless its rule says otherwise; and so is where masked values are copied to, and in production also about a COPY
 * that sends them out, and a cursor that outlives its transaction, masked as they are, unless an own rule lets it. `observe` asks nobody and says so.
 * `comparisonsLeft`: values that the session may still compare columns of level `equality` with.
 */
export function withMasking(
  judgement: Judgement,
  masking: StatementMasking | null,
  policy: Pick<Policy, 'preset' | 'rules'>,
  comparisonsLeft: number,
): Judgement {
  if (masking === null || judgement.verdict === 'terminate' || judgement.verdict === 'block') return judgement;
  if (masking.refusal !== null) return { verdict: 'block', rule: refusalRule(masking.refusal) };
  const refused = masking.probes.filter(({ level }) => level === 'refuse');
  if (refused.length > 0) return { verdict: 'block', rule: probeRule('refused-probe', refused, byAnother) };
  if (policy.preset === 'observe') return judgement;
  if (masking.copies.length > 0) return { verdict: 'ask', rule: copyRule(masking) };
  // A rule that waits for COMMIT is about writes; what a probe reveals is revealed before.
  if (judgement.verdict === 'ask' && judgement.atCommit !== true) return judgement;
  if ((masking.copyOut !== null || masking.holdsResult) && asksAboutExports(judgement, policy))
    return { verdict: 'ask', rule: masking.holdsResult ? heldCursorRule : exportRule };
  const used = comparisonsOf(masking) > comparisonsLeft;
  const asked = masking.probes.filter(
    (probe) => probe.level === 'ask' || (isEquality(probe.level) && (used || probe.comparisons === null)),
  );
  if (asked.length === 0) return judgement;
  const hint = used
    ? `This session has compared masked columns with as many values as it may by itself. ${held}`
    : `${byAnother} ${held}`;
  return { verdict: 'ask', rule: probeRule('probe-of-masked-column', asked, hint) };
}

/** A copy is how a whole table leaves; `staging` is for work on data that nobody misses. */
const asksAboutExports = ({ rule }: Judgement, { preset, rules }: Pick<Policy, 'preset' | 'rules'>): boolean =>
  preset !== 'staging' && !rules.some(({ id, origin }) => origin === 'own' && id === rule.id);

const exportRule: RuleAnswer = {
  id: 'copies-out-masked-columns',
  title: 'Masked columns would be copied out',
  reason: 'COPY sends all rows of what it names, masked columns among them. If it runs, their values come out masked.',
  hint: 'Name columns that are not masked, or select the rows that you need; or run it as it is: it will be held for the operator.',
};

const heldCursorRule: RuleAnswer = {
  id: 'holds-masked-columns',
  title: 'Masked columns would be kept in a cursor',
  reason:
    'WITH HOLD keeps the values of masked columns in the server beyond the transaction. What is fetched comes out masked.',
  hint: 'Declare the cursor without HOLD and fetch in the same transaction; or run it as it is: it will be held for the operator.',
};

/** The rule that a refusal of masking is told as. */
export function refusalRule({ code, reason, hint }: Refusal): RuleAnswer {
  const title =
    code === 'masked_value' ? 'A masked value comes back' : 'Masked data has no safe way out of this statement';
  return { id: code, title, reason, hint };
}

/** How many given values a statement compares columns of level `equality` with. */
export function comparisonsOf({ probes }: Pick<StatementMasking, 'probes'>): number {
  return probes.reduce((sum, { level, comparisons }) => sum + (isEquality(level) ? (comparisons ?? 0) : 0), 0);
}

const isEquality = (level: MaskedProbe['level']): boolean => level === 'equality';

const byAnother = 'Select by another column, such as the primary key.';
const held = 'Or run it as it is: it will be held for the operator.';

function probeRule(id: string, probes: readonly MaskedProbe[], hint: string): RuleAnswer {
  const columns = probes.map(({ label }) => label).join(', ');
  const reason = `${columns} ${probes.length === 1 ? 'is' : 'are'} masked, and the statement compares, joins, groups or orders by it, or computes with it what can fail: that can reveal its values.`;
  return { id, title: 'A masked column decides which rows come back', reason, hint };
}

function copyRule({ copies }: StatementMasking): RuleAnswer {
  const list = copies
    .slice(0, 5)
    .map(({ relation, column, sources }) => `${sources.join(', ')} to ${relation}.${column}`);
  return {
    id: 'copies-masked-columns',
    title: 'Masked values would be copied',
    reason: `The statement copies values of masked columns (${list.join('; ')}${copies.length > 5 ? '; …' : ''}). If it runs, Postern masks where they go, too.`,
    hint: 'Write constants, parameters or columns that are not masked; or run it as it is: it will be held for the operator.',
  };
}
