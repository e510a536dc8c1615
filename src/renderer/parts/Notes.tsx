import type { ReactNode } from 'react';
import { DeskError, messageOf } from '../../contract/index.ts';
import { InfoIcon, WarningIcon } from '../theme/icons.tsx';
import { cx } from './cx.ts';
import styles from './Notes.module.css';

/** An error of a call, where it happened: what happened, what to do next, and its code. Nothing when there is none. */
export function ErrorNote({ error, retry }: { readonly error: unknown; readonly retry?: (() => void) | undefined }) {
  if (!error) return null;
  const known = error instanceof DeskError ? error : null;
  const message = messageOf(error);
  return (
    <div role="alert" className={cx(styles.note, styles.error)}>
      <WarningIcon />
      <div className={styles.body}>
        <p className={styles.message}>{message}</p>
        {known?.hint && <p className={styles.hint}>{known.hint}</p>}
        {known && <p className={styles.code}>{known.code}</p>}
      </div>
      {retry && (
        <button type="button" className={styles.retry} onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Something the operator should know here. */
export function InfoNote({
  children,
  tone = 'info',
}: {
  readonly children: ReactNode;
  readonly tone?: 'info' | 'ask' | 'allow' | 'error';
}) {
  const Icon = tone === 'ask' || tone === 'error' ? WarningIcon : InfoIcon;
  return (
    <div className={cx(styles.note, styles[tone])}>
      <Icon />
      <div className={styles.body}>{children}</div>
    </div>
  );
}

interface EmptyProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
}

/** A list without entries: what it is for, and one thing to do. */
export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <span className={styles.emptyIcon}>{icon}</span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Grey lines where text will be. */
export function Loading({ lines = 4, label = 'Loading' }: { readonly lines?: number; readonly label?: string }) {
  return (
    <div className={styles.loading} role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders are all alike
        <span key={index} className={styles.bone} />
      ))}
    </div>
  );
}
