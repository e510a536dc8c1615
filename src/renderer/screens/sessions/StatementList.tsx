import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import type { StatementEntry } from '../../../contract/index.ts';
import { Button } from '../../parts/Button.tsx';
import { ArrowDownIcon } from '../../theme/icons.tsx';
import styles from './StatementList.module.css';
import { StatementRow } from './StatementRow.tsx';

/** How near to the end (pixels) still counts as being there. */
const bottomSlack = 24;

/** Statements in order. The list follows new ones only while its end is in sight; else it says how many came. */
export function StatementList({ statements }: { readonly statements: readonly StatementEntry[] }) {
  const scroll = useRef<HTMLDivElement>(null);
  const atBottom = useRef(false);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [seen, setSeen] = useState(statements.length);
  const virtual = useVirtualizer({
    count: statements.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => 44,
    getItemKey: (index) => statements[index]?.seq ?? index,
    overscan: 8,
  });

  useEffect(() => {
    if (!atBottom.current) return;
    virtual.scrollToIndex(statements.length - 1, { align: 'end' });
    setSeen(statements.length);
  }, [statements.length, virtual]);

  const onScroll = () => {
    const element = scroll.current;
    if (!element) return;
    atBottom.current = element.scrollHeight - element.scrollTop - element.clientHeight <= bottomSlack;
    if (atBottom.current) setSeen(statements.length);
  };
  const toggle = (seq: number) => {
    const next = new Set(open);
    if (!next.delete(seq)) next.add(seq);
    setOpen(next);
  };
  const unseen = statements.length - Math.min(seen, statements.length);

  return (
    <div className={styles.frame}>
      <div className={styles.scroll} ref={scroll} onScroll={onScroll}>
        <ol className={styles.list} style={{ height: virtual.getTotalSize() }} aria-label="Statements">
          {virtual.getVirtualItems().map((item) => {
            const statement = statements[item.index];
            if (!statement) return null;
            return (
              <li
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className={styles.item}
                style={{ transform: `translateY(${item.start}px)` }}
                aria-setsize={statements.length}
                aria-posinset={item.index + 1}
              >
                <StatementRow
                  statement={statement}
                  open={open.has(statement.seq)}
                  onToggle={() => toggle(statement.seq)}
                />
              </li>
            );
          })}
        </ol>
      </div>
      {unseen > 0 && (
        <div className={styles.more}>
          <Button
            size="small"
            icon={<ArrowDownIcon size={14} />}
            onClick={() => virtual.scrollToIndex(statements.length - 1, { align: 'end' })}
          >
            {unseen} new
          </Button>
        </div>
      )}
    </div>
  );
}
