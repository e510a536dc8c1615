import { useState } from 'react';
import { identifier } from '../../../contract/index.ts';
import { useAction, useCall } from '../../data/query.ts';
import { AddressCard } from '../../parts/AddressCard.tsx';
import { Button } from '../../parts/Button.tsx';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { CheckField, TextField } from '../../parts/Field.tsx';
import { ErrorNote, InfoNote } from '../../parts/Notes.tsx';
import styles from './AgentDialog.module.css';

/** Makes an agent and shows its key: here, now, and never again. */
export function AgentDialog({ onClose }: { readonly onClose: () => void }) {
  const connections = useCall('connections.list', {});
  const create = useAction('agents.create');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const names = (connections.data ?? []).map((view) => view.config.name);
  const allowed = chosen ?? (names.length === 1 ? names : []);
  const nameProblem = name === '' ? undefined : identifier.safeParse(name).error?.issues[0]?.message;
  const made = create.data;

  if (made) {
    return (
      <Dialog
        title={`Key of ${made.agent.name}`}
        width="wide"
        onClose={onClose}
        footer={
          <Button variant="accent" onClick={onClose}>
            I have copied it
          </Button>
        }
      >
        <div className={styles.form}>
          <InfoNote tone="ask">
            <strong>This key is shown only now.</strong> Postern keeps a hash of it and cannot show it again. If it is
            lost, revoke the agent and make a new one.
          </InfoNote>
          <div className={styles.key}>
            <code>{made.key}</code>
            <CopyButton text={made.key} label="Copy key" />
          </div>
          {made.addresses.map((address) => (
            <AddressCard key={address.connection} address={address} />
          ))}
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      title="Add an agent"
      onClose={onClose}
      footer={
        <Button
          variant="accent"
          busy={create.isPending}
          disabled={name === '' || nameProblem !== undefined || allowed.length === 0}
          onClick={() => create.mutate({ name, connections: [...allowed] })}
        >
          Make key
        </Button>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (name !== '' && nameProblem === undefined && allowed.length > 0)
            create.mutate({ name, connections: [...allowed] });
        }}
      >
        <TextField
          data-first-focus
          label="Name"
          placeholder="claude-code"
          value={name}
          error={nameProblem}
          hint="It is shown with every session and request"
          onChange={setName}
        />
        <fieldset aria-label="Connections it may use" className={styles.connections}>
          <p className={styles.label}>Connections it may use</p>
          {names.map((connection) => (
            <CheckField
              key={connection}
              label={connection}
              checked={allowed.includes(connection)}
              onChange={(on) =>
                setChosen(on ? [...allowed, connection] : allowed.filter((other) => other !== connection))
              }
            />
          ))}
          {connections.data?.length === 0 && <p className={styles.label}>Add a connection first.</p>}
        </fieldset>
        <ErrorNote error={connections.error} />
        <ErrorNote error={create.error} />
      </form>
    </Dialog>
  );
}
