import { useId } from 'react';
import type { StatementEntry } from '../../../contract/index.ts';
import { Chip, statementChip } from '../../parts/Chips.tsx';
import { cx } from '../../parts/cx.ts';
import { clock, count, duration, plural } from '../../parts/format.ts';
import { SqlLine } from '../../parts/Sql.tsx';
import { ChevronIcon, MaskIcon } from '../../theme/icons.tsx';
import { StatementMore } from './StatementMore.tsx';
import styles from './StatementRow.module.css';

interface StatementRowProps {
  readonly statement: StatementEntry;
  readonly open: boolean;
  onToggle(): void;
}

/** One statement on a line; opened, all that is known of it. */
export function StatementRow({ statement, open, onToggle }: StatementRowProps) {
  const more = useId();
  const { outcome } = statement;
  const masked = outcome?.maskedColumns.length ?? 0;
  const chip = statementChip(statement);
  return (
    <div className={cx(styles.statement, open && styles.open)}>
      <button
        type="button"
        className={styles.row}
        aria-expanded={open}
        aria-controls={open ? more : undefined}
        onClick={onToggle}
      >
        <ChevronIcon size={12} className={styles.chevron} />
        <span className={styles.seq}>{statement.seq}</span>
        <span className={styles.time}>{clock(statement.at)}</span>
        <span className={styles.chip}>
          <Chip {...chip} />
        </span>
        <span className={styles.text}>
          <SqlLine text={statement.text} />
        </span>
        {masked > 0 && chip.label !== 'Masked' && (
          <span className={styles.masked} title={plural(masked, 'masked column')}>
            <MaskIcon size={13} />
            <span className="visually-hidden">{plural(masked, 'masked column')}</span>
          </span>
        )}
        <span className={styles.outcome}>{outcomeText(statement)}</span>
      </button>
      {open && (
        <div id={more} className={styles.more}>
          <StatementMore statement={statement} />
        </div>
      )}
    </div>
  );
}

function outcomeText({ outcome, verdict, decision }: StatementEntry): string {
  if (!outcome) return verdict === 'ask' && !decision ? 'waits' : 'runs';
  switch (outcome.status) {
    case 'ok':
      return `${count(outcome.rows)} ${outcome.rows === 1 ? 'row' : 'rows'} · ${duration(outcome.durationMs)}`;
    case 'error':
      return outcome.sqlstate ?? 'error';
    case 'refused':
      return 'not run';
    case 'skipped':
    case 'cancelled':
    case 'lost':
      return outcome.status;
  }
}
