import { useState } from 'react';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { TextField } from '../../parts/Field.tsx';
import { ErrorNote } from '../../parts/Notes.tsx';
import styles from './Panel.module.css';

/** Asks for the password of a connection's database role. It goes to the gate's memory and is kept nowhere. */
export function PasswordForm({ connection, user }: { readonly connection: string; readonly user: string }) {
  const [password, setPassword] = useState('');
  const supply = useAction('connections.supplyCredential');
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        supply.mutate({ connection, password }, { onSettled: () => setPassword('') });
      }}
    >
      <TextField
        label={`Password of ${user}`}
        type="password"
        autoComplete="off"
        value={password}
        hint="Held in memory until Postern ends. It is not written anywhere."
        onChange={setPassword}
      />
      <Button type="submit" variant="accent" busy={supply.isPending} disabled={password === ''}>
        Give password
      </Button>
      <ErrorNote error={supply.error} />
    </form>
  );
}
