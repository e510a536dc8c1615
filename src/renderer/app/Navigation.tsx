import type { ComponentType } from 'react';
import type { Overview } from '../../contract/index.ts';
import type { DeskStatus } from '../desk.ts';
import { Keys } from '../parts/Button.tsx';
import { cx } from '../parts/cx.ts';
import { plural } from '../parts/format.ts';
import {
  GateIcon,
  type IconProps,
  InboxIcon,
  MaskIcon,
  PlugIcon,
  ReportIcon,
  SearchIcon,
  SettingsIcon,
  TerminalIcon,
} from '../theme/icons.tsx';
import { keyCaps } from './keys.ts';
import styles from './Navigation.module.css';
import { type Route, routeHash, type ScreenName } from './routes.ts';
import { useUi } from './ui-store.ts';

const places: readonly {
  readonly title: string;
  readonly icon: ComponentType<IconProps>;
  readonly route: Route;
  readonly holds: readonly ScreenName[];
}[] = [
  { title: 'Approvals', icon: InboxIcon, route: { screen: 'approvals', id: null }, holds: ['approvals'] },
  {
    title: 'Sessions',
    icon: TerminalIcon,
    route: { screen: 'sessions', id: null },
    holds: ['sessions', 'replay', 'gate'],
  },
  { title: 'Rules', icon: MaskIcon, route: { screen: 'rules', connection: null }, holds: ['rules'] },
  { title: 'Connections', icon: PlugIcon, route: { screen: 'connections', tab: 'databases' }, holds: ['connections'] },
  { title: 'Reports', icon: ReportIcon, route: { screen: 'reports' }, holds: ['reports'] },
  { title: 'Settings', icon: SettingsIcon, route: { screen: 'settings' }, holds: ['settings'] },
];

interface NavigationProps {
  readonly route: Route;
  readonly pending: number;
  readonly status: DeskStatus;
  readonly overview: Overview | undefined;
}

/** The way between the screens: a side bar, or a bar at the bottom of a narrow window. */
export function Navigation({ route, pending, status, overview }: NavigationProps) {
  const openLayer = useUi((ui) => ui.open);
  return (
    <nav className={styles.bar} aria-label="Screens">
      <div className={styles.brand}>
        <GateIcon size={18} className={styles.mark} />
        <span>Postern</span>
        {overview?.demo && <span className={styles.demo}>demo</span>}
      </div>
      <ul className={styles.places}>
        {places.map(({ title, icon: Icon, route: to, holds }) => (
          <li key={title}>
            <a
              href={routeHash(to)}
              className={styles.place}
              aria-current={holds.includes(route.screen) ? 'page' : undefined}
            >
              <Icon />
              <span className={styles.title}>{title}</span>
              {title === 'Approvals' && pending > 0 && (
                <span className={styles.badge}>
                  {pending}
                  <span className="visually-hidden"> {plural(pending, 'request')} waiting</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
      <div className={styles.foot}>
        <button type="button" className={styles.search} onClick={() => openLayer('palette')}>
          <SearchIcon size={14} />
          Commands
          <Keys caps={keyCaps('mod+k')} />
        </button>
        <p className={styles.state}>
          <span className={cx(styles.dot, styles[status])} aria-hidden="true" />
          {
            { open: 'Gate running', connecting: 'Connecting', lost: 'Connection lost', no_session: 'Signed out' }[
              status
            ]
          }
        </p>
        {overview && (
          <p className={styles.listening}>
            {overview.listeners.map(({ host, port }) => `${host}:${port}`).join(', ') || 'not listening'}
            <br />
            version {overview.version}
          </p>
        )}
      </div>
    </nav>
  );
}
