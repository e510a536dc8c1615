import type { ApprovalRequest } from '../../../contract/index.ts';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { ErrorNote } from '../../parts/Notes.tsx';
import { BlockIcon } from '../../theme/icons.tsx';
import styles from './DecisionBar.module.css';

/** An unused ticket can be taken back. */
export function TicketBar({ request }: { readonly request: ApprovalRequest }) {
  const withdraw = useAction('approvals.withdrawTicket');
  return (
    <fieldset className={styles.bar} aria-label="Ticket">
      <ErrorNote error={withdraw.error} />
      <div className={styles.row}>
        <p className={styles.reason}>The agent has not come back for it yet.</p>
        <Button
          size="large"
          icon={<BlockIcon />}
          busy={withdraw.isPending}
          onClick={() => withdraw.mutate({ id: request.id })}
        >
          Withdraw ticket
        </Button>
      </div>
    </fieldset>
  );
}
