import { type ApprovalRequest, openSequence } from '../../../contract/index.ts';
import { Chip, EnvironmentChip } from '../../parts/Chips.tsx';
import { headline } from '../../parts/effects.ts';
import { Sql } from '../../parts/Sql.tsx';
import { Values } from '../../parts/Values.tsx';
import { Visible } from '../../parts/Visible.tsx';
import { HandIcon, WarningIcon } from '../../theme/icons.tsx';
import { Countdown } from './Countdown.tsx';
import { DecisionBar } from './DecisionBar.tsx';
import { EndedBanner } from './EndedBanner.tsx';
import { Facts } from './Facts.tsx';
import { ImpactTable } from './Impact.tsx';
import styles from './RequestDetail.module.css';
import { RetryBanner } from './RetryBanner.tsx';
import { SequenceBar } from './SequenceBar.tsx';
import { SequenceCard } from './SequenceCard.tsx';
import { TicketBar } from './TicketBar.tsx';
import { blockedCount, blocksText, Waiting } from './Waiting.tsx';

interface RequestDetailProps {
  readonly request: ApprovalRequest;
  onDecided(id: string): void;
}

/** One request with all that is needed to decide it in five seconds. */
export function RequestDetail({ request, onDecided }: RequestDetailProps) {
  const pending = request.state === 'pending';
  const blocks = blockedCount(request.locks);
  const { sequence } = request;
  // What is known to be part of something larger is told before the statement itself.
  const whole = sequence !== null && (sequence.recognised || sequence.answer !== null);
  const toDecide = pending || request.retry?.state === 'offered';
  return (
    <article className={styles.detail} aria-label={`Request: ${headline(request.effects)}`}>
      <div className={styles.content}>
        <header className={styles.head}>
          <div className={styles.chips}>
            <EnvironmentChip environment={request.environment} />
            {request.transaction !== 'idle' && (
              <Chip
                tone={request.transaction === 'failed' ? 'block' : 'ask'}
                label={`Transaction ${request.transaction}`}
              />
            )}
            {pending && blocks > 0 && <Chip tone="block" icon={WarningIcon} label={blocksText(blocks)} />}
            {request.attempt > 1 && <Chip tone="ask" label={`Try ${request.attempt} of the identical statement`} />}
            {!request.effects.understood && <Chip tone="block" icon={WarningIcon} label="Not understood" />}
          </div>
          {pending && <Countdown createdAt={request.createdAt} deadlineAt={request.deadlineAt} size={28} />}
          <h2 className={styles.headline}>
            <Visible text={headline(request.effects)} />
          </h2>
          <p className={styles.summary}>
            <strong>
              <Visible text={request.agent} />
            </strong>{' '}
            asks on{' '}
            <strong>
              <Visible text={request.connection} />
            </strong>
            , database{' '}
            <strong>
              <Visible text={request.database} />
            </strong>
            , as role{' '}
            <strong>
              <Visible text={request.role} />
            </strong>
          </p>
        </header>
        {request.retry === null ? <EndedBanner request={request} /> : <RetryBanner request={request} />}
        <div className={styles.why}>
          <HandIcon />
          <div>
            <p className={styles.rule}>{request.rule.title}</p>
            <p>
              <Visible text={request.rule.reason} />
            </p>
          </div>
        </div>
        {whole && sequence !== null && <SequenceCard request={request} sequence={sequence} />}
        <Sql text={request.text} />
        {!whole && <OwnImpact request={request} />}
        {!whole && sequence !== null && <SequenceCard request={request} sequence={sequence} />}
        {pending && <Waiting request={request} />}
        <Values values={request.parameters} />
        <Facts request={request} />
      </div>
      {toDecide && <DecisionBar request={request} onDecided={onDecided} />}
      {sequence !== null && openSequence(request) && <SequenceBar request={request} sequence={sequence} />}
      {request.retry?.state === 'ticket' && <TicketBar request={request} />}
    </article>
  );
}

/** How much is in the tables that the statement itself changes. */
function OwnImpact({ request: { impact } }: { readonly request: ApprovalRequest }) {
  if (impact === null) return null;
  return (
    <section aria-label="What is in the tables">
      <h3 className={styles.subhead}>In the tables that it changes</h3>
      <ImpactTable impact={impact} label="Tables that the statement changes" />
    </section>
  );
}
