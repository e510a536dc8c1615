import { type Route, routeHash } from '../app/routes.ts';
import styles from './TabLinks.module.css';

interface TabLinksProps {
  /** What the tabs tell apart, for screen readers. */
  readonly label: string;
  readonly tabs: readonly { readonly title: string; readonly route: Route; readonly current: boolean }[];
}

/** Links between the parts of one screen. */
export function TabLinks({ label, tabs }: TabLinksProps) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map(({ title, route, current }) => (
        <a key={title} href={routeHash(route)} aria-current={current ? 'page' : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}
