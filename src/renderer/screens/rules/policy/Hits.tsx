import type { RuleHits } from '../../../../contract/index.ts';
import { ago, dateTime, plural } from '../../../parts/format.ts';
import { useNow } from '../../../parts/use-now.ts';

/** How often a rule answered since the gate started, and when last. */
export function Hits({ hits, id }: { readonly hits: readonly RuleHits[]; readonly id: string }) {
  const now = useNow(15_000);
  const own = hits.find((one) => one.id === id);
  if (own === undefined || own.hits === 0) return null;
  return (
    <span title={`Last ${dateTime(own.lastAt)}`}>
      {plural(own.hits, 'hit')}, {ago(own.lastAt, now)}
    </span>
  );
}
