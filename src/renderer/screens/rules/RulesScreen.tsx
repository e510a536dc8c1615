import { useState } from 'react';
import { navigate } from '../../app/routes.ts';
import { useCall } from '../../data/query.ts';
import { SelectField } from '../../parts/Field.tsx';
import { Empty, ErrorNote, InfoNote, Loading } from '../../parts/Notes.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { MaskIcon } from '../../theme/icons.tsx';
import { ConnectionRules } from './ConnectionRules.tsx';
import { PolicyTab } from './policy/PolicyTab.tsx';
import styles from './RulesScreen.module.css';

/** What is masked and what is judged, for one connection at a time. */
export function RulesScreen({ connection }: { readonly connection: string | null }) {
  const connections = useCall('connections.list', {});
  const overview = useCall('desk.overview', {});
  const [tab, setTab] = useState<'masking' | 'policy'>('masking');
  const names = (connections.data ?? []).map((view) => view.config.name);
  const chosen = connections.data?.find((view) => view.config.name === connection) ?? connections.data?.[0];
  const fromFile = overview.data?.managedBy === 'file';

  return (
    <>
      <ScreenHead title="Rules">
        {chosen && (
          <SelectField
            label="Connection"
            hideLabel
            value={chosen.config.name}
            options={names.map((name) => ({ value: name, label: name }))}
            onChange={(name) => navigate({ screen: 'rules', connection: name })}
          />
        )}
        <div className={styles.tabs} role="tablist" aria-label="Kind of rule">
          {(['masking', 'policy'] as const).map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={tab === name}
              aria-controls="rules-panel"
              tabIndex={tab === name ? 0 : -1}
              className={styles.tab}
              onClick={() => setTab(name)}
              onKeyDown={(event) => {
                if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
                const other = name === 'masking' ? 'policy' : 'masking';
                setTab(other);
                document.getElementById(`tab-${other}`)?.focus();
              }}
            >
              {name === 'masking' ? 'Masking' : 'Policy'}
            </button>
          ))}
        </div>
      </ScreenHead>
      <div className={styles.panel} id="rules-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {connections.isPending && <Loading lines={8} label="Loading connections" />}
        <ErrorNote error={connections.error} retry={() => void connections.refetch()} />
        {fromFile && (
          <InfoNote>
            These rules come from the configuration file that Postern was started with. They are shown here and changed
            there; restart Postern after a change.
          </InfoNote>
        )}
        {connections.data && !chosen && (
          <Empty icon={<MaskIcon size={22} />} title="No connection yet">
            <p>
              Rules belong to a connection. <a href="#/connections">Add one</a> first.
            </p>
          </Empty>
        )}
        {chosen && tab === 'masking' && <ConnectionRules key={chosen.config.name} view={chosen} readOnly={fromFile} />}
        {chosen && tab === 'policy' && <PolicyTab key={chosen.config.name} view={chosen} readOnly={fromFile} />}
      </div>
    </>
  );
}
