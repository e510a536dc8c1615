import type { ApprovalRequest, ApprovalState } from '../../../contract/index.ts';
import { ApprovalChip } from '../../parts/Chips.tsx';
import { dateTime } from '../../parts/format.ts';
import { Visible } from '../../parts/Visible.tsx';
import styles from './EndedBanner.module.css';

const meaning: Record<Exclude<ApprovalState, 'pending'>, string> = {
  approved: 'It was sent to the database, exactly as shown, once.',
  denied: 'It did not reach the database. The agent got an error that names the rule.',
  expired: 'Nobody decided in time, so it was denied. It did not reach the database.',
  withdrawn: 'The client or the database went away while it waited. It did not reach the database.',
  cancelled: 'The client cancelled it while it waited. It did not reach the database.',
  skipped: 'An earlier statement of the same pipeline failed, so it was not needed. It did not reach the database.',
};

/** Of a request that was decided for the whole sequence. */
const wholes: Partial<Record<ApprovalState, string>> = {
  approved: 'It was sent to the database, and the rest of its sequence runs without asking, as far as shown below.',
  denied:
    'It did not reach the database, and the rest of its sequence is refused without asking. The agent is told so.',
};

/** How a request ended, by whom, why, and what that means. */
export function EndedBanner({ request }: { readonly request: ApprovalRequest }) {
  if (request.state === 'pending') return null;
  return (
    <div className={styles.banner} role="status">
      <ApprovalChip state={request.state} />
      <div>
        <p>{(request.sequence?.answer ?? null) === null ? meaning[request.state] : wholes[request.state]}</p>
        <p className={styles.when}>
          {request.decidedAt !== null && dateTime(request.decidedAt)}
          {request.decidedBy !== null && ` by ${request.decidedBy}`}
          {request.reason !== null && request.reason !== '' && (
            <>
              : “<Visible text={request.reason} />”
            </>
          )}
        </p>
      </div>
    </div>
  );
}
