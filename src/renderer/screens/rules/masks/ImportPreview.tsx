import type { MaskRule } from '../../../../contract/index.ts';
import { Chip, type Tone } from '../../../parts/Chips.tsx';
import { count } from '../../../parts/format.ts';
import styles from './Masks.module.css';
import { compareRules, type RuleChange } from './rules-file.ts';

interface ImportPreviewProps {
  readonly current: readonly MaskRule[];
  readonly read: readonly MaskRule[];
  readonly way: 'merge' | 'replace';
}

const tones: Readonly<Record<RuleChange['change'], Tone>> = {
  added: 'allow',
  changed: 'ask',
  same: 'neutral',
  missing: 'neutral',
};

/** What taking over a file does to each rule. */
export function ImportPreview({ current, read, way }: ImportPreviewProps) {
  const changes = compareRules(current, read);
  const goes = way === 'replace';
  const words = (change: RuleChange['change']) => (change === 'missing' ? (goes ? 'removed' : 'kept') : change);
  const number = (change: RuleChange['change']) => count(changes.filter((one) => one.change === change).length);
  return (
    <div role="status">
      <p className={styles.small}>
        {number('added')} added, {number('changed')} changed, {number('same')} the same, {number('missing')}{' '}
        {words('missing')}.{' '}
        {goes ? 'The order is that of the file.' : 'Added rules come behind yours: the first that fits a column holds.'}{' '}
        Nothing is in force before you save.
      </p>
      <ul className={styles.changes}>
        {changes.map(({ id, change, fields }) => (
          <li key={id}>
            <Chip tone={goes && change === 'missing' ? 'block' : tones[change]} label={words(change)} />
            <code>{id}</code>
            {fields.length > 0 && <span className={styles.small}>{fields.join(', ')}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
