import { useState } from 'react';
import type { MaskRule, RuleHits, RuleStanding } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { Chip } from '../../../parts/Chips.tsx';
import { ago, dateTime, plural } from '../../../parts/format.ts';
import { useNow } from '../../../parts/use-now.ts';
import { Visible } from '../../../parts/Visible.tsx';
import { WarningIcon } from '../../../theme/icons.tsx';
import styles from './Masks.module.css';
import { RuleMatches } from './RuleMatches.tsx';
import { overlapWords } from './words.ts';

interface RuleNotesProps {
  readonly connection: string;
  readonly rule: MaskRule;
  /** All rules as they are edited; null while they are not valid. */
  readonly rules: readonly MaskRule[] | null;
  readonly standing: RuleStanding | undefined;
  readonly hits: readonly RuleHits[];
}

/** What a rule does and did: columns, hits, which rules come before it, and on request every column that it reaches. */
export function RuleNotes({ connection, rule, rules, standing, hits }: RuleNotesProps) {
  const [open, setOpen] = useState(false);
  return (
    <div className={styles.notes}>
      <p className={styles.marks}>
        <code>{rule.id}</code>
        {standing?.state === 'unmatched' && (
          <Chip tone="ask" icon={WarningIcon} label="Fits no column of this database" />
        )}
        {standing?.state === 'shadowed' && <Chip tone="block" icon={WarningIcon} label="Masks nothing" />}
        {standing?.state === 'in_force' && <span>{plural(standing.masks, 'column')} by itself</span>}
        <HitsOf rule={rule} hits={hits} />
        <Button
          size="small"
          variant="quiet"
          aria-expanded={open}
          aria-label={`Which columns does ${rule.id} reach`}
          onClick={() => setOpen(!open)}
        >
          Which columns
        </Button>
      </p>
      {standing !== undefined && standing.overlaps.length > 0 && (
        <ul className={styles.overlaps}>
          {standing.overlaps.map((overlap) => (
            <li key={overlap.rule}>
              <Visible text={overlapWords(overlap, rule)} />
            </li>
          ))}
        </ul>
      )}
      {open &&
        (rules === null ? (
          <p className={styles.small}>A rule is not complete: what it reaches is not known yet.</p>
        ) : (
          <RuleMatches connection={connection} rule={rule.id} rules={rules} />
        ))}
    </div>
  );
}

function HitsOf({ rule, hits }: { readonly rule: MaskRule; readonly hits: readonly RuleHits[] }) {
  const now = useNow(15_000);
  const own = hits.find(({ id }) => id === rule.id);
  if (own === undefined || own.hits === 0) return <span>no hit since Postern started</span>;
  return (
    <span title={`Last ${dateTime(own.lastAt)}`}>
      {plural(own.hits, 'hit')}, {ago(own.lastAt, now)}
    </span>
  );
}
