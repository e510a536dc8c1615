import type { SealChange, SealView } from '../../../contract/index.ts';
import { plural } from '../../parts/format.ts';
import { Visible } from '../../parts/Visible.tsx';
import styles from './SealChanges.module.css';

const words = { added: 'added', removed: 'removed', changed: 'changed' } as const;

/** The difference between what was sealed and what lies there: text of whoever wrote it, as text only. */
export function SealChanges({ view }: { readonly view: SealView }) {
  const { changes, omitted } = view;
  if (changes.length === 0) return <p>The files themselves are what was sealed.</p>;
  return (
    <section className={styles.frame} aria-label="Difference">
      <h2 className={styles.caption}>
        {view.restorable || view.sealedAt !== null ? plural(changes.length + omitted, 'difference') : 'What is there'}
      </h2>
      <ul>
        {changes.map((change) => (
          <li key={`${change.file} ${change.path}`} className={styles.change}>
            <p className={styles.where}>
              <span className={styles[change.kind]}>{words[change.kind]}</span> <code>{change.file}</code>{' '}
              {change.path !== '' && (
                <code className={styles.path}>
                  <Visible text={change.path} />
                </code>
              )}
            </p>
            <Values change={change} />
          </li>
        ))}
      </ul>
      {omitted > 0 && <p className={styles.more}>… and {omitted} more</p>}
    </section>
  );
}

function Values({ change: { before, after } }: { readonly change: SealChange }) {
  return (
    <dl className={styles.values}>
      {before !== null && (
        <div>
          <dt>sealed</dt>
          <dd className={styles.before}>
            <Visible text={before} />
          </dd>
        </div>
      )}
      {after !== null && (
        <div>
          <dt>found</dt>
          <dd className={styles.after}>
            <Visible text={after} />
          </dd>
        </div>
      )}
    </dl>
  );
}
