import { useState } from 'react';
import type { IdentityProvider } from '../../../../contract/index.ts';
import { useAction, useCall } from '../../../data/query.ts';
import { ErrorNote } from '../../../parts/Notes.tsx';
import { DraftDialog } from '../DraftDialog.tsx';
import { ProviderFields } from './ProviderFields.tsx';
import { ProviderSteps } from './ProviderSteps.tsx';
import { emptyProvider, providerProblems } from './provider-draft.ts';

interface ProviderDialogProps {
  /** Null makes a new one. */
  readonly config: IdentityProvider | null;
  readonly onClose: () => void;
}

/** Adds or changes an identity provider. It can be tested as typed, before it is saved. */
export function ProviderDialog({ config, onClose }: ProviderDialogProps) {
  const [draft, setDraft] = useState<IdentityProvider>(() => config ?? emptyProvider());
  const [tried, setTried] = useState(false);
  const list = useCall('identity.list', {});
  const connections = (useCall('connections.list', {}).data ?? []).map((view) => view.config.name);
  const save = useAction('identity.save');
  const test = useAction('identity.test');
  const others = (list.data?.providers ?? [])
    .map((view) => view.config)
    .filter(({ name }) => config === null || name !== config.name);
  const problems = providerProblems(draft, others, connections);
  const valid = Object.keys(problems).length === 0;
  const ifValid = (run: () => void) => {
    setTried(true);
    if (valid) run();
  };
  const commit = () => ifValid(() => save.mutate(draft, { onSuccess: onClose }));
  return (
    <DraftDialog
      title={config === null ? 'Add an identity provider' : `Change ${config.name}`}
      wrong={tried && !valid}
      testing={test.isPending}
      saving={save.isPending}
      onTest={() => ifValid(() => test.mutate(draft))}
      onSave={commit}
      onClose={onClose}
      outcome={
        <>
          <ErrorNote error={save.error} />
          <ErrorNote error={test.error} />
          {test.data && <ProviderSteps result={test.data} />}
        </>
      }
    >
      <ProviderFields
        draft={draft}
        problems={tried ? problems : {}}
        isNew={config === null}
        connections={connections}
        onChange={setDraft}
      />
    </DraftDialog>
  );
}
