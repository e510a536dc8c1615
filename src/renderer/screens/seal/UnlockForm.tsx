import { type ReactNode, useState } from 'react';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { TextField } from '../../parts/Field.tsx';
import { ErrorNote } from '../../parts/Notes.tsx';
import styles from './SealScreen.module.css';

/** Asks for the passphrase of the seal. It goes to the gate's memory and is kept nowhere. */
export function UnlockForm({ leave }: { readonly leave: ReactNode }) {
  const [passphrase, setPassphrase] = useState('');
  const unlock = useAction('seal.unlock');
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        unlock.mutate({ passphrase }, { onSettled: () => setPassphrase('') });
      }}
    >
      <TextField label="Passphrase" type="password" autoFocus value={passphrase} onChange={setPassphrase} />
      <Button type="submit" variant="accent" busy={unlock.isPending} disabled={passphrase === ''}>
        Check the seal and open
      </Button>
      <ErrorNote error={unlock.error} />
      {leave}
    </form>
  );
}
