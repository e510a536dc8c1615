import { cx } from '../../../parts/cx.ts';
import { Field } from '../../../parts/Field.tsx';
import styles from '../ConnectionDialog.module.css';

interface LinesFieldProps {
  readonly label: string;
  readonly initial: string;
  readonly placeholder?: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  onChange(text: string): void;
}

/** Several values, one to a line. It keeps what is typed; the form gets what it means. */
export function LinesField({ label, initial, placeholder, hint, error, onChange }: LinesFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {({ className, ...attributes }) => (
        <textarea
          {...attributes}
          className={cx(className, styles.mono)}
          rows={2}
          spellCheck={false}
          placeholder={placeholder}
          defaultValue={initial}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
