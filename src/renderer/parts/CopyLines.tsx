import type { ReactNode } from 'react';
import { CopyButton } from './CopyButton.tsx';
import styles from './CopyLines.module.css';

interface CopyLinesProps {
  readonly title: string;
  /** Name of the section for screen readers; the title when absent. */
  readonly label?: string;
  readonly lines: readonly { readonly name: string; readonly text: string }[];
  /** What has to be known to use them. */
  readonly children?: ReactNode;
}

/** Lines to take elsewhere, each with a button that copies it. */
export function CopyLines({ title, label = title, lines, children }: CopyLinesProps) {
  return (
    <section className={styles.card} aria-label={label}>
      <h2 className={styles.title}>{title}</h2>
      <dl className={styles.lines}>
        {lines.map(({ name, text }) => (
          <div key={name} className={styles.line}>
            <dt>{name}</dt>
            <dd className={styles.text}>
              <code>{text}</code>
            </dd>
            <dd>
              <CopyButton text={text} label={`Copy ${name}`} iconOnly />
            </dd>
          </div>
        ))}
      </dl>
      {children}
    </section>
  );
}
