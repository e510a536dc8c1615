import { useEffect, useRef } from 'react';
import type { ConnectionTest } from '../../../contract/index.ts';
import { BlockIcon, CheckCircleIcon } from '../../theme/icons.tsx';
import styles from './TestSteps.module.css';

/** How far a test came. */
export function TestSteps({ result }: { readonly result: ConnectionTest }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <div className={styles.steps} role="status" ref={box}>
      <p className={styles.said}>{result.ok ? 'It works.' : 'It does not work yet.'}</p>
      <ol>
        {result.steps.map((step) => (
          <li key={step.name} className={step.ok ? styles.ok : styles.failed}>
            {step.ok ? <CheckCircleIcon size={14} /> : <BlockIcon size={14} />}
            <span className={styles.name}>{step.name}</span>
            <span className="visually-hidden">{step.ok ? 'succeeded' : 'failed'}</span>
            <span className={styles.detail}>{step.detail}</span>
          </li>
        ))}
      </ol>
      {result.serverVersion !== null && (
        <p className={styles.detail}>
          PostgreSQL {result.serverVersion}, {result.encrypted ? 'encrypted' : 'not encrypted'}
        </p>
      )}
    </div>
  );
}
