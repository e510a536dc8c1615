import { assertNever, type ConnectionConfig, type SessionRoleConfig } from '../../../contract/index.ts';
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
  { value: 'set_role', label: 'the user of the connection, and become another role' },
];

const fences: readonly { readonly value: JustInTime['fence']; readonly label: string }[] = [
  { value: 'withheld', label: 'columns that a rule withholds' },
  { value: 'masked', label: 'every masked column' },
];

/** A kind of role with its defaults. */
function roleOf(kind: SessionRoleConfig['kind']): SessionRoleConfig {
  switch (kind) {
    case 'configured':
      return { kind };
    case 'set_role':
      return { kind, role: '' };
    case 'just_in_time':
      return { kind, schemas: ['*'], memberOf: [], fence: 'withheld' };
    default:
      return assertNever(kind);
  }
}

function hintOf(kind: SessionRoleConfig['kind'], user: string): string {
  switch (kind) {
    case 'configured':
      return 'The database’s own log cannot tell agents apart';
    case 'set_role':
      return `${user} has to be a member of it. Weaker than a role of its own: Postern keeps the agent from going back, the database does not`;
    case 'just_in_time':
      return `${user} makes it when the session begins, with grants and no more, and removes it when it ends. It needs CREATEROLE`;
    default:
      return assertNever(kind);
  }
}

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
          hint={hintOf(sessionRole.kind, upstream.user)}
          onChange={(kind) => onChange(roleOf(kind))}
        />
      </div>
      {sessionRole.kind === 'just_in_time' && (
        <JustInTimeFields role={sessionRole} problems={problems} onChange={onChange} />
      )}
      {sessionRole.kind === 'set_role' && (
        <div className={styles.half}>
          <TextField
            label="Role that it becomes"
            mono
            value={sessionRole.role}
            error={problems['sessionRole.role']}
            onChange={(role) => onChange({ kind: 'set_role', role })}
          />
        </div>
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
      <div className={styles.full}>
        <SelectField
          label="Out of its reach in the database"
          value={role.fence}
          options={fences}
          hint={
            role.fence === 'masked'
              ? 'Even a mistake of masking shows nothing. SELECT * and masked columns are refused instead of masked'
              : 'Masked columns are masked by Postern alone'
          }
          onChange={(fence) => onChange({ ...role, fence })}
        />
      </div>
      {seconds('statementTimeoutSeconds', 'Statement timeout (s)')}
      {seconds('lockTimeoutSeconds', 'Lock timeout (s)')}
    </>
  );
}
