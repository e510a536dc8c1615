import { type ApprovalRequest, openForRetry } from '../../../contract/index.ts';
import { Chip, EnvironmentChip, RequestChip } from '../../parts/Chips.tsx';
import { cx } from '../../parts/cx.ts';
import { headline } from '../../parts/effects.ts';
import { ago } from '../../parts/format.ts';
import { SqlLine } from '../../parts/Sql.tsx';
import { useNow } from '../../parts/use-now.ts';
import { Visible } from '../../parts/Visible.tsx';
import { Countdown } from './Countdown.tsx';
import styles from './RequestList.module.css';
import { RetryCountdown } from './RetryBanner.tsx';
import { sequenceNames } from './SequenceCard.tsx';

interface RequestListProps {
  readonly title: string;
  readonly requests: readonly ApprovalRequest[];
  readonly selected: string | null;
  onOpen(id: string): void;
}

/** Requests as rows; the open one is marked. */
export function RequestList({ title, requests, selected, onOpen }: RequestListProps) {
  const now = useNow(15_000);
  if (requests.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className={styles.title}>{title}</h2>
      <ul>
        {requests.map((request) => (
          <li key={request.id}>
            <button
              type="button"
              className={cx(styles.row, request.id === selected && styles.selected)}
              aria-current={request.id === selected || undefined}
              onClick={() => onOpen(request.id)}
            >
              <span className={styles.top}>
                <strong className={styles.what}>
                  <Visible text={headline(request.effects)} />
                </strong>
                {request.state === 'pending' ? (
                  <Countdown createdAt={request.createdAt} deadlineAt={request.deadlineAt} size={18} />
                ) : request.retry !== null && openForRetry(request) ? (
                  <RetryCountdown retry={request.retry} size={18} />
                ) : (
                  <span className={styles.when}>
                    {ago(request.retry?.endedAt ?? request.decidedAt ?? request.createdAt, now)}
                  </span>
                )}
              </span>
              <SqlLine text={request.text} />
              <span className={styles.who}>
                {request.state === 'pending' ? (
                  <EnvironmentChip environment={request.environment} />
                ) : (
                  <RequestChip request={request} />
                )}
                {request.state === 'pending' && request.sequence?.recognised === true && (
                  <Chip tone="block" label={`Part of a ${sequenceNames[request.sequence.kind]}`} />
                )}
                {request.state === 'pending' && request.attempt > 1 && (
                  <Chip tone="ask" label={`Try ${request.attempt}`} />
                )}
                <span className={styles.from}>
                  {request.agent} → {request.connection}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
