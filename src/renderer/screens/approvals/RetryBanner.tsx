import { type ApprovalRequest, openForRetry, type Retry, type RetryState } from '../../../contract/index.ts';
import { routeHash } from '../../app/routes.ts';
import { RequestChip } from '../../parts/Chips.tsx';
import { dateTime, sessionMark } from '../../parts/format.ts';
import { Visible } from '../../parts/Visible.tsx';
import { Countdown } from './Countdown.tsx';
import styles from './EndedBanner.module.css';

/** How long an offer or a ticket is good for, in milliseconds, for the ring only; the gate ends it. */
const ringMs = 10 * 60_000;

const meaning: Record<RetryState, string> = {
  offered:
    'The agent gave up waiting; the statement did not reach the database. Approve, and the identical statement runs at once when the agent sends it again: once, within 10 minutes.',
  ticket:
    'Approved for its retry. The identical statement of this agent runs at once when it comes, one time only. Any other text, value, role or search path asks again.',
  redeemed: 'Approved after the agent had given up. The identical statement came again and ran, once.',
  denied: 'Denied after the agent had given up. It did not reach the database; the agent is told so if it tries again.',
  expired: 'The agent gave up waiting, and nothing came of it in time. It did not reach the database.',
  withdrawn:
    'The agent gave up waiting, and what was decided for its retry was taken back. It did not reach the database.',
  replaced: 'The agent gave up waiting and asks again; the new request stands in the place of this one.',
};

/** What is left of an offer or a ticket. */
export function RetryCountdown({ retry, size }: { readonly retry: Retry; readonly size: number }) {
  return <Countdown createdAt={retry.until - ringMs} deadlineAt={retry.until} size={size} />;
}

/** The second life of a request whose agent gave up: what can still be done, or what was decided and came of it. */
export function RetryBanner({ request }: { readonly request: ApprovalRequest }) {
  const { retry } = request;
  if (retry === null) return null;
  const { decidedAt, decidedBy, reason, usedBy, endedAt } = retry;
  return (
    <div className={styles.banner} role="status">
      <RequestChip request={request} />
      <div>
        <p>{meaning[retry.state]}</p>
        <p className={styles.when}>
          {request.decidedAt !== null && `Given up ${dateTime(request.decidedAt)}. `}
          {decidedAt !== null && `Decided ${dateTime(decidedAt)}${decidedBy === null ? '' : ` by ${decidedBy}`}. `}
          {endedAt !== null && retry.state !== 'denied' && `Ended ${dateTime(endedAt)}. `}
          {reason !== null && (
            <>
              “<Visible text={reason} />”{' '}
            </>
          )}
          {usedBy !== null && (
            <a title={usedBy.sessionId} href={routeHash({ screen: 'sessions', id: usedBy.sessionId })}>
              Ran in session {sessionMark(usedBy.sessionId)}, statement {usedBy.statementSeq}
            </a>
          )}
        </p>
      </div>
      {openForRetry(request) && <RetryCountdown retry={retry} size={28} />}
    </div>
  );
}
