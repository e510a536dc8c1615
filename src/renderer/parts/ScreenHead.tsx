import type { ReactNode } from 'react';
import styles from './ScreenHead.module.css';

interface ScreenHeadProps {
  readonly title: ReactNode;
  readonly detail?: ReactNode;
  readonly children?: ReactNode;
}

/** The head of a screen: what it is, a word on its state, and what can be done. */
export function ScreenHead({ title, detail, children }: ScreenHeadProps) {
  return (
    <header className={styles.head}>
      <h1 className={styles.title}>{title}</h1>
      {detail && <span className={styles.detail}>{detail}</span>}
      <div className={styles.actions}>{children}</div>
    </header>
  );
}
