import { useMemo } from 'react';
import { CopyButton } from './CopyButton.tsx';
import { cx } from './cx.ts';
import { plural } from './format.ts';
import styles from './Sql.module.css';
import { sqlSpans } from './sql.ts';
import { Visible } from './Visible.tsx';
import { hiddenCount } from './visible.ts';

interface SqlProps {
  readonly text: string;
  /** `block`: with frame and copy button. `plain`: the coloured text alone. */
  readonly variant?: 'block' | 'plain';
}

/** A statement, coloured, whole, as text only. */
export function Sql({ text, variant = 'block' }: SqlProps) {
  const spans = useMemo(() => sqlSpans(text), [text]);
  const invisible = useMemo(() => hiddenCount(text), [text]);
  const code = (
    <code className={styles.code}>
      {spans.map((span, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: spans of one text have no identity besides their place
        <span key={index} className={styles[span.style]}>
          <Visible text={span.text} />
        </span>
      ))}
    </code>
  );
  if (variant === 'plain') return <pre className={styles.plainText}>{code}</pre>;
  return (
    <figure className={cx(styles.block, invisible > 0 && styles.suspicious)}>
      <pre className={styles.text}>{code}</pre>
      <span className={styles.copy}>
        <CopyButton text={text} label="Copy statement" iconOnly />
      </span>
      {invisible > 0 && (
        <figcaption className={styles.note}>
          {plural(invisible, 'character')} of this statement cannot be seen in ordinary text. Each is shown with its
          code point.
        </figcaption>
      )}
    </figure>
  );
}

/** A statement on one line, for lists: white space runs collapse, invisible characters stay visible. */
export function SqlLine({ text }: { readonly text: string }) {
  const line = useMemo(
    () =>
      text
        .slice(0, 400)
        .replace(/[ \t\r\n]+/g, ' ')
        .trim(),
    [text],
  );
  const spans = useMemo(() => sqlSpans(line), [line]);
  return (
    <code className={styles.line}>
      {spans.map((span, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: spans of one text have no identity besides their place
        <span key={index} className={styles[span.style]}>
          <Visible text={span.text} />
        </span>
      ))}
    </code>
  );
}
