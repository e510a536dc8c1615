import type { PolicyView, RuleHits } from '../../../../contract/index.ts';
import { VerdictChip } from '../../../parts/Chips.tsx';
import styles from './Card.module.css';
import { Hits } from './Hits.tsx';

/** The rules of a preset, in the order they are asked, behind the connection's own. */
export function PresetRules({ preset, hits }: { readonly preset: PolicyView; readonly hits: readonly RuleHits[] }) {
  return (
    <section className={styles.card} aria-label="Preset">
      <header className={styles.head}>
        <h2>{preset.title}</h2>
        <p className={styles.lead}>
          {preset.description} Asked in this order, behind your own rules; the first that answers holds.
        </p>
      </header>
      <ol>
        {preset.rules.map((rule) => (
          <li key={rule.id} className={styles.rule}>
            <VerdictChip verdict={rule.verdict} />
            <div>
              <p className={styles.title}>{rule.title}</p>
              <p className={styles.small}>{rule.description}</p>
            </div>
            <p className={styles.marks}>
              <Hits hits={hits} id={rule.id} />
              <code>{rule.id}</code>
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
