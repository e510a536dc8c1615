import { useState } from 'react';
import { type ConnectionView, sslWarning } from '../../../contract/index.ts';
import { routeHash } from '../../app/routes.ts';
import { useAction } from '../../data/query.ts';
import { AddressCard } from '../../parts/AddressCard.tsx';
import { Button } from '../../parts/Button.tsx';
import { Chip, EnvironmentChip } from '../../parts/Chips.tsx';
import { Confirm } from '../../parts/Dialog.tsx';
import { plural } from '../../parts/format.ts';
import { ErrorNote, InfoNote } from '../../parts/Notes.tsx';
import { TokenCard } from '../../parts/TokenCard.tsx';
import { CheckCircleIcon, KeyIcon, TerminalIcon } from '../../theme/icons.tsx';
import { CardActions } from './CardActions.tsx';
import { ConnectionDialog } from './ConnectionDialog.tsx';
import styles from './Panel.module.css';
import { PasswordForm } from './PasswordForm.tsx';
import { SessionRoleNote } from './SessionRoleNote.tsx';
import { SuggestedRulesNote } from './SuggestedRulesNote.tsx';
import { TargetDoubt } from './TargetDoubt.tsx';
import { TestSteps } from './TestSteps.tsx';

const credentials = {
  ready: { tone: 'allow', icon: CheckCircleIcon, label: 'Password ready' },
  needed: { tone: 'ask', icon: KeyIcon, label: 'Password needed' },
  none: { tone: 'neutral', icon: KeyIcon, label: 'No password' },
} as const;

/** One connection: where it leads, how it stands, and what an agent is given to use it. */
export function ConnectionCard({ view, readOnly }: { readonly view: ConnectionView; readonly readOnly: boolean }) {
  const { config } = view;
  const { upstream } = config;
  const warning = sslWarning(upstream);
  const [layer, setLayer] = useState<'none' | 'edit' | 'remove'>('none');
  const [addresses, setAddresses] = useState(false);
  const remove = useAction('connections.remove');
  const test = useAction('connections.test');
  return (
    <article className={styles.card} aria-label={`Connection ${config.name}`}>
      <header className={styles.cardHead}>
        <h2>{config.name}</h2>
        <EnvironmentChip environment={config.environment} />
        <Chip {...credentials[view.credential]} />
        {view.liveSessions > 0 && <Chip tone="neutral" icon={TerminalIcon} label={`${view.liveSessions} live`} />}
        <CardActions
          testing={test.isPending}
          readOnly={readOnly}
          onTest={() => test.mutate({ config })}
          onEdit={() => setLayer('edit')}
          onRemove={() => setLayer('remove')}
        >
          <Button size="small" aria-expanded={addresses} onClick={() => setAddresses(!addresses)}>
            Agent address
          </Button>
        </CardActions>
      </header>
      <dl className={styles.facts}>
        <div>
          <dt>upstream</dt>
          <dd>
            <code>
              {upstream.user}@{upstream.host}:{upstream.port}/{upstream.database}
            </code>
          </dd>
        </div>
        <div>
          <dt>TLS</dt>
          <dd>{upstream.sslmode}</dd>
        </div>
        <div>
          <dt>policy</dt>
          <dd>{config.policy}</dd>
        </div>
        <div>
          <dt>masking</dt>
          <dd>
            <a href={routeHash({ screen: 'rules', connection: config.name })}>
              {plural(config.maskRules.length, 'rule')}
            </a>
          </dd>
        </div>
      </dl>
      <SessionRoleNote view={view} />
      {view.targetDoubt !== null && <TargetDoubt connection={config.name} doubt={view.targetDoubt} />}
      {warning !== null && <InfoNote tone="ask">{warning}</InfoNote>}
      {!readOnly && <SuggestedRulesNote view={view} />}
      {view.credential === 'needed' && <PasswordForm connection={config.name} user={upstream.user} />}
      {addresses && view.addresses.map((address) => <AddressCard key={address.url} address={address} />)}
      {addresses &&
        view.tokenAddresses.map((address) => (
          <TokenCard key={address.provider} connection={config.name} address={address} />
        ))}
      <ErrorNote error={test.error} />
      {test.data && <TestSteps result={test.data} />}
      {layer === 'edit' && <ConnectionDialog config={config} onClose={() => setLayer('none')} />}
      {layer === 'remove' && (
        <Confirm
          title={`Remove ${config.name}?`}
          action="Remove connection"
          busy={remove.isPending}
          error={<ErrorNote error={remove.error} />}
          onClose={() => setLayer('none')}
          onConfirm={() => remove.mutate({ connection: config.name }, { onSuccess: () => setLayer('none') })}
        >
          <p>
            Agents can no longer reach this database.{' '}
            {view.liveSessions > 0 && `${plural(view.liveSessions, 'live session')} will end. `}
            Its {plural(config.maskRules.length, 'mask rule')} go with it; the recordings stay.
          </p>
        </Confirm>
      )}
    </article>
  );
}
