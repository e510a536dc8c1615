import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CopiedColumnView } from '../../../../contract/index.ts';
import { useUi } from '../../../app/ui-store.ts';
import { useAction, useCall } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { Confirm } from '../../../parts/Dialog.tsx';
import { dateTime } from '../../../parts/format.ts';
import { ErrorNote } from '../../../parts/Notes.tsx';
import { Visible } from '../../../parts/Visible.tsx';
import styles from './Masks.module.css';

const nameOf = ({ schema, relation, column }: CopiedColumnView): string =>
  `${schema === null ? '' : `${schema}.`}${relation}.${column}`;

/** Columns without a rule that statements copied masked values to: masked since, until the operator says otherwise. */
export function CopiedColumns({ connection }: { readonly connection: string }) {
  const list = useCall('copies.list', { connection });
  const forget = useAction('copies.forget');
  const client = useQueryClient();
  const tell = useUi((ui) => ui.tell);
  const [asked, setAsked] = useState<CopiedColumnView | null>(null);
  const confirm = ({ sources: _sources, since: _since, ...place }: CopiedColumnView) =>
    forget.mutate(place, {
      onSuccess: () => {
        void client.invalidateQueries({ queryKey: ['copies.list'] });
        setAsked(null);
        tell('No longer masked as a copy');
      },
    });
  if (list.data?.length === 0 && list.error === null) return null;
  return (
    <section className={styles.card} aria-label="Copied columns">
      <header className={styles.head}>
        <h2>Columns that hold copies</h2>
        <p className={styles.small}>
          Statements copied masked values here. They are masked whole, for everybody, until you say that no copy is
          left.
        </p>
      </header>
      <ErrorNote error={list.error} retry={() => void list.refetch()} />
      <ul>
        {list.data?.map((copy) => (
          <li key={JSON.stringify([copy.database, nameOf(copy)])} className={styles.copy}>
            <div className={styles.what}>
              <code>
                <Visible text={nameOf(copy)} />
              </code>
              <p className={styles.small}>
                <Visible
                  text={`from ${copy.sources.join(', ')}, in database ${copy.database}, since ${dateTime(copy.since)}`}
                />
              </p>
            </div>
            <Button
              size="small"
              variant="quiet"
              aria-label={`${nameOf(copy)} no longer holds copies`}
              onClick={() => setAsked(copy)}
            >
              No longer holds copies
            </Button>
          </li>
        ))}
      </ul>
      {asked !== null && (
        <Confirm
          title="Does it hold no copies any more?"
          action="It holds none: show it"
          busy={forget.isPending}
          error={<ErrorNote error={forget.error} />}
          onConfirm={() => confirm(asked)}
          onClose={() => {
            forget.reset();
            setAsked(null);
          }}
        >
          <p>
            <code>
              <Visible text={nameOf(asked)} />
            </code>{' '}
            got values of <Visible text={asked.sources.join(', ')} />. From the next statement on agents see what is in
            it, old copies included. Drop or empty the column first.
          </p>
        </Confirm>
      )}
    </section>
  );
}
