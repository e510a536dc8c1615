import { useState } from 'react';
import type { IdentityProviderView, KeychainState, TokenGrant } from '../../../../contract/index.ts';
import { useAction } from '../../../data/query.ts';
import { Chip } from '../../../parts/Chips.tsx';
import { Confirm } from '../../../parts/Dialog.tsx';
import { ErrorNote } from '../../../parts/Notes.tsx';
import { CheckCircleIcon, ClockIcon } from '../../../theme/icons.tsx';
import { CardActions } from '../CardActions.tsx';
import panel from '../Panel.module.css';
import { scopeWords } from './GrantFields.tsx';
import own from './Identity.module.css';
import { ProviderDialog } from './ProviderDialog.tsx';
import { ProviderSteps } from './ProviderSteps.tsx';
import { SignInBox } from './SignInBox.tsx';

interface ProviderCardProps {
  readonly view: IdentityProviderView;
  readonly keychain: KeychainState;
  readonly readOnly: boolean;
}

/** One provider: whose tokens are taken, what they open, and your own sign-in there. */
export function ProviderCard({ view, keychain, readOnly }: ProviderCardProps) {
  const { config, signIn } = view;
  const [layer, setLayer] = useState<'none' | 'edit' | 'remove'>('none');
  const test = useAction('identity.test');
  const remove = useAction('identity.remove');
  return (
    <article className={panel.card} aria-label={`Identity provider ${config.name}`}>
      <header className={panel.cardHead}>
        <h2>{config.name}</h2>
        {signIn.state === 'signed_in' && <Chip tone="allow" icon={CheckCircleIcon} label="Signed in" />}
        {signIn.state === 'waiting' && <Chip tone="ask" icon={ClockIcon} label="Signing in" />}
        <CardActions
          testing={test.isPending}
          readOnly={readOnly}
          onTest={() => test.mutate(config)}
          onEdit={() => setLayer('edit')}
          onRemove={() => setLayer('remove')}
        />
      </header>
      <dl className={panel.facts}>
        <div>
          <dt>issuer</dt>
          <dd>
            <code>{config.issuer}</code>
          </dd>
        </div>
        <div>
          <dt>audience</dt>
          <dd>
            <code>{config.audience}</code>
          </dd>
        </div>
        <div>
          <dt>when a token expires</dt>
          <dd>{config.atExpiry === 'at_once' ? 'the session ends at once' : 'it ends after the running statement'}</dd>
        </div>
      </dl>
      <ol className={own.grantList} aria-label="Grants">
        {config.grants.map((grant, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: grants are told apart by their place
          <li key={place}>{grantWords(grant)}</li>
        ))}
      </ol>
      <SignInBox view={view} keychain={keychain} />
      <ErrorNote error={test.error} />
      {test.data && <ProviderSteps result={test.data} />}
      {layer === 'edit' && <ProviderDialog config={config} onClose={() => setLayer('none')} />}
      {layer === 'remove' && (
        <Confirm
          title={`Remove ${config.name}?`}
          action="Remove provider"
          busy={remove.isPending}
          error={<ErrorNote error={remove.error} />}
          onClose={() => setLayer('none')}
          onConfirm={() => remove.mutate({ provider: config.name }, { onSuccess: () => setLayer('none') })}
        >
          <p>
            Its tokens are refused from then on, and the sessions that came in with one end. Your sign-in there is
            forgotten. The recordings stay.
          </p>
        </Confirm>
      )}
    </article>
  );
}

function grantWords({ groups, subjects, clients, connections, scope }: TokenGrant): string {
  const who = [
    ...(groups === undefined ? [] : [`groups ${groups.join(', ')}`]),
    ...(subjects === undefined ? [] : [`subjects ${subjects.join(', ')}`]),
    ...(clients === undefined ? [] : [`programs ${clients.join(', ')}`]),
  ];
  return `${who.join(' and ')}: ${connections.join(', ')}, ${scopeWords(scope)}`;
}
