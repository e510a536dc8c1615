import { type FormEvent, type ReactNode, useState } from 'react';
import { type AgentView, identifier } from '../../../contract/index.ts';
import { useAction, useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { TextField } from '../../parts/Field.tsx';
import { ErrorNote, InfoNote } from '../../parts/Notes.tsx';
import styles from './AgentDialog.module.css';
import { AgentFields } from './AgentFields.tsx';
import { boundsOf, draftOf, emptyAgent } from './agent-draft.ts';
import { NewKey } from './NewKey.tsx';

/** Makes an agent and shows its key. */
export function AddAgentDialog({ onClose }: { readonly onClose: () => void }) {
  const connections = useCall('connections.list', {});
  const create = useAction('agents.create');
  const [name, setName] = useState('');
  const [edited, setEdited] = useState<typeof emptyAgent | null>(null);
  // Where there is one connection only, it is meant.
  const only = connections.data?.length === 1 ? connections.data.map(({ config }) => config.name) : [];
  const draft = edited ?? { ...emptyAgent, connections: only };
  const bounds = boundsOf(draft, Date.now());
  const nameProblem = name === '' ? undefined : identifier.safeParse(name).error?.issues[0]?.message;
  const ready =
    name !== '' &&
    nameProblem === undefined &&
    draft.connections.length > 0 &&
    Object.keys(bounds.problems).length === 0;
  const make = () =>
    create.mutate({
      name,
      connections: [...draft.connections],
      groups: bounds.groups,
      ...(bounds.scope === null ? {} : { scope: bounds.scope }),
    });
  if (create.data) return <NewKey made={create.data} onClose={onClose} />;
  return (
    <FormDialog
      title="Add an agent"
      action="Make key"
      busy={create.isPending}
      ready={ready}
      run={make}
      onClose={onClose}
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
      <AgentFields draft={draft} problems={bounds.problems} onChange={setEdited} />
      <ErrorNote error={create.error} />
    </FormDialog>
  );
}

interface AgentDialogProps {
  readonly agent: AgentView;
  readonly onClose: () => void;
}

/** Changes what the key of an agent is for. */
export function ChangeAgentDialog({ agent, onClose }: AgentDialogProps) {
  const change = useAction('agents.change');
  const [draft, setDraft] = useState(() => draftOf(agent));
  const bounds = boundsOf(draft, Date.now());
  const ready = draft.connections.length > 0 && Object.keys(bounds.problems).length === 0;
  const save = () =>
    change.mutate(
      { name: agent.name, connections: [...draft.connections], scope: bounds.scope, groups: bounds.groups },
      { onSuccess: onClose },
    );
  return (
    <FormDialog
      title={`Change ${agent.name}`}
      action="Save"
      busy={change.isPending}
      ready={ready}
      run={save}
      onClose={onClose}
    >
      <InfoNote>
        Its key stays. What you change holds from its next statement on; sessions on a connection that you take away
        end.
      </InfoNote>
      <AgentFields draft={draft} problems={bounds.problems} onChange={setDraft} />
      <ErrorNote error={change.error} />
    </FormDialog>
  );
}

interface FormDialogProps {
  readonly title: string;
  readonly action: string;
  readonly busy: boolean;
  readonly ready: boolean;
  readonly run: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog around a form that Enter and the button both send. */
export function FormDialog({ title, action, busy, ready, run, onClose, children }: FormDialogProps) {
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (ready && !busy) run();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <Button variant="accent" busy={busy} disabled={!ready} onClick={() => submit()}>
          {action}
        </Button>
      }
    >
      <form className={styles.form} onSubmit={submit}>
        {children}
      </form>
    </Dialog>
  );
}
