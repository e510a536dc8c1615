import type { ReactNode } from 'react';
import { doubtWords, type SealView } from '../../../contract/index.ts';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { dateTime } from '../../parts/format.ts';
import { ErrorNote, InfoNote } from '../../parts/Notes.tsx';
import { GateIcon } from '../../theme/icons.tsx';
import { SealChanges } from './SealChanges.tsx';
import { SealDecision } from './SealDecision.tsx';
import styles from './SealScreen.module.css';
import { UnlockForm } from './UnlockForm.tsx';

/** The gate is closed: what is sealed is not known, or not believed, and the operator is asked. Nothing else is shown. */
export function SealScreen({ view }: { readonly view: SealView }) {
  const quit = useAction('seal.quit');
  if (view.phase === 'opening' || view.phase === 'open') {
    return (
      <Frame title="The seal holds">
        <p>Opening the gate…</p>
      </Frame>
    );
  }
  const leave = (
    <>
      <Button variant="quiet" busy={quit.isPending} onClick={() => quit.mutate({})}>
        Quit, and leave everything as it is
      </Button>
      <ErrorNote error={quit.error} />
    </>
  );
  if (view.doubt === null) {
    return (
      <Frame title="The passphrase of the seal">
        <p>
          <code>{view.subject}</code> is sealed, with the databases you know and the keys of this installation. The
          passphrase is needed to see whether they are what you sealed.
        </p>
        <UnlockForm leave={leave} />
        <p className={styles.kept}>The gate is closed: no agent can connect, and no database was reached.</p>
      </Frame>
    );
  }
  const fresh = view.doubt === 'unsealed';
  return (
    <Frame title={fresh ? 'These settings are not sealed' : 'Something was changed from outside'} wide>
      <InfoNote tone={fresh ? 'ask' : 'error'}>
        <strong>{doubtWords(view.doubt, view.subject)}</strong> {advice[view.doubt]}
      </InfoNote>
      {view.sealedAt !== null && (
        <p>
          Sealed last on {dateTime(view.sealedAt)} by {view.sealedBy} (number {view.counter}).
        </p>
      )}
      <SealChanges view={view} />
      <SealDecision key={view.found} view={view} leave={leave} />
      <p className={styles.kept}>
        The gate is closed: no agent can connect, and no database was reached. What you decide is recorded in the gate’s
        journal.
      </p>
    </Frame>
  );
}

const advice = {
  changed: 'If it was you, accept the change. If not, put back what was sealed, and find out what did it.',
  rolled_back:
    'The seal is genuine but older than the journals of this gate know: a change of yours is missing. Expect that after you put back a backup, and at no other time.',
  forged: 'So nothing says what was sealed. Look through everything below before you accept it.',
  removed: 'So nothing says what was sealed. If you did not remove the seal, look through everything below.',
  key_unavailable:
    'If this is another computer, another user or a keychain that was reset, look through everything below and seal it anew.',
  unsealed:
    'Any program of your user, an agent with a shell for one, could have written them. Look through them, and seal them: from then on a change from outside is noticed.',
} as const;

function Frame({
  title,
  wide = false,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <main className={styles.page}>
      <div className={wide ? styles.wide : styles.card}>
        <span className={styles.mark}>
          <GateIcon size={28} />
        </span>
        <h1>{title}</h1>
        <p className="visually-hidden" role="status">
          {title}
        </p>
        {children}
      </div>
    </main>
  );
}
