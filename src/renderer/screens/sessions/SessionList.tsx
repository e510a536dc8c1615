import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useLayoutEffect, useRef } from 'react';
import type { SessionSummary } from '../../../contract/index.ts';
import { routeHash } from '../../app/routes.ts';
import { EnvironmentChip } from '../../parts/Chips.tsx';
import { cx } from '../../parts/cx.ts';
import { ago, count, plural } from '../../parts/format.ts';
import { useNow } from '../../parts/use-now.ts';
import { Visible } from '../../parts/Visible.tsx';
import styles from './SessionList.module.css';

const rowHeight = 76;

interface SessionListProps {
  readonly sessions: readonly SessionSummary[];
  readonly selected: string | null;
}

/** Sessions, newest first, only those in sight are in the page. New ones do not move what the reader looks at. */
export function SessionList({ sessions, selected }: SessionListProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const now = useNow(15_000);
  const virtual = useVirtualizer({
    count: sessions.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => sessions[index]?.id ?? index,
    overscan: 6,
  });

  const first = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const added = first.current === undefined ? 0 : sessions.findIndex((session) => session.id === first.current);
    if (added > 0 && scroll.current && scroll.current.scrollTop > 0) scroll.current.scrollTop += added * rowHeight;
    first.current = sessions[0]?.id;
  }, [sessions]);

  const at = sessions.findIndex((session) => session.id === selected);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [at, virtual]);

  return (
    <div className={styles.scroll} ref={scroll}>
      <ul className={styles.list} style={{ height: virtual.getTotalSize() }} aria-label="Sessions">
        {virtual.getVirtualItems().map((item) => {
          const session = sessions[item.index];
          if (!session) return null;
          return (
            <li
              key={item.key}
              className={styles.item}
              style={{ transform: `translateY(${item.start}px)` }}
              aria-setsize={sessions.length}
              aria-posinset={item.index + 1}
            >
              <a
                href={routeHash({ screen: 'sessions', id: session.id })}
                className={cx(styles.row, session.id === selected && styles.selected)}
                aria-current={session.id === selected || undefined}
              >
                <span className={styles.top}>
                  <span className={cx(styles.dot, session.live && styles.live)} aria-hidden="true" />
                  <strong className={styles.agent}>
                    <Visible text={session.agent} />
                  </strong>
                  <span className={styles.when}>
                    {session.live ? 'live' : ago(session.endedAt ?? session.startedAt, now)}
                  </span>
                </span>
                <span className={styles.middle}>
                  <EnvironmentChip environment={session.environment} />
                  <span className={styles.where}>
                    {session.connection} · <Visible text={session.applicationName ?? session.clientAddress} />
                  </span>
                </span>
                <Counts session={session} />
              </a>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Counts({ session: { counts } }: { readonly session: SessionSummary }) {
  return (
    <span className={styles.counts}>
      <span>{plural(counts.statements, 'statement')}</span>
      {counts.held > 0 && <span className={styles.held}>{count(counts.held)} held</span>}
      {counts.refused > 0 && <span className={styles.refused}>{count(counts.refused)} refused</span>}
      {counts.errors > 0 && <span className={styles.refused}>{plural(counts.errors, 'error')}</span>}
    </span>
  );
}
