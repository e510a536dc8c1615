import { type ReactNode, useEffect, useId, useRef } from 'react';
import { CloseIcon } from '../theme/icons.tsx';
import { Button } from './Button.tsx';
import { cx } from './cx.ts';
import styles from './Dialog.module.css';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly width?: 'normal' | 'wide';
  /** Shows no title bar; the title is still said to screen readers. */
  readonly bare?: boolean;
}

/**
 * A modal dialog: the browser's own, which traps the focus and makes the rest inert. Mounted means open. What carries
 * `data-first-focus` has the focus first; when the dialog goes, the focus returns to where it was.
 */
export function Dialog({ title, onClose, children, footer, width = 'normal', bare = false }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    dialog?.querySelector<HTMLElement>('[data-first-focus]')?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={heading}
      className={cx(styles.dialog, styles[width])}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className={styles.frame}>
        <header className={bare ? 'visually-hidden' : styles.header}>
          <h1 id={heading}>{title}</h1>
          {!bare && <Button variant="quiet" icon={<CloseIcon />} aria-label="Close" onClick={onClose} />}
        </header>
        <div className={bare ? styles.bare : styles.content}>{children}</div>
        {footer && <footer className={styles.footer}>{footer}</footer>}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action: string;
  readonly busy: boolean;
  readonly error?: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be taken back. The way out has the focus. */
export function Confirm({ title, children, action, busy, error, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button data-first-focus onClick={onClose}>
            Keep
          </Button>
          <Button variant="danger" busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      <div className={styles.confirm}>
        {children}
        {error}
      </div>
    </Dialog>
  );
}
