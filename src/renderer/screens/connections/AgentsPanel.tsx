import { useState } from 'react';
import { useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { KeyIcon, PlusIcon } from '../../theme/icons.tsx';
import { AgentCard } from './AgentCard.tsx';
import { AddAgentDialog } from './AgentDialog.tsx';
import styles from './Panel.module.css';

/** The agents that may connect, each with a key of its own. */
export function AgentsPanel({ readOnly }: { readonly readOnly: boolean }) {
  const agents = useCall('agents.list', {});
  const [adding, setAdding] = useState(false);
  return (
    <section className={styles.panel} aria-label="Agents">
      <header className={styles.head}>
        <p className={styles.lead}>
          A program that may connect, and to what. It shows its key as the password; Postern keeps only a hash of it.
        </p>
        {!readOnly && (
          <Button variant="accent" icon={<PlusIcon size={14} />} onClick={() => setAdding(true)}>
            Add agent
          </Button>
        )}
      </header>
      {agents.isPending && <Loading lines={5} label="Loading agents" />}
      <ErrorNote error={agents.error} retry={() => void agents.refetch()} />
      {agents.data?.length === 0 && (
        <Empty icon={<KeyIcon size={22} />} title="No agent yet">
          <p>
            Make one for each program, so that its sessions and approvals carry its name and one key can be revoked
            alone.
          </p>
        </Empty>
      )}
      {agents.data?.map((agent) => (
        <AgentCard key={agent.name} agent={agent} readOnly={readOnly} />
      ))}
      {adding && <AddAgentDialog onClose={() => setAdding(false)} />}
    </section>
  );
}
