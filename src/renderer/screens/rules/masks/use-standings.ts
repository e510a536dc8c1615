import { useEffect } from 'react';
import type { MaskRule } from '../../../../contract/index.ts';
import { useCall } from '../../../data/query.ts';
import { useRested } from './use-rested.ts';

/** How often hits are asked for while they are looked at, in milliseconds. */
const hitsEveryMs = 5000;

/** How rules stand in the database, and how often they masked something. `rules` is null while they are not valid. */
export function useStandings(connection: string, rules: readonly MaskRule[] | null) {
  const settled = useRested(rules);
  const review = useCall(
    'rules.review',
    { connection, rules: [...(settled ?? [])] },
    { enabled: settled !== null && settled.length > 0, keepPrevious: true },
  );
  const hits = useCall('rules.hits', { connection });
  const { refetch } = hits;
  useEffect(() => {
    const timer = window.setInterval(() => void refetch(), hitsEveryMs);
    return () => window.clearInterval(timer);
  }, [refetch]);
  return { settled, standings: review.data ?? [], error: review.error, hits: hits.data ?? [] };
}
