import { useState } from 'react';
import type { ConnectionConfig } from '../../../contract/index.ts';
import { useAction, useCall } from '../../data/query.ts';
import { TextField } from '../../parts/Field.tsx';
import { ErrorNote } from '../../parts/Notes.tsx';
import { ConnectionFields } from './ConnectionFields.tsx';
import { connectionProblems, emptyConnection } from './connection-draft.ts';
import { DraftDialog } from './DraftDialog.tsx';
import { TestSteps } from './TestSteps.tsx';

interface ConnectionDialogProps {
  /** Null makes a new one. */
  readonly config: ConnectionConfig | null;
  readonly onClose: () => void;
}

/** Adds or changes a connection. It can be tested as typed, before it is saved. */
export function ConnectionDialog({ config, onClose }: ConnectionDialogProps) {
  const [draft, setDraft] = useState<ConnectionConfig>(() => config ?? { ...emptyConnection(), name: '' });
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(config !== null);
  const connections = useCall('connections.list', {});
  const save = useAction('connections.save');
  const test = useAction('connections.test');
  const taken = config === null ? (connections.data ?? []).map((view) => view.config.name) : [];
  const problems = connectionProblems(draft, taken);
  const valid = Object.keys(problems).length === 0;

  const ifValid = (run: () => void) => {
    setTried(true);
    if (valid) run();
  };
  const runTest = () => ifValid(() => test.mutate({ config: draft, ...(password === '' ? {} : { password }) }));
  const commit = () => ifValid(() => save.mutate(draft, { onSuccess: onClose }));

  return (
    <DraftDialog
      title={config === null ? 'Add a connection' : `Change ${config.name}`}
      wrong={tried && !valid}
      testing={test.isPending}
      saving={save.isPending}
      onTest={runTest}
      onSave={commit}
      onClose={onClose}
      outcome={
        <>
          <ErrorNote error={save.error} />
          <ErrorNote error={test.error} />
          {test.data && <TestSteps result={test.data} />}
        </>
      }
    >
      <ConnectionFields draft={draft} problems={tried ? problems : {}} isNew={config === null} onChange={setDraft} />
      {draft.upstream.credential.from === 'prompt' && (
        <TextField
          label="Password, for the test only"
          type="password"
          value={password}
          hint="Used once and forgotten. After saving, Postern asks for it again and holds it in memory."
          onChange={setPassword}
        />
      )}
    </DraftDialog>
  );
}
