import type { CommandSource } from '../../../contract/index.ts';
import { Field, TextField } from '../../parts/Field.tsx';
import styles from './ConnectionDialog.module.css';
import { commandLines } from './connection-draft.ts';

interface CommandFieldsProps {
  readonly source: CommandSource;
  /** What the output of the command is. */
  readonly secret: 'password' | 'passphrase' | 'secret';
  /** Path of the source in the connection, by which `problems` are found. */
  readonly path: string;
  readonly problems: Readonly<Record<string, string>>;
  onChange(source: CommandSource): void;
}

/** Fields that are left out when nothing is typed. */
type Optional = 'refreshSeconds' | 'field' | 'expiryField';

function withField(source: CommandSource, value: Partial<Pick<CommandSource, Optional>>): CommandSource {
  const { command, refreshSeconds, field, expiryField } = { ...source, ...value };
  return {
    from: 'command',
    command,
    ...(refreshSeconds !== undefined && { refreshSeconds }),
    ...(field !== undefined && { field }),
    ...(field !== undefined && expiryField !== undefined && { expiryField }),
  };
}

/** The command that prints a secret, and how its output is read and for how long it is used. */
export function CommandFields({ source, secret, path, problems, onChange }: CommandFieldsProps) {
  const text = (field: 'field' | 'expiryField', label: string, placeholder: string, hint: string) => (
    <TextField
      label={label}
      mono
      placeholder={placeholder}
      value={source[field] ?? ''}
      error={problems[`${path}.${field}`]}
      hint={hint}
      onChange={(value) => onChange(withField(source, { [field]: value === '' ? undefined : value }))}
    />
  );
  return (
    <>
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
            onChange={(event) => onChange({ ...source, command: commandLines(event.target.value) })}
          />
        )}
      </Field>
      <TextField
        label="Use it for, in seconds"
        type="number"
        min={1}
        max={86_400}
        placeholder={source.expiryField === undefined ? '300' : 'until it expires'}
        value={source.refreshSeconds ?? ''}
        error={problems[`${path}.refreshSeconds`]}
        hint="Then the command is run again. A cloud token: less than it lives"
        onChange={(value) => onChange(withField(source, { refreshSeconds: value === '' ? undefined : Number(value) }))}
      />
      {text('field', 'Field, if the output is JSON', 'plain text', `Holds the ${secret}; dots lead into objects`)}
      {source.field !== undefined &&
        text('expiryField', 'Field of the expiry', 'none', 'Seconds since 1970, or ISO 8601 with an offset')}
    </>
  );
}
