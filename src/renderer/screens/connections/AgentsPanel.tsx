import { useState } from 'react';
import type { AgentView, Scope } from '../../../contract/index.ts';
import { useAction, useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { Chip } from '../../parts/Chips.tsx';
import { cx } from '../../parts/cx.ts';
import { Confirm } from '../../parts/Dialog.tsx';
import { ago, dateTime } from '../../parts/format.ts';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { useNow } from '../../parts/use-now.ts';
import { BlockIcon, KeyIcon, PlusIcon } from '../../theme/icons.tsx';
import { AgentDialog } from './AgentDialog.tsx';
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
        <AgentCard key={`${agent.name} ${agent.fingerprint}`} agent={agent} readOnly={readOnly} />
      ))}
      {adding && <AgentDialog onClose={() => setAdding(false)} />}
    </section>
  );
}

function AgentCard({ agent, readOnly }: { readonly agent: AgentView; readonly readOnly: boolean }) {
  const [asking, setAsking] = useState(false);
  const revoke = useAction('agents.revoke');
  const now = useNow(15_000);
  return (
    <article className={cx(styles.card, agent.revokedAt !== null && styles.revoked)} aria-label={`Agent ${agent.name}`}>
      <header className={styles.cardHead}>
        <h2>{agent.name}</h2>
        {agent.revokedAt === null ? (
          agent.lastSeenAt !== null && now - agent.lastSeenAt < 60_000 && <Chip tone="allow" label="Just seen" />
        ) : (
          <Chip tone="block" icon={BlockIcon} label="Revoked" />
        )}
        {!readOnly && agent.revokedAt === null && (
          <div className={styles.actions}>
            <Button size="small" variant="danger" onClick={() => setAsking(true)}>
              Revoke
            </Button>
          </div>
        )}
      </header>
      <dl className={styles.facts}>
        <div>
          <dt>key</dt>
          <dd>
            <code>{agent.fingerprint}</code>
          </dd>
        </div>
        <div>
          <dt>connections</dt>
          <dd>{agent.connections.join(', ')}</dd>
        </div>
        {agent.scope !== null && (
          <div>
            <dt>at most</dt>
            <dd>{scopeWords(agent.scope)}</dd>
          </div>
        )}
        <div>
          <dt>made</dt>
          <dd>{dateTime(agent.createdAt)}</dd>
        </div>
        <div>
          <dt>last seen</dt>
          <dd>{agent.lastSeenAt === null ? 'never' : ago(agent.lastSeenAt, now)}</dd>
        </div>
        {agent.revokedAt !== null && (
          <div>
            <dt>revoked</dt>
            <dd>{dateTime(agent.revokedAt)}</dd>
          </div>
        )}
      </dl>
      {asking && (
        <Confirm
          title={`Revoke ${agent.name}?`}
          action="Revoke key"
          busy={revoke.isPending}
          error={<ErrorNote error={revoke.error} />}
          onClose={() => setAsking(false)}
          onConfirm={() => revoke.mutate({ name: agent.name }, { onSuccess: () => setAsking(false) })}
        >
          <p>Its key stops working at once and cannot be brought back. Its recordings stay.</p>
        </Confirm>
      )}
    </article>
  );
}

/** What a key may do at most, in words. */
function scopeWords({ readOnly, schemas, validUntil }: Scope): string {
  return [
    ...(readOnly ? ['reads only'] : []),
    ...(schemas === undefined ? [] : [`schemas ${schemas.join(', ')}`]),
    ...(validUntil === undefined ? [] : [`until ${dateTime(Date.parse(validUntil))}`]),
  ].join('; ');
}
