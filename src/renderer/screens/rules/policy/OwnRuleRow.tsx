import type { PolicyRule, RuleHits } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { Chip, VerdictChip } from '../../../parts/Chips.tsx';
import { cx } from '../../../parts/cx.ts';
import { dateTime } from '../../../parts/format.ts';
import { useNow } from '../../../parts/use-now.ts';
import { Visible } from '../../../parts/Visible.tsx';
import { WarningIcon } from '../../../theme/icons.tsx';
import styles from './Card.module.css';
import { Hits } from './Hits.tsx';
import { whenWords } from './policy-drafts.ts';

interface OwnRuleRowProps {
  readonly rule: PolicyRule;
  readonly unsaved: boolean;
  readonly shadowedBy: string | null;
  readonly hits: readonly RuleHits[];
  readonly readOnly: boolean;
  readonly first: boolean;
  readonly last: boolean;
  onEdit(): void;
  onMove(by: number): void;
  onDuplicate(): void;
  onToggle(): void;
  onRemove(): void;
}

/** One rule in words, how often it answered, and whether it can. */
export function OwnRuleRow(props: OwnRuleRowProps) {
  const { rule, unsaved, shadowedBy, hits, readOnly, first, last } = props;
  const now = useNow(60_000);
  const until = rule.validUntil === undefined ? null : Date.parse(rule.validUntil);
  const over = until !== null && until <= now;
  const off = rule.disabled === true || over;
  return (
    <li className={cx(styles.rule, off && styles.off)} aria-label={`Rule ${rule.id}`}>
      <VerdictChip verdict={rule.verdict} />
      <div>
        <p className={styles.title}>
          <Visible text={rule.title ?? rule.reason} />
        </p>
        <p className={styles.small}>
          When <Visible text={whenWords(rule.when)} />
          {rule.hold === 'commit' && '; asked at COMMIT'}
        </p>
        <p className={styles.marks}>
          <code>{rule.id}</code>
          {unsaved && <Chip tone="ask" label="Not saved" />}
          {rule.disabled === true && <Chip tone="neutral" label="Switched off" />}
          {until !== null && <span>{over ? `Ended ${dateTime(until)}` : `Until ${dateTime(until)}`}</span>}
          {shadowedBy !== null && !unsaved && (
            <Chip tone="block" icon={WarningIcon} label={`Never answers: ${shadowedBy} always does`} />
          )}
          <Hits hits={hits} id={rule.id} />
        </p>
      </div>
      {!readOnly && (
        <div className={styles.side}>
          <Button
            size="small"
            variant="quiet"
            disabled={first}
            aria-label={`Move ${rule.id} up`}
            onClick={() => props.onMove(-1)}
          >
            ↑
          </Button>
          <Button
            size="small"
            variant="quiet"
            disabled={last}
            aria-label={`Move ${rule.id} down`}
            onClick={() => props.onMove(1)}
          >
            ↓
          </Button>
          <Button size="small" aria-label={`Edit ${rule.id}`} onClick={props.onEdit}>
            Edit
          </Button>
          <Button size="small" variant="quiet" aria-label={`Duplicate ${rule.id}`} onClick={props.onDuplicate}>
            Duplicate
          </Button>
          <Button
            size="small"
            variant="quiet"
            aria-label={`${rule.disabled === true ? 'Switch on' : 'Switch off'} ${rule.id}`}
            onClick={props.onToggle}
          >
            {rule.disabled === true ? 'Switch on' : 'Switch off'}
          </Button>
          <Button size="small" variant="quiet" aria-label={`Delete ${rule.id}`} onClick={props.onRemove}>
            Delete
          </Button>
        </div>
      )}
    </li>
  );
}
