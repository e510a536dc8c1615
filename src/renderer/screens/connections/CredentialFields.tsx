import { useId } from 'react';
import { authMethod, type ConnectionConfig, type CredentialSource } from '../../../contract/index.ts';
import { cx } from '../../parts/cx.ts';
import { CheckField, SelectField } from '../../parts/Field.tsx';
import styles from './ConnectionDialog.module.css';
import { defaultCredential } from './connection-draft.ts';
import { FileSource } from './FileSource.tsx';
import { SecretSource } from './SecretSource.tsx';

type Upstream = ConnectionConfig['upstream'];

interface CredentialFieldsProps {
  readonly upstream: Upstream;
  readonly problems: Readonly<Record<string, string>>;
  onChange(part: Partial<Upstream>): void;
}

const sources: readonly { readonly value: CredentialSource['from']; readonly label: string }[] = [
  { value: 'prompt', label: 'Ask me when Postern starts' },
  { value: 'environment', label: 'Environment variable' },
  { value: 'command', label: 'Output of a command, such as a cloud token' },
  { value: 'pgpass', label: 'Password file (.pgpass)' },
  { value: 'service', label: 'Service of libpq (pg_service.conf)' },
  { value: 'none', label: 'No password' },
];

/** Where the password comes from, and which ways of proving it are accepted. */
export function CredentialFields({ upstream, problems, onChange }: CredentialFieldsProps) {
  const { credential } = upstream;
  const accepted = useId();
  return (
    <fieldset className={styles.grid}>
      <legend>Password</legend>
      <div className={styles.half}>
        <SelectField
          label="Comes from"
          value={credential.from}
          options={sources}
          onChange={(from) => onChange({ credential: defaultCredential(from) })}
        />
      </div>
      <div className={cx(styles.half, styles.stack)}>
        <SecretSource
          source={credential}
          secret="password"
          path="upstream.credential"
          problems={problems}
          onChange={(source) => onChange({ credential: source })}
        />
        {(credential.from === 'pgpass' || credential.from === 'service') && (
          <FileSource source={credential} problems={problems} onChange={onChange} />
        )}
      </div>
      <fieldset className={styles.full} aria-labelledby={accepted}>
        <p id={accepted} className={styles.accepted}>
          Accepted ways to log in (a server that asks for less may not be the right one)
        </p>
        <div className={styles.methods}>
          {authMethod.options.map((method) => (
            <CheckField
              key={method}
              label={method}
              checked={upstream.requireAuth.includes(method)}
              onChange={(on) =>
                onChange({
                  requireAuth: authMethod.options.filter((other) =>
                    other === method ? on : upstream.requireAuth.includes(other),
                  ),
                })
              }
            />
          ))}
        </div>
        {problems['upstream.requireAuth'] && <p className={styles.wrong}>Choose at least one.</p>}
      </fieldset>
    </fieldset>
  );
}
