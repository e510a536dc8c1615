import { useState } from 'react';
import type { SealView } from '../../../contract/index.ts';
import { useUi } from '../../app/ui-store.ts';
import { useAction, useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { TextField } from '../../parts/Field.tsx';
import { dateTime } from '../../parts/format.ts';
import { ErrorNote, Loading } from '../../parts/Notes.tsx';
import { NewPassphrase, usableTwice } from '../seal/NewPassphrase.tsx';
import styles from './SettingsScreen.module.css';

/** How the seal stands, and where it is made or gets another key. */
export function SealCard() {
  const seal = useCall('seal.state', {});
  return (
    <section className={styles.card} aria-label="Seal">
      <h2>Seal</h2>
      {seal.isPending && <Loading lines={2} label="Loading" />}
      <ErrorNote error={seal.error} retry={() => void seal.refetch()} />
      {seal.data && <Standing view={seal.data} />}
    </section>
  );
}

function Standing({ view }: { readonly view: SealView }) {
  const { sealedWith, sealedAt, sealedBy, counter, managed, subject } = view;
  const [asking, setAsking] = useState(false);
  return (
    <>
      {sealedWith === null ? (
        <p>
          <strong>Not sealed:</strong> {managed ? withoutSeal : fileWithoutSeal}
        </p>
      ) : (
        <p>
          <strong>Sealed</strong> with {sealedWith === 'keychain' ? 'a key in the keychain' : 'your passphrase'}, last
          on {sealedAt !== null && dateTime(sealedAt)} by {sealedBy} (number {counter}).
        </p>
      )}
      <p className={styles.note}>
        The seal is over <code>{subject}</code>, the databases that each connection is known to reach, and the keys of
        this installation. Where it does not hold at a start, nothing opens before you decided.
      </p>
      {managed && !asking && (
        <div>
          <Button onClick={() => setAsking(true)}>{sealedWith === null ? 'Seal…' : 'Another key…'}</Button>
        </div>
      )}
      {asking && <KeyForm view={view} onDone={() => setAsking(false)} />}
    </>
  );
}

const withoutSeal =
  'any program of your user can change connections, agents and rules while Postern is not running. For the demo alone that is no loss; with databases of your own, every start asks whether the settings are right.';
const fileWithoutSeal =
  'any program of your user can change the configuration file before a start. `postern seal accept FILE` seals it.';

function KeyForm({ view, onDone }: { readonly view: SealView; readonly onDone: () => void }) {
  const change = useAction('seal.change');
  const tell = useUi((ui) => ui.tell);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState({ first: '', second: '' });
  const proves = view.sealedWith === 'passphrase';
  const submit = (passphrase: string | null): void =>
    change.mutate(
      { current: proves ? current : null, next: passphrase },
      {
        onSuccess: () => {
          tell('Sealed');
          onDone();
        },
      },
    );
  const proven = !proves || current !== '';
  return (
    <form
      className={styles.sealForm}
      onSubmit={(event) => {
        event.preventDefault();
        if (proven && usableTwice(next)) submit(next.first);
      }}
    >
      {proves && <TextField label="Passphrase until now" type="password" value={current} onChange={setCurrent} />}
      <NewPassphrase value={next} onChange={setNext} why={view.noKeychain} />
      <div className={styles.buttons}>
        <Button type="submit" variant="accent" busy={change.isPending} disabled={!proven || !usableTwice(next)}>
          Seal with this passphrase
        </Button>
        {view.noKeychain === null && view.sealedWith !== 'keychain' && (
          <Button busy={change.isPending} disabled={!proven} onClick={() => submit(null)}>
            Seal with the keychain
          </Button>
        )}
        <Button variant="quiet" onClick={onDone}>
          Cancel
        </Button>
      </div>
      <ErrorNote error={change.error} />
    </form>
  );
}
