import { Field, TextField } from '../../parts/Field.tsx';
import styles from './ConnectionDialog.module.css';
import { commandLines } from './connection-draft.ts';

/** Where a secret is read from when it is needed. */
type Source =
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'command'; readonly command: readonly string[] };

interface SecretSourceProps {
  /** Sources that need nothing more are shown as nothing. */
  readonly source: Source | { readonly from: 'prompt' | 'none' } | undefined;
  /** What the output of the command is. */
  readonly secret: 'password' | 'passphrase' | 'secret';
  /** Path of the source in the connection, by which `problems` are found. */
  readonly path: string;
  readonly problems: Readonly<Record<string, string>>;
  onChange(source: { from: 'environment'; variable: string } | { from: 'command'; command: string[] }): void;
}

/** The variable or the command that a secret comes from. */
export function SecretSource({ source, secret, path, problems, onChange }: SecretSourceProps) {
  if (source?.from === 'environment') {
    return (
      <TextField
        label="Variable"
        mono
        value={source.variable}
        error={problems[`${path}.variable`]}
        onChange={(variable) => onChange({ from: 'environment', variable })}
      />
    );
  }
  if (source?.from !== 'command') return null;
  return (
    <Field
      label="Program and arguments, one per line"
      error={problems[`${path}.command`]}
      hint={`Run without a shell; its output is the ${secret}`}
    >
      {({ className, ...attributes }) => (
        <textarea
          {...attributes}
          className={`${className} ${styles.mono}`}
          rows={3}
          spellCheck={false}
          defaultValue={source.command.join('\n')}
          onChange={(event) => onChange({ from: 'command', command: commandLines(event.target.value) })}
        />
      )}
    </Field>
  );
}
