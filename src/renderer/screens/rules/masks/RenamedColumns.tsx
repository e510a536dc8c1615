import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { MaskRule, RenamedColumnView } from '../../../../contract/index.ts';
import { useUi } from '../../../app/ui-store.ts';
import { useAction, useCall } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { Confirm } from '../../../parts/Dialog.tsx';
import { dateTime } from '../../../parts/format.ts';
import { ErrorNote } from '../../../parts/Notes.tsx';
import { Visible } from '../../../parts/Visible.tsx';
import { covers } from '../drafts.ts';
import styles from './Masks.module.css';
import { renamedNames, ruleMoved } from './renamed-rules.ts';

interface Props {
  readonly connection: string;
  readonly rules: readonly MaskRule[];
  readonly readOnly: boolean;
  readonly onChange: (rules: readonly MaskRule[]) => void;
}

/** Columns that left their rules because somebody gave them or their table another name: masked until the operator decides. */
export function RenamedColumns({ connection, rules, readOnly, onChange }: Props) {
  const list = useCall('renamed.list', { connection });
  const forget = useAction('renamed.forget');
  const client = useQueryClient();
  const tell = useUi((ui) => ui.tell);
  const [asked, setAsked] = useState<RenamedColumnView | null>(null);
  const confirm = ({ oid, attributeNumber, database }: RenamedColumnView) =>
    forget.mutate(
      { connection, database, oid, attributeNumber },
      {
        onSuccess: () => {
          void client.invalidateQueries({ queryKey: ['renamed.list'] });
          setAsked(null);
          tell('No longer masked for its old name');
        },
      },
    );
  // Without rules nothing is masked, and these are not either.
  if (rules.length === 0 || ((list.data ?? []).length === 0 && list.error === null)) return null;
  return (
    <section className={styles.card} aria-label="Renamed columns">
      <header className={styles.head}>
        <h2>Renamed columns</h2>
        <p className={styles.small}>
          A rule masked these, and somebody gave them other names, past Postern. They stay masked until a rule names
          them or you say that they need not be.
        </p>
      </header>
      <ErrorNote error={list.error} retry={() => void list.refetch()} />
      <ul>
        {list.data?.map((column) => {
          const { was, now } = renamedNames(column);
          const named = rules.some((rule) => covers(rule, column.now.schema, column.now.relation, column.now.column));
          const gone = rules.every(({ id }) => id !== column.rule);
          return (
            <li
              key={JSON.stringify([column.database, column.oid, column.attributeNumber, column.rule])}
              className={styles.copy}
            >
              <div className={styles.what}>
                <p>
                  was{' '}
                  <code>
                    <Visible text={was} />
                  </code>
                  , is now{' '}
                  <code>
                    <Visible text={now} />
                  </code>
                  , still masked
                </p>
                <p className={styles.small}>
                  <Visible
                    text={`${gone ? `whole, since the rule ${column.rule} is no more` : `by ${column.rule}`}, in database ${column.database}${column.since === null ? '' : `, seen ${dateTime(column.since)}`}`}
                  />
                </p>
              </div>
              {!readOnly &&
                (named ? (
                  <span className={styles.small}>A rule names it now: save the rules</span>
                ) : (
                  <Button
                    size="small"
                    aria-label={`Name it in the rule: ${now}`}
                    onClick={() => onChange(ruleMoved(rules, column))}
                  >
                    Name it in the rule
                  </Button>
                ))}
              <Button
                size="small"
                variant="quiet"
                aria-label={`${now} need not be masked`}
                onClick={() => setAsked(column)}
              >
                Need not be masked
              </Button>
            </li>
          );
        })}
      </ul>
      {asked !== null && (
        <Confirm
          title="Need it not be masked?"
          action="Show it to agents"
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
              <Visible text={renamedNames(asked).now} />
            </code>{' '}
            is the column that was <Visible text={renamedNames(asked).was} />, with the same rows in it. No rule names
            it: from the next statement on agents see what is in it.
          </p>
        </Confirm>
      )}
    </section>
  );
}
