import { type ConnectionConfig, defaultSslMode, environment, policyPreset } from '../../../contract/index.ts';
import { CheckField, SelectField, TextField } from '../../parts/Field.tsx';
import styles from './ConnectionDialog.module.css';
import { CredentialFields } from './CredentialFields.tsx';
import { SessionRoleFields } from './SessionRoleFields.tsx';
import { TlsFields } from './TlsFields.tsx';

interface ConnectionFieldsProps {
  readonly draft: ConnectionConfig;
  readonly problems: Readonly<Record<string, string>>;
  readonly isNew: boolean;
  onChange(config: ConnectionConfig): void;
}

const choices = <V extends string>(values: readonly V[]) => values.map((value) => ({ value, label: value }));

const proofs = [
  { value: 'password', label: 'an agent key or an access token, as the password' },
  { value: 'oauthbearer', label: 'an access token only, by OAUTHBEARER (clients of PostgreSQL 18)' },
] satisfies readonly { readonly value: ConnectionConfig['authentication']; readonly label: string }[];

/** The fields of a connection but its mask rules, which have their own screen. */
export function ConnectionFields({ draft, problems, isNew, onChange }: ConnectionFieldsProps) {
  const { upstream } = draft;
  const change = (part: Partial<ConnectionConfig>) => onChange({ ...draft, ...part });
  const changeUpstream = (part: Partial<ConnectionConfig['upstream']>) =>
    change({ upstream: { ...upstream, ...part } });
  /** While a new connection still has the sslmode of its host, it follows the host. */
  const sslModeFor = (host: string) =>
    isNew && upstream.sslmode === defaultSslMode(upstream.host) ? { sslmode: defaultSslMode(host) } : {};
  return (
    <>
      <fieldset className={styles.grid}>
        <legend>What it is</legend>
        <div className={styles.third}>
          <TextField
            label="Name"
            data-first-focus={isNew || undefined}
            value={draft.name}
            disabled={!isNew}
            error={problems.name}
            hint={isNew ? 'Agents use it as the database name' : 'A name stays as it is'}
            onChange={(name) => change({ name })}
          />
        </div>
        <div className={styles.third}>
          <SelectField
            label="Environment"
            value={draft.environment}
            options={choices(environment.options)}
            onChange={(value) => change({ environment: value })}
          />
        </div>
        <div className={styles.third}>
          <SelectField
            label="Policy"
            value={draft.policy}
            options={choices(policyPreset.options)}
            onChange={(policy) => change({ policy })}
          />
        </div>
      </fieldset>
      <fieldset className={styles.grid}>
        <legend>Upstream</legend>
        <div className={styles.wide}>
          <TextField
            label="Host"
            mono
            value={upstream.host}
            error={problems['upstream.host']}
            hint="A name, an address, or the folder of a Unix socket"
            onChange={(host) => changeUpstream({ host, ...sslModeFor(host) })}
          />
        </div>
        <div className={styles.third}>
          <TextField
            label="Port"
            type="number"
            min={1}
            max={65535}
            value={upstream.port}
            error={problems['upstream.port']}
            onChange={(port) => changeUpstream({ port: Number(port) })}
          />
        </div>
        <div className={styles.half}>
          <TextField
            label="Database"
            mono
            value={upstream.database}
            error={problems['upstream.database']}
            onChange={(database) => changeUpstream({ database })}
          />
        </div>
        <div className={styles.half}>
          <TextField
            label="User"
            mono
            value={upstream.user}
            error={problems['upstream.user']}
            onChange={(user) => changeUpstream({ user })}
          />
        </div>
      </fieldset>
      <TlsFields upstream={upstream} problems={problems} onChange={(changed) => change({ upstream: changed })} />
      <CredentialFields upstream={upstream} problems={problems} onChange={changeUpstream} />
      <SessionRoleFields draft={draft} problems={problems} onChange={(sessionRole) => change({ sessionRole })} />
      <fieldset className={styles.grid}>
        <legend>How agents prove themselves</legend>
        <div className={styles.full}>
          <SelectField
            label="Agents give"
            value={draft.authentication}
            options={proofs}
            error={problems.authentication}
            hint={
              draft.authentication === 'oauthbearer'
                ? 'Needs an identity provider that grants this connection. Agent keys do not open it.'
                : undefined
            }
            onChange={(authentication) => change({ authentication })}
          />
        </div>
      </fieldset>
      <fieldset className={styles.grid}>
        <legend>Pass through</legend>
        <div className={styles.full}>
          <CheckField
            label="Any database: use the name that the agent asks for"
            checked={draft.anyDatabase}
            onChange={(anyDatabase) => change({ anyDatabase })}
          />
        </div>
        <div className={styles.full}>
          <CheckField
            label="Any user: log in as the user that the agent names"
            checked={draft.anyUser}
            onChange={(anyUser) => change({ anyUser })}
          />
        </div>
      </fieldset>
      <fieldset className={styles.grid}>
        <legend>While a statement waits for you</legend>
        <div className={styles.full}>
          <CheckField
            label="Keep its transaction alive past the database’s idle_in_transaction_session_timeout"
            hint="Its locks stay for as long as nobody decides. Without this, the wait ends before that timeout does."
            checked={draft.keepTransactionsWhileHeld}
            onChange={(keepTransactionsWhileHeld) => change({ keepTransactionsWhileHeld })}
          />
        </div>
      </fieldset>
    </>
  );
}
