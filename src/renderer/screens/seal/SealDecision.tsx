import { type ReactNode, useState } from 'react';
import type { SealView } from '../../../contract/index.ts';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { TextField } from '../../parts/Field.tsx';
import { ErrorNote } from '../../parts/Notes.tsx';
import { NewPassphrase, usableTwice } from './NewPassphrase.tsx';
import styles from './SealScreen.module.css';

/** What the operator can say to a doubt. The safe answer, where there is one, stands first and is the one of the form's Enter. */
export function SealDecision({ view, leave }: { readonly view: SealView; readonly leave: ReactNode }) {
  const { found, restorable, sealedWith, noKeychain, doubt } = view;
  const accept = useAction('seal.accept');
  const restore = useAction('seal.restore');
  const [known, setKnown] = useState('');
  const [fresh, setFresh] = useState({ first: '', second: '' });
  const needs =
    sealedWith === 'passphrase' ? 'known' : sealedWith === 'keychain' || noKeychain === null ? 'none' : 'new';
  const passphrase = needs === 'known' ? known : needs === 'new' ? fresh.first : null;
  const ready = needs === 'known' ? known !== '' : needs === 'none' || usableTwice(fresh);
  return (
    <div className={styles.decision}>
      {restorable && (
        <Button
          variant="solid"
          busy={restore.isPending}
          disabled={accept.isPending}
          onClick={() => restore.mutate({ found })}
        >
          Put back what was sealed
        </Button>
      )}
      <ErrorNote error={restore.error} />
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) accept.mutate({ found, passphrase });
        }}
      >
        {needs === 'known' && (
          <TextField
            label="Passphrase of the seal"
            type="password"
            value={known}
            hint="Accepting takes it again."
            onChange={setKnown}
          />
        )}
        {needs === 'new' && <NewPassphrase value={fresh} onChange={setFresh} why={noKeychain} />}
        <Button
          type="submit"
          variant={doubt === 'unsealed' ? 'accent' : 'danger'}
          busy={accept.isPending}
          disabled={!ready || restore.isPending}
        >
          {doubt === 'unsealed' ? 'They are right: seal them' : 'Accept what is there, and seal it'}
        </Button>
        <ErrorNote error={accept.error} />
      </form>
      {leave}
    </div>
  );
}
