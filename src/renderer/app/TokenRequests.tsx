import { useEffect } from 'react';
import type { TokenRequest } from '../../contract/index.ts';
import { useAction, useCall } from '../data/query.ts';
import { Button } from '../parts/Button.tsx';
import { duration } from '../parts/format.ts';
import { ErrorNote, InfoNote } from '../parts/Notes.tsx';
import { useArmed } from '../parts/use-armed.ts';
import { useNow } from '../parts/use-now.ts';
import { Visible } from '../parts/Visible.tsx';
import styles from './TokenRequests.module.css';
import { useUi } from './ui-store.ts';

/** Programs that wait for a token of your sign-in, above whatever screen is open. Refused when you do not answer. */
export function TokenRequests({ enabled }: { readonly enabled: boolean }) {
  const requests = useCall('identity.list', {}, { enabled }).data?.requests ?? [];
  return requests.map((request) => <Asked key={request.id} request={request} />);
}

function Asked({ request }: { readonly request: TokenRequest }) {
  const { id, code, connection, provider, subject, otherConnections, deadlineAt } = request;
  const answer = useAction('identity.answerRequest');
  const { armed, isArmed } = useArmed(id);
  const now = useNow(1000);
  const tell = useUi((ui) => ui.tell);
  useEffect(() => {
    tell(`A program asks for a token for ${connection}, code ${code}`);
  }, [tell, connection, code]);
  const give = (yes: boolean) => isArmed() && answer.mutate({ id, give: yes });
  return (
    <section className={styles.request} aria-label={`Token for ${connection}`}>
      <InfoNote tone="ask">
        <p>
          <strong>A program of yours asks for a token for {connection}.</strong> It would speak for{' '}
          <Visible text={subject} />, by your sign-in at {provider}
          {otherConnections.length > 0 && <>, and open {otherConnections.join(', ')} as well</>}. The terminal that you
          started it in shows the code <strong className={styles.code}>{code}</strong>; if none does, refuse.
        </p>
        <div className={styles.actions} data-armed={armed}>
          <Button variant="solid" disabled={!armed} busy={answer.isPending} onClick={() => give(false)}>
            Refuse
          </Button>
          <Button disabled={!armed} busy={answer.isPending} onClick={() => give(true)}>
            Give the token
          </Button>
          <span>Refused in {duration(Math.max(0, deadlineAt - now))}.</span>
        </div>
        <ErrorNote error={answer.error} />
      </InfoNote>
    </section>
  );
}
