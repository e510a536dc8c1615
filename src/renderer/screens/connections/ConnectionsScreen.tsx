import type { ConnectionsTab } from '../../app/routes.ts';
import { useCall } from '../../data/query.ts';
import { InfoNote } from '../../parts/Notes.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { TabLinks } from '../../parts/TabLinks.tsx';
import { AgentsPanel } from './AgentsPanel.tsx';
import styles from './ConnectionsScreen.module.css';
import { DatabasesPanel } from './DatabasesPanel.tsx';
import { IdentityPanel } from './identity/IdentityPanel.tsx';

const tabs: readonly { readonly tab: ConnectionsTab; readonly title: string }[] = [
  { tab: 'databases', title: 'Databases' },
  { tab: 'agents', title: 'Agents' },
  { tab: 'identity', title: 'Identity' },
];

const panels = { databases: DatabasesPanel, agents: AgentsPanel, identity: IdentityPanel } as const;

/** The databases behind the gate, the agents before it, and who vouches for them. */
export function ConnectionsScreen({ tab }: { readonly tab: ConnectionsTab }) {
  const overview = useCall('desk.overview', {});
  const fromFile = overview.data?.managedBy === 'file';
  const Panel = panels[tab];
  return (
    <>
      <ScreenHead title="Connections">
        <TabLinks
          label="Kind"
          tabs={tabs.map(({ tab: to, title }) => ({
            title,
            route: { screen: 'connections', tab: to },
            current: to === tab,
          }))}
        />
      </ScreenHead>
      <div className={styles.panel}>
        {fromFile && (
          <InfoNote>
            Connections, agents and identity providers come from the configuration file that Postern was started with.
            They are shown here and changed there; a password that is asked for can still be given here, and you can
            sign in.
          </InfoNote>
        )}
        <Panel readOnly={fromFile} />
      </div>
    </>
  );
}
