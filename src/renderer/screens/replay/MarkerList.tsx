import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { Chip } from '../../parts/Chips.tsx';
import { cx } from '../../parts/cx.ts';
import { timecode } from '../../parts/format.ts';
import { SqlLine } from '../../parts/Sql.tsx';
import styles from './MarkerList.module.css';
import { markerKinds } from './marker-kinds.ts';
import { type Marker, markerAt } from './timeline.ts';

interface MarkerListProps {
  readonly markers: readonly Marker[];
  readonly at: number;
  onJump(at: number): void;
}

/** The markers of a replay in order; the one in force is kept in sight, a click goes there. */
export function MarkerList({ markers, at, onJump }: MarkerListProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const current = markerAt(markers, at);
  const index = current === null ? -1 : markers.indexOf(current);
  const virtual = useVirtualizer({
    count: markers.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 54,
    overscan: 8,
  });
  useEffect(() => {
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' });
  }, [index, virtual]);
  return (
    <section className={styles.side} aria-label="Statements of the replay">
      <div className={styles.scroll} ref={scroll}>
        <ol className={styles.list} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const marker = markers[item.index];
            if (!marker) return null;
            return (
              <li key={item.key} className={styles.item} style={{ transform: `translateY(${item.start}px)` }}>
                <button
                  type="button"
                  className={cx(styles.row, item.index === index && styles.current)}
                  aria-current={item.index === index ? 'step' : undefined}
                  onClick={() => onJump(marker.at)}
                >
                  <span className={styles.top}>
                    <span className={styles.time}>{timecode(marker.at)}</span>
                    <Chip {...markerKinds[marker.kind]} />
                    <span className={styles.seq}>{marker.seq}</span>
                  </span>
                  <SqlLine text={marker.label} />
                </button>
              </li>
            );
          })}
        </ol>
      </div>
    </section>
  );
}
