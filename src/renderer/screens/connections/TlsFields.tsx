import {
  type ConnectionConfig,
  channelBinding,
  type PassphraseSource,
  sslMode,
  sslNegotiation,
  sslWarning,
} from '../../../contract/index.ts';
import { cx } from '../../parts/cx.ts';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { InfoNote } from '../../parts/Notes.tsx';
import styles from './ConnectionDialog.module.css';
import { SecretSource } from './SecretSource.tsx';

type Upstream = ConnectionConfig['upstream'];

interface TlsFieldsProps {
  readonly upstream: Upstream;
  readonly problems: Readonly<Record<string, string>>;
  onChange(upstream: Upstream): void;
}

const choices = <V extends string>(values: readonly V[]) => values.map((value) => ({ value, label: value }));

/** A path as typed; an empty one is none. */
function withPath(upstream: Upstream, field: 'sslrootcert' | 'sslcert' | 'sslkey', path: string): Upstream {
  const { [field]: _old, ...rest } = upstream;
  return path === '' ? rest : { ...rest, [field]: path };
}

/** How the way to the server is protected, and the certificate that Postern shows there. */
export function TlsFields({ upstream, problems, onChange }: TlsFieldsProps) {
  const warning = sslWarning(upstream);
  const file = (field: 'sslrootcert' | 'sslcert' | 'sslkey', label: string, placeholder: string) => (
    <TextField
      label={label}
      mono
      placeholder={placeholder}
      value={upstream[field] ?? ''}
      error={problems[`upstream.${field}`]}
      onChange={(path) => onChange(withPath(upstream, field, path))}
    />
  );
  return (
    <fieldset className={styles.grid}>
      <legend>TLS</legend>
      <div className={styles.third}>
        <SelectField
          label="TLS (sslmode)"
          value={upstream.sslmode}
          options={choices(sslMode.options)}
          onChange={(sslmode) => onChange({ ...upstream, sslmode })}
        />
      </div>
      <div className={styles.third}>
        <SelectField
          label="Channel binding"
          value={upstream.channelBinding}
          options={choices(channelBinding.options)}
          onChange={(value) => onChange({ ...upstream, channelBinding: value })}
        />
      </div>
      <div className={styles.third}>
        <SelectField
          label="TLS begins"
          value={upstream.sslnegotiation}
          options={sslNegotiation.options.map((value) => ({
            value,
            label: value === 'direct' ? 'at once (PostgreSQL 17+)' : 'after asking',
          }))}
          error={problems['upstream.sslnegotiation']}
          onChange={(sslnegotiation) => onChange({ ...upstream, sslnegotiation })}
        />
      </div>
      {warning !== null && (
        <div className={styles.full}>
          <InfoNote tone="ask">{warning}</InfoNote>
        </div>
      )}
      <div className={styles.full}>{file('sslrootcert', 'Certificate authorities (sslrootcert)', 'the system’s')}</div>
      <div className={styles.half}>{file('sslcert', 'Client certificate (sslcert)', 'none')}</div>
      <div className={styles.half}>{file('sslkey', 'Its private key (sslkey)', 'none')}</div>
      {upstream.sslkey !== undefined && (
        <PassphraseFields upstream={upstream} problems={problems} onChange={onChange} />
      )}
    </fieldset>
  );
}

const sources: readonly { readonly value: PassphraseSource['from'] | 'none'; readonly label: string }[] = [
  { value: 'none', label: 'The key has none' },
  { value: 'environment', label: 'Environment variable' },
  { value: 'command', label: 'Output of a command' },
];

function PassphraseFields({ upstream, problems, onChange }: TlsFieldsProps) {
  const { sslkeyPassphrase: source, ...rest } = upstream;
  const choose = (from: PassphraseSource['from'] | 'none'): Upstream => {
    if (from === 'none') return rest;
    return { ...rest, sslkeyPassphrase: from === 'environment' ? { from, variable: '' } : { from, command: [] } };
  };
  return (
    <>
      <div className={styles.half}>
        <SelectField
          label="Passphrase of the key"
          value={source?.from ?? 'none'}
          options={sources}
          onChange={(from) => onChange(choose(from))}
        />
      </div>
      <div className={cx(styles.half, styles.stack)}>
        <SecretSource
          source={source}
          secret="passphrase"
          path="upstream.sslkeyPassphrase"
          problems={problems}
          onChange={(changed) => onChange({ ...upstream, sslkeyPassphrase: changed })}
        />
      </div>
    </>
  );
}
