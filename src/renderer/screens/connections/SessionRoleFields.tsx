import type { ConnectionConfig, SessionRoleConfig } from '../../../contract/index.ts';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { namesOf } from '../../parts/names.ts';
import styles from './ConnectionDialog.module.css';

interface SessionRoleFieldsProps {
  readonly draft: ConnectionConfig;
  readonly problems: Readonly<Record<string, string>>;
  onChange(sessionRole: SessionRoleConfig): void;
}

type JustInTime = Extract<SessionRoleConfig, { kind: 'just_in_time' }>;
type Timeout = 'statementTimeoutSeconds' | 'lockTimeoutSeconds';

const kinds: readonly { readonly value: SessionRoleConfig['kind']; readonly label: string }[] = [
  { value: 'configured', label: 'the user of the connection, all of them' },
  { value: 'just_in_time', label: 'a role of its own, each of them' },
];

/** As whom sessions run on the server. */
export function SessionRoleFields({ draft, problems, onChange }: SessionRoleFieldsProps) {
  const { sessionRole, upstream } = draft;
  return (
    <fieldset className={styles.grid}>
      <legend>Session role</legend>
      <div className={styles.full}>
        <SelectField
          label="Sessions log in as"
          value={sessionRole.kind}
          options={kinds}
          error={problems.sessionRole}
          hint={
            sessionRole.kind === 'configured'
              ? 'The database’s own log cannot tell agents apart'
              : `${upstream.user} makes it when the session begins, with grants and no more, and removes it when it ends. It needs CREATEROLE`
          }
          onChange={(kind) => onChange(kind === 'configured' ? { kind } : { kind, schemas: ['*'], memberOf: [] })}
        />
      </div>
      {sessionRole.kind === 'just_in_time' && (
        <JustInTimeFields role={sessionRole} problems={problems} onChange={onChange} />
      )}
    </fieldset>
  );
}

function JustInTimeFields({
  role,
  problems,
  onChange,
}: {
  readonly role: JustInTime;
  readonly problems: Readonly<Record<string, string>>;
  onChange(sessionRole: SessionRoleConfig): void;
}) {
  const list = (field: 'schemas' | 'memberOf', label: string, placeholder: string, hint: string) => (
    <div className={styles.half}>
      <TextField
        label={label}
        mono
        placeholder={placeholder}
        defaultValue={role[field].join(', ')}
        error={problems[`sessionRole.${field}`]}
        hint={hint}
        onChange={(text) => onChange({ ...role, [field]: namesOf(text) })}
      />
    </div>
  );
  const seconds = (field: Timeout, label: string) => (
    <div className={styles.half}>
      <TextField
        label={label}
        type="number"
        min={1}
        max={86_400}
        placeholder="as the server has it"
        value={role[field] ?? ''}
        error={problems[`sessionRole.${field}`]}
        onChange={(text) => {
          const { [field]: _, ...rest } = role;
          onChange(text === '' ? rest : { ...rest, [field]: Number(text) });
        }}
      />
    </div>
  );
  return (
    <>
      {list('schemas', 'Schemas that it may use', '*', 'Separated by commas; patterns with * and ?')}
      {list('memberOf', 'Member of', 'no role', 'Roles that own what the user may not grant, for instance')}
      {seconds('statementTimeoutSeconds', 'Statement timeout (s)')}
      {seconds('lockTimeoutSeconds', 'Lock timeout (s)')}
    </>
  );
}
