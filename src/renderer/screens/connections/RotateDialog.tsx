import { useState } from 'react';
import type { AgentView } from '../../../contract/index.ts';
import { useAction } from '../../data/query.ts';
import { SelectField } from '../../parts/Field.tsx';
import { ErrorNote, InfoNote } from '../../parts/Notes.tsx';
import { FormDialog } from './AgentDialog.tsx';
import { NewKey } from './NewKey.tsx';

const graces = [
  { value: '0', label: 'at once: its sessions end now' },
  { value: '3600', label: 'in an hour' },
  { value: '86400', label: 'in a day' },
  { value: '604800', label: 'in a week' },
];

/** Gives an agent a new key, and the old one an end. */
export function RotateDialog({ agent, onClose }: { readonly agent: AgentView; readonly onClose: () => void }) {
  const rotate = useAction('agents.rotate');
  const [grace, setGrace] = useState('0');
  if (rotate.data) return <NewKey made={rotate.data} onClose={onClose} />;
  return (
    <FormDialog
      title={`New key for ${agent.name}`}
      action="Make key"
      busy={rotate.isPending}
      ready
      run={() => rotate.mutate({ name: agent.name, graceSeconds: Number(grace) })}
      onClose={onClose}
    >
      <InfoNote>
        Name, connections, bounds and recordings stay. Whoever shows the old key after its end is told that there is a
        new one.
      </InfoNote>
      <SelectField
        data-first-focus
        label={`The old key, ${agent.fingerprint}, ends`}
        value={grace}
        options={graces}
        hint="Choose “at once” if somebody else may have it"
        onChange={setGrace}
      />
      <ErrorNote error={rotate.error} />
    </FormDialog>
  );
}
