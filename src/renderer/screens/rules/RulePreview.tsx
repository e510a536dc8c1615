import type { MaskRule } from '../../../contract/index.ts';
import { useCall } from '../../data/query.ts';
import { cx } from '../../parts/cx.ts';
import { ErrorNote, Loading } from '../../parts/Notes.tsx';
import { Visible } from '../../parts/Visible.tsx';
import { MaskIcon } from '../../theme/icons.tsx';
import { useRested } from './masks/use-rested.ts';
import styles from './RulePreview.module.css';

export interface PreviewTarget {
  readonly schema: string;
  readonly table: string;
}

interface RulePreviewProps {
  readonly connection: string;
  readonly target: PreviewTarget;
  readonly rules: readonly MaskRule[];
  /** The rules as typed are not valid, so the saved ones are shown. */
  readonly stale: boolean;
}

/** Rows of one table as they are and as the agent would get them. */
export function RulePreview({ connection, target, rules, stale }: RulePreviewProps) {
  const settled = useRested(rules);
  const preview = useCall('rules.preview', { connection, ...target, rules: [...settled] }, { keepPrevious: true });
  const data = preview.data;
  const withheld = new Set(settled.filter(({ masker }) => masker.kind === 'withhold').map(({ id }) => id));
  return (
    <section className={styles.preview} aria-label="Preview">
      <header className={styles.head}>
        <h2>
          Preview of <Visible text={`${target.schema}.${target.table}`} />
        </h2>
        <span className={styles.note}>
          {stale
            ? 'A rule is not complete: the saved rules are shown.'
            : 'Real rows. What the agent gets is shown first, what it does not get below it.'}
        </span>
      </header>
      {preview.isPending && <Loading lines={4} label="Loading rows" />}
      {preview.error && <ErrorNote error={preview.error} retry={() => void preview.refetch()} />}
      {data && (
        <section
          className={cx(styles.scroll, preview.isPlaceholderData && styles.old)}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable from the keyboard
          tabIndex={0}
          aria-label="Rows before and after masking"
        >
          <table className={styles.table}>
            <thead>
              <tr>
                {data.columns.map((column) => (
                  <th
                    key={column.name}
                    scope="col"
                    className={cx(column.maskedBy !== null && styles.maskedHead)}
                    title={
                      column.maskedBy === null
                        ? column.type
                        : `${column.type}, ${withheld.has(column.maskedBy) ? 'withheld' : 'masked'} by ${column.maskedBy}`
                    }
                  >
                    {column.maskedBy !== null && <MaskIcon size={11} />}
                    <Visible text={column.name} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.after.map((row, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: sample rows have no identity besides their place
                <tr key={at}>
                  {row.map((value, place) => {
                    const column = data.columns[place];
                    const masked = column !== undefined && column.maskedBy !== null;
                    return (
                      <td key={column?.name ?? place} className={cx(masked && styles.masked)}>
                        {masked && <MaskIcon size={11} />}
                        {masked && withheld.has(column.maskedBy ?? '') ? (
                          <em className={styles.null}>not there</em>
                        ) : (
                          <Cell value={value} />
                        )}
                        {masked && (
                          <span className={styles.before}>
                            <span className="visually-hidden">was </span>
                            <Cell value={data.before[at]?.[place] ?? null} />
                          </span>
                        )}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
          {data.after.length === 0 && <p className={styles.none}>This table has no rows.</p>}
        </section>
      )}
    </section>
  );
}

function Cell({ value }: { readonly value: string | null }) {
  if (value === null) return <em className={styles.null}>NULL</em>;
  return <Visible text={value} />;
}
