import { useState } from 'react';
import { useCall } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { Empty, ErrorNote, Loading } from '../../../parts/Notes.tsx';
import { KeyIcon, PlusIcon } from '../../../theme/icons.tsx';
import panel from '../Panel.module.css';
import { ProviderCard } from './ProviderCard.tsx';
import { ProviderDialog } from './ProviderDialog.tsx';
import { TryTokenDialog } from './TryTokenDialog.tsx';

/** The identity providers whose access tokens are taken in place of agent keys. */
export function IdentityPanel({ readOnly }: { readonly readOnly: boolean }) {
  const list = useCall('identity.list', {});
  const [layer, setLayer] = useState<'none' | 'add' | 'try'>('none');
  return (
    <section className={panel.panel} aria-label="Identity providers">
      <header className={panel.head}>
        <p className={panel.lead}>
          An identity provider whose access tokens are taken as passwords, in place of agent keys. Its groups decide who
          may use what; the session ends when the token does.
        </p>
        <div className={panel.actions}>
          {list.data?.providers.length !== 0 && <Button onClick={() => setLayer('try')}>Try a token</Button>}
          {!readOnly && (
            <Button variant="accent" icon={<PlusIcon size={14} />} onClick={() => setLayer('add')}>
              Add provider
            </Button>
          )}
        </div>
      </header>
      {list.isPending && <Loading lines={5} label="Loading identity providers" />}
      <ErrorNote error={list.error} retry={() => void list.refetch()} />
      {list.data?.providers.length === 0 && (
        <Empty icon={<KeyIcon size={22} />} title="No identity provider">
          <p>
            Agents show keys of this installation. Where your organisation has an OpenID provider, add it, and they may
            show its tokens instead.
          </p>
        </Empty>
      )}
      {list.data?.providers.map((view) => (
        <ProviderCard key={view.config.name} view={view} keychain={list.data.keychain} readOnly={readOnly} />
      ))}
      {layer === 'add' && <ProviderDialog config={null} onClose={() => setLayer('none')} />}
      {layer === 'try' && <TryTokenDialog onClose={() => setLayer('none')} />}
    </section>
  );
}
