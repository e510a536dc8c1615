import type { CommandSource, CredentialSource } from '../../../contract/index.ts';
import { TextField } from '../../parts/Field.tsx';
import { CommandFields } from './CommandFields.tsx';

type EnvironmentSource = Extract<CredentialSource, { from: 'environment' }>;

interface SecretSourceProps {
  /** Sources that need nothing more, or have fields of their own elsewhere, are shown as nothing. */
  readonly source: CredentialSource | undefined;
  /** What the output of the command is. */
  readonly secret: 'password' | 'passphrase' | 'secret';
  /** Path of the source in the connection, by which `problems` are found. */
  readonly path: string;
  readonly problems: Readonly<Record<string, string>>;
  onChange(source: EnvironmentSource | CommandSource): void;
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
        hint="Set before Postern starts. It stays readable in /proc for programs of yours, the agent’s shell among them"
        onChange={(variable) => onChange({ from: 'environment', variable })}
      />
    );
  }
  if (source?.from !== 'command') return null;
  return <CommandFields source={source} secret={secret} path={path} problems={problems} onChange={onChange} />;
}
