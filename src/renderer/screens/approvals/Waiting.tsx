import {
  type ApprovalRequest,
  type BlockedSession,
  type TransactionLocks,
  timeoutText,
} from '../../../contract/index.ts';
import { timecode } from '../../parts/format.ts';
import { InfoNote } from '../../parts/Notes.tsx';
import { useNow } from '../../parts/use-now.ts';
import { Visible } from '../../parts/Visible.tsx';
import styles from './Waiting.module.css';

/** What the wait itself does: which locks stay while nobody decides, whom they block, and when the database loses patience. */
export function Waiting({ request }: { readonly request: ApprovalRequest }) {
  const { deadlineCause, locks } = request;
  return (
    <>
      {locks !== null && <Locks locks={locks} />}
      {deadlineCause !== null && (
        <InfoNote tone="ask">
          <p>
            The database ends this session soon after the countdown:{' '}
            <code className={styles.setting}>{timeoutText(deadlineCause)}</code>. Undecided by then, the statement is
            denied and its transaction fails.
          </p>
        </InfoNote>
      )}
    </>
  );
}

/** How many other sessions wait for the locks of a request's transaction. */
export const blockedCount = (locks: TransactionLocks | null): number =>
  locks === null ? 0 : locks.blocked.length + locks.moreBlocked;

export const blocksText = (count: number): string => (count === 1 ? 'Blocks 1 session' : `Blocks ${count} sessions`);

function Locks({ locks }: { readonly locks: TransactionLocks }) {
  const { held, moreHeld, blocked, moreBlocked, known } = locks;
  const now = useNow(1000);
  if (!known) return <InfoNote>Which locks this transaction holds could not be read from the database.</InfoNote>;
  const blocks = blockedCount(locks);
  if (held.length === 0 && blocks === 0) return null;
  return (
    <InfoNote tone={blocks > 0 ? 'error' : 'info'}>
      <p className={styles.title}>
        {blocks === 0
          ? 'The open transaction holds locks. Nobody waits for them.'
          : `${blocksText(blocks)}: they wait for locks of the open transaction, and do so until you decide.`}
      </p>
      {blocked.length > 0 && (
        <ul className={styles.blocked} aria-label="Blocked sessions">
          {blocked.map((session) => (
            <Blocked key={session.processId} session={session} now={now} />
          ))}
        </ul>
      )}
      {moreBlocked > 0 && <p>and {moreBlocked} more</p>}
      {held.length > 0 && (
        <ul className={styles.held} aria-label="Locks">
          {held.map(({ on, name, mode }) => (
            <li key={`${on} ${name} ${mode}`}>
              {on === 'advisory' && 'advisory '}
              <code>
                <Visible text={name} />
              </code>{' '}
              <span className={styles.mode}>{mode}</span>
            </li>
          ))}
          {moreHeld > 0 && <li>and {moreHeld} more</li>}
        </ul>
      )}
    </InfoNote>
  );
}

function Blocked({ session, now }: { readonly session: BlockedSession; readonly now: number }) {
  const { processId, role, application, waitingSince, query } = session;
  return (
    <li>
      <p>
        <strong>
          <Visible text={application === '' ? role : application} />
        </strong>
        {application !== '' && (
          <>
            {' '}
            as <Visible text={role} />
          </>
        )}
        , process {processId}
        {waitingSince !== null && `, waiting for ${timecode(now - waitingSince)}`}
      </p>
      {query !== null && (
        <code className={styles.query}>
          <Visible text={query} />
        </code>
      )}
    </li>
  );
}
