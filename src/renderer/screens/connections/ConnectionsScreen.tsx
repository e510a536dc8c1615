import { routeHash } from '../../app/routes.ts';
import { useCall } from '../../data/query.ts';
import { InfoNote } from '../../parts/Notes.tsx';
import { ScreenHead } from '../../parts/ScreenHead.tsx';
import { AgentsPanel } from './AgentsPanel.tsx';
import styles from './ConnectionsScreen.module.css';
import { DatabasesPanel } from './DatabasesPanel.tsx';

/** The databases behind the gate, and the agents before it. */
export function ConnectionsScreen({ tab }: { readonly tab: 'databases' | 'agents' }) {
  const overview = useCall('desk.overview', {});
  const fromFile = overview.data?.managedBy === 'file';
  return (
    <>
      <ScreenHead title="Connections">
        <nav className={styles.tabs} aria-label="Kind">
          <a
            href={routeHash({ screen: 'connections', tab: 'databases' })}
            aria-current={tab === 'databases' ? 'page' : undefined}
          >
            Databases
          </a>
          <a
            href={routeHash({ screen: 'connections', tab: 'agents' })}
            aria-current={tab === 'agents' ? 'page' : undefined}
          >
            Agents
          </a>
        </nav>
      </ScreenHead>
      <div className={styles.panel}>
        {fromFile && (
          <InfoNote>
            Connections and agents come from the configuration file that Postern was started with. They are shown here
            and changed there; a password that is asked for can still be given here.
          </InfoNote>
        )}
        {tab === 'databases' ? <DatabasesPanel readOnly={fromFile} /> : <AgentsPanel readOnly={fromFile} />}
      </div>
    </>
  );
}
