import type { ButtonHTMLAttributes, ReactNode } from 'react';
import styles from './Button.module.css';
import { cx } from './cx.ts';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly variant?: 'normal' | 'solid' | 'accent' | 'danger' | 'quiet';
  readonly size?: 'small' | 'normal' | 'large';
  readonly icon?: ReactNode;
  /** The action runs: the button keeps its width and does not take another press. */
  readonly busy?: boolean;
  /** Caps of the keys that do the same. */
  readonly keys?: readonly string[];
}

/** A button. Its type is `button` unless said otherwise. */
export function Button({
  variant = 'normal',
  size = 'normal',
  icon,
  busy = false,
  keys,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={busy || undefined}
      disabled={rest.disabled || busy}
      className={cx(
        styles.button,
        styles[variant],
        styles[size],
        !children && styles.iconOnly,
        busy && styles.busy,
        className,
      )}
    >
      {icon}
      {children !== undefined && <span className={styles.label}>{children}</span>}
      {keys && <Keys caps={keys} />}
    </button>
  );
}

/** Key caps. Screen readers get the shortcut from `aria-keyshortcuts`, not from here. */
export function Keys({ caps }: { readonly caps: readonly string[] }) {
  return (
    <span className={styles.keys} aria-hidden="true">
      {caps.map((cap) => (
        <kbd key={cap}>{cap}</kbd>
      ))}
    </span>
  );
}
