import {
  columnsUnknown,
  type MaskExplanation,
  maskedHow,
  probeWords,
  resultColumnName,
  whyMasked,
} from '../../../../contract/index.ts';
import { InfoNote } from '../../../parts/Notes.tsx';
import { Visible } from '../../../parts/Visible.tsx';
import { MaskIcon } from '../../../theme/icons.tsx';
import styles from './Masks.module.css';

/** What masks make of a statement: each column of its result with its sources, what steers it, what it copies. */
export function ExplainedMasking({ masking }: { readonly masking: MaskExplanation }) {
  const { columns, tainted, probes, copies, refusal } = masking;
  return (
    <div className={styles.explained}>
      {refusal !== null && (
        <InfoNote tone="error">
          <p>
            Masking refuses it: <Visible text={refusal.reason} />
          </p>
          {refusal.hint !== null && <p>{refusal.hint}</p>}
        </InfoNote>
      )}
      {columns === null && <p className={styles.small}>{columnsUnknown(tainted)}</p>}
      {columns !== null && columns.length > 0 && (
        <ul className={styles.result} aria-label="Columns of the result">
          {columns.map((column, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns of a result have no identity besides their place
            <li key={place}>
              <p>
                {column.mask !== null && <MaskIcon size={12} />}
                <code>
                  <Visible text={resultColumnName(column)} />
                </code>
                <span className={styles.small}>{maskedHow(column)}</span>
              </p>
              <p className={styles.small}>
                <Visible text={whyMasked(column)} />
                {column.mask?.rule === 'derived' &&
                  column.sources.map(({ label, rule, masker }) => (
                    <span key={label}>
                      {' · '}
                      <Visible text={label} /> is masked ({masker}) by {rule}
                    </span>
                  ))}
              </p>
            </li>
          ))}
        </ul>
      )}
      {probes.map((probe) => (
        <p key={probe.label} className={styles.small}>
          <Visible text={probeWords(probe)} />
        </p>
      ))}
      {copies.map(({ to, sources }) => (
        <p key={to} className={styles.small}>
          <Visible text={`Copies ${sources.join(', ')} to ${to}, which is masked from then on`} />
        </p>
      ))}
    </div>
  );
}
