import { useState } from 'react';
import { useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { DatabaseIcon, PlusIcon } from '../../theme/icons.tsx';
import { ConnectionCard } from './ConnectionCard.tsx';
import { ConnectionDialog } from './ConnectionDialog.tsx';
import styles from './Panel.module.css';

/** The configured databases, each as a card. */
export function DatabasesPanel({ readOnly }: { readonly readOnly: boolean }) {
  const connections = useCall('connections.list', {});
  const [adding, setAdding] = useState(false);
  return (
    <section className={styles.panel} aria-label="Databases">
      <header className={styles.head}>
        <p className={styles.lead}>
          A database that agents reach through the gate. Its password stays in Postern’s memory; no agent gets it.
        </p>
        {!readOnly && (
          <Button variant="accent" icon={<PlusIcon size={14} />} onClick={() => setAdding(true)}>
            Add connection
          </Button>
        )}
      </header>
      {connections.isPending && <Loading lines={6} label="Loading connections" />}
      <ErrorNote error={connections.error} retry={() => void connections.refetch()} />
      {connections.data?.length === 0 && (
        <Empty icon={<DatabaseIcon size={22} />} title="No connection yet">
          <p>Add the database that your agent works with, test it, then make an agent key.</p>
        </Empty>
      )}
      {connections.data?.map((view) => (
        <ConnectionCard key={view.config.name} view={view} readOnly={readOnly} />
      ))}
      {adding && <ConnectionDialog config={null} onClose={() => setAdding(false)} />}
    </section>
  );
}
