import { useState } from 'react';
import { identifier, type Scope, scope as scopeSchema } from '../../../contract/index.ts';
import { useAction, useCall } from '../../data/query.ts';
import { AddressCard } from '../../parts/AddressCard.tsx';
import { Button } from '../../parts/Button.tsx';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { CheckField, TextField } from '../../parts/Field.tsx';
import { ErrorNote, InfoNote } from '../../parts/Notes.tsx';
import { namesOf } from '../../parts/names.ts';
import styles from './AgentDialog.module.css';

/** Makes an agent and shows its key: here, now, and never again. */
export function AgentDialog({ onClose }: { readonly onClose: () => void }) {
  const connections = useCall('connections.list', {});
  const create = useAction('agents.create');
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const names = (connections.data ?? []).map((view) => view.config.name);
  const [readOnly, setReadOnly] = useState(false);
  const [schemas, setSchemas] = useState('');
  const [until, setUntil] = useState('');
  const allowed = chosen ?? (names.length === 1 ? names : []);
  const nameProblem = name === '' ? undefined : identifier.safeParse(name).error?.issues[0]?.message;
  const bounds = scopeOf(readOnly, schemas, until);
  const ready = name !== '' && nameProblem === undefined && allowed.length > 0 && bounds.problem === undefined;
  const make = () =>
    ready &&
    create.mutate({
      name,
      connections: [...allowed],
      ...(bounds.scope === null ? {} : { scope: bounds.scope }),
    });
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
        <Button variant="accent" busy={create.isPending} disabled={!ready} onClick={make}>
          Make key
        </Button>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          make();
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
        <fieldset aria-label="What it may do at most" className={styles.connections}>
          <p className={styles.label}>What it may do at most, whatever is allowed or approved</p>
          <CheckField label="Only read" checked={readOnly} onChange={setReadOnly} />
          <TextField
            label="Schemas"
            mono
            placeholder="all"
            value={schemas}
            hint="Separated by commas; patterns with * and ?"
            onChange={setSchemas}
          />
          <TextField
            label="Valid until"
            type="datetime-local"
            value={until}
            error={bounds.problem}
            hint="Optional; after that the key is refused"
            onChange={setUntil}
          />
        </fieldset>
        <ErrorNote error={connections.error} />
        <ErrorNote error={create.error} />
      </form>
    </Dialog>
  );
}

/** The scope that was typed: null when nothing bounds the key; or what is wrong with it. `until` is in this machine's time. */
function scopeOf(
  readOnly: boolean,
  schemas: string,
  until: string,
): { readonly scope: Scope | null; readonly problem?: string } {
  const names = namesOf(schemas);
  const ends = until === '' ? null : new Date(until);
  if (ends !== null && Number.isNaN(ends.getTime())) return { scope: null, problem: 'Give day and time' };
  if (ends !== null && ends.getTime() <= Date.now()) return { scope: null, problem: 'This is in the past' };
  if (!readOnly && names.length === 0 && ends === null) return { scope: null };
  return {
    scope: scopeSchema.parse({
      readOnly,
      ...(names.length === 0 ? {} : { schemas: names }),
      ...(ends === null ? {} : { validUntil: ends.toISOString() }),
    }),
  };
}
