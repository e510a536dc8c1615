import type { CallOutput } from '../../../contract/index.ts';
import { AddressCard } from '../../parts/AddressCard.tsx';
import { Button } from '../../parts/Button.tsx';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { InfoNote } from '../../parts/Notes.tsx';
import styles from './AgentDialog.module.css';

interface NewKeyProps {
  readonly made: CallOutput<'agents.create'>;
  readonly onClose: () => void;
}

/** Shows the key of an agent: here, now, and never again. */
export function NewKey({ made, onClose }: NewKeyProps) {
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
          lost, replace it by a new one.
        </InfoNote>
        <div className={styles.key}>
          <code>{made.key}</code>
          <CopyButton text={made.key} label="Copy key" />
        </div>
        {made.addresses.map((address) => (
          <AddressCard key={address.url} address={address} />
        ))}
      </div>
    </Dialog>
  );
}
