import type { ApprovalRequest, Sequence } from '../../../contract/index.ts';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { plural } from '../../parts/format.ts';
import { ErrorNote } from '../../parts/Notes.tsx';
import { EndIcon } from '../../theme/icons.tsx';
import styles from './DecisionBar.module.css';
import { sequenceNames } from './SequenceCard.tsx';

/** What was decided for a whole sequence can be ended: its next statement asks again. */
export function SequenceBar({ request, sequence }: { readonly request: ApprovalRequest; readonly sequence: Sequence }) {
  const end = useAction('approvals.endSequence');
  const { answer, kind } = sequence;
  if (answer === null) return null;
  const approved = answer.state === 'approved';
  return (
    <fieldset className={styles.bar} aria-label="Sequence">
      <ErrorNote error={end.error} />
      <div className={styles.row}>
        <p className={styles.reason}>
          {approved
            ? `The ${sequenceNames[kind]} goes on: ${plural(answer.statements, 'further statement')} ran unasked.`
            : `The ${sequenceNames[kind]} stays denied: ${plural(answer.statements, 'further statement')} refused.`}
        </p>
        <Button size="large" icon={<EndIcon />} busy={end.isPending} onClick={() => end.mutate({ id: request.id })}>
          {approved ? `End the ${sequenceNames[kind]}` : 'Ask again'}
        </Button>
      </div>
    </fieldset>
  );
}
