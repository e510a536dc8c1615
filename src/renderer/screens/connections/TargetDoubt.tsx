import { useState } from 'react';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { Confirm } from '../../parts/Dialog.tsx';
import { ErrorNote, InfoNote } from '../../parts/Notes.tsx';
import { Visible } from '../../parts/Visible.tsx';

/** Why the database behind a connection may be the wrong one, and where the operator says that it is the right one. */
export function TargetDoubt({ connection, doubt }: { readonly connection: string; readonly doubt: string }) {
  const accept = useAction('connections.acceptTarget');
  const [asking, setAsking] = useState(false);
  return (
    <>
      <InfoNote tone="ask">
        <Visible text={doubt} /> Statements of agents are held until you say that this is the database you mean.{' '}
        <Button size="small" onClick={() => setAsking(true)}>
          It is the right one…
        </Button>
      </InfoNote>
      {asking && (
        <Confirm
          title="Is this the database you mean?"
          action="Yes, it is the right database"
          busy={accept.isPending}
          error={<ErrorNote error={accept.error} />}
          onClose={() => setAsking(false)}
          onConfirm={() => accept.mutate({ connection }, { onSuccess: () => setAsking(false) })}
        >
          <p>
            <Visible text={doubt} />
          </p>
          <p>
            From then on, {connection} works under its label and policy there, and Postern takes this database for
            known.
          </p>
        </Confirm>
      )}
    </>
  );
}
