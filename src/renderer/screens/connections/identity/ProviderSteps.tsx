import { useEffect, useRef } from 'react';
import type { ProviderTest } from '../../../../contract/index.ts';
import { Visible } from '../../../parts/Visible.tsx';
import { BlockIcon, CheckCircleIcon } from '../../../theme/icons.tsx';
import styles from '../TestSteps.module.css';

/** What was found at a provider, and every key that it publishes. */
export function ProviderSteps({ result }: { readonly result: ProviderTest }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div className={styles.steps} role="status" ref={box}>
      <p className={styles.said}>
        {result.ok ? 'It answers, and its tokens can be checked.' : 'It does not work yet.'}
      </p>
      <ol>
        {result.steps.map((step) => (
          <li key={step.name} className={step.ok ? styles.ok : styles.failed}>
            {step.ok ? <CheckCircleIcon size={14} /> : <BlockIcon size={14} />}
            <span className={styles.name}>{step.name}</span>
            <span className="visually-hidden">{step.ok ? 'succeeded' : 'failed'}</span>
            <span className={styles.detail}>
              <Visible text={step.detail} />
            </span>
          </li>
        ))}
      </ol>
      {result.keys.length > 0 && (
        <ul aria-label="Keys">
          {result.keys.map((key, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a key need not have an id
            <li key={place} className={key.usable ? styles.ok : styles.failed}>
              {key.usable ? <CheckCircleIcon size={14} /> : <BlockIcon size={14} />}
              <span className={styles.name}>
                <Visible text={key.id ?? 'no id'} />
              </span>
              <span className={styles.detail}>
                <Visible text={`${key.type}, ${key.detail}`} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
