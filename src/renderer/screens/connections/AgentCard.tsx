import { useState } from 'react';
import type { AgentView, Scope } from '../../../contract/index.ts';
import { useAction } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { Chip } from '../../parts/Chips.tsx';
import { cx } from '../../parts/cx.ts';
import { Confirm } from '../../parts/Dialog.tsx';
import { ago, dateTime } from '../../parts/format.ts';
import { ErrorNote } from '../../parts/Notes.tsx';
import { useNow } from '../../parts/use-now.ts';
import { BlockIcon, KeyIcon } from '../../theme/icons.tsx';
import { ChangeAgentDialog } from './AgentDialog.tsx';
import styles from './Panel.module.css';
import { RotateDialog } from './RotateDialog.tsx';

/** An agent: what its key is for, how long, and when it was last used. */
export function AgentCard({ agent, readOnly }: { readonly agent: AgentView; readonly readOnly: boolean }) {
  const [layer, setLayer] = useState<'none' | 'change' | 'rotate' | 'revoke'>('none');
  const now = useNow(15_000);
  const close = () => setLayer('none');
  const endsAt = agent.scope?.validUntil === undefined ? null : Date.parse(agent.scope.validUntil);
  return (
    <article className={cx(styles.card, agent.revokedAt !== null && styles.revoked)} aria-label={`Agent ${agent.name}`}>
      <header className={styles.cardHead}>
        <h2>{agent.name}</h2>
        <Standing agent={agent} endsAt={endsAt} now={now} />
        {!readOnly && agent.revokedAt === null && (
          <div className={styles.actions}>
            <Button size="small" onClick={() => setLayer('change')}>
              Change
            </Button>
            <Button size="small" disabled={endsAt !== null && endsAt <= now} onClick={() => setLayer('rotate')}>
              New key
            </Button>
            <Button size="small" variant="danger" onClick={() => setLayer('revoke')}>
              Revoke
            </Button>
          </div>
        )}
      </header>
      <dl className={styles.facts}>
        {factsOf(agent, endsAt, now).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{name === 'key' ? <code>{value}</code> : value}</dd>
          </div>
        ))}
      </dl>
      {layer === 'change' && <ChangeAgentDialog agent={agent} onClose={close} />}
      {layer === 'rotate' && <RotateDialog agent={agent} onClose={close} />}
      {layer === 'revoke' && <RevokeDialog agent={agent} onClose={close} />}
    </article>
  );
}

interface StandingProps {
  readonly agent: AgentView;
  readonly endsAt: number | null;
  readonly now: number;
}

function Standing({ agent, endsAt, now }: StandingProps) {
  if (agent.revokedAt !== null) return <Chip tone="block" icon={BlockIcon} label="Revoked" />;
  if (endsAt !== null && endsAt <= now) return <Chip tone="block" icon={BlockIcon} label="Expired" />;
  return (
    <>
      {agent.lastSeenAt !== null && now - agent.lastSeenAt < 60_000 && <Chip tone="allow" label="Just seen" />}
      {agent.formerKeys.some(({ until }) => until > now) && <Chip tone="ask" icon={KeyIcon} label="Two keys" />}
    </>
  );
}

function factsOf(agent: AgentView, endsAt: number | null, now: number): (readonly [string, string])[] {
  const bounds = agent.scope === null ? '' : boundWords(agent.scope);
  const [former] = agent.formerKeys;
  return [
    ['key', agent.fingerprint],
    ['connections', agent.connections.join(', ') || 'none'],
    ...(bounds === '' ? [] : [['at most', bounds] as const]),
    ...(agent.groups.length === 0 ? [] : [['groups', agent.groups.join(', ')] as const]),
    ...(endsAt === null ? [] : [[endsAt > now ? 'valid until' : 'was valid until', dateTime(endsAt)] as const]),
    ...(former === undefined ? [] : [['key before', formerWords(former, now)] as const]),
    ['made', dateTime(agent.createdAt)],
    ['last seen', agent.lastSeenAt === null ? 'not since Postern started' : ago(agent.lastSeenAt, now)],
    ...(agent.revokedAt === null ? [] : [['revoked', dateTime(agent.revokedAt)] as const]),
  ];
}

/** What a key may do at most, in words. */
const boundWords = ({ readOnly, schemas }: Scope): string =>
  [...(readOnly ? ['reads only'] : []), ...(schemas === undefined ? [] : [`schemas ${schemas.join(', ')}`])].join('; ');

const formerWords = ({ fingerprint, until }: AgentView['formerKeys'][number], now: number): string =>
  `${fingerprint}, ${until > now ? 'good until' : 'ended'} ${dateTime(until)}`;

function RevokeDialog({ agent, onClose }: { readonly agent: AgentView; readonly onClose: () => void }) {
  const revoke = useAction('agents.revoke');
  return (
    <Confirm
      title={`Revoke ${agent.name}?`}
      action="Revoke key"
      busy={revoke.isPending}
      error={<ErrorNote error={revoke.error} />}
      onClose={onClose}
      onConfirm={() => revoke.mutate({ name: agent.name }, { onSuccess: onClose })}
    >
      <p>
        Its sessions end and its keys stop working at once; that cannot be taken back. Its recordings stay, and whoever
        still shows a key of it is told that it was revoked.
      </p>
    </Confirm>
  );
}
