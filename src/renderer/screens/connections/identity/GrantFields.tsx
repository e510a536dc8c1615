import { type Scope, scope as scopeSchema, type TokenGrant } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { CheckField, TextField } from '../../../parts/Field.tsx';
import { namesOf } from '../../../parts/names.ts';
import styles from '../ConnectionDialog.module.css';
import own from './Identity.module.css';
import { LinesField } from './LinesField.tsx';
import { linesOf, localTime, problemAt, withField } from './provider-draft.ts';

interface GrantFieldsProps {
  readonly grant: TokenGrant;
  /** Place of the grant, from 0. */
  readonly place: number;
  readonly connections: readonly string[];
  readonly problems: Readonly<Record<string, string>>;
  onChange(grant: TokenGrant): void;
  /** Absent for the only one. */
  readonly onRemove?: (() => void) | undefined;
}

const conditions = [
  { field: 'groups', label: 'Groups' },
  { field: 'subjects', label: 'Subjects' },
  { field: 'clients', label: 'Programs (clients)' },
] as const;

/** Who of the provider may use what, and what they may do there at most. */
export function GrantFields({ grant, place, connections, problems, onChange, onRemove }: GrantFieldsProps) {
  const path = `grants.${place}`;
  const unknown = grant.connections.filter((name) => !connections.includes(name));
  return (
    <fieldset className={own.grant}>
      <legend>Grant {place + 1}</legend>
      <div className={styles.grid}>
        {conditions.map(({ field, label }) => (
          <div key={field} className={styles.third}>
            <LinesField
              label={label}
              initial={(grant[field] ?? []).join('\n')}
              placeholder="any"
              error={problemAt(problems, `${path}.${field}`)}
              onChange={(text) => onChange(withField(grant, field, linesOf(text)))}
            />
          </div>
        ))}
        <p className={own.note}>
          One to a line, letter by letter. Each condition that is given must hold, by any of its values.
        </p>
        {problems[path] && <p className={own.wrong}>{problems[path]}</p>}
        <fieldset className={styles.full} aria-label={`Connections of grant ${place + 1}`}>
          <p className={styles.accepted}>Connections</p>
          <div className={styles.methods}>
            {[...connections, ...unknown].map((name) => (
              <CheckField
                key={name}
                label={name}
                checked={grant.connections.includes(name)}
                onChange={(on) =>
                  onChange({
                    ...grant,
                    connections: on ? [...grant.connections, name] : grant.connections.filter((one) => one !== name),
                  })
                }
              />
            ))}
          </div>
          {problemAt(problems, `${path}.connections`) && (
            <p className={own.wrong}>{problemAt(problems, `${path}.connections`)}</p>
          )}
        </fieldset>
        <ScopeFields
          scope={grant.scope}
          path={path}
          problems={problems}
          onChange={(scope) => onChange(withField(grant, 'scope', scope))}
        />
      </div>
      {onRemove && (
        <Button size="small" variant="danger" onClick={onRemove} aria-label={`Remove grant ${place + 1}`}>
          Remove grant
        </Button>
      )}
    </fieldset>
  );
}

interface ScopeFieldsProps extends Pick<GrantFieldsProps, 'problems'> {
  readonly scope: Scope | undefined;
  readonly path: string;
  onChange(scope: Scope | undefined): void;
}

function ScopeFields({ scope, path, problems, onChange }: ScopeFieldsProps) {
  const change = (part: { [K in keyof Scope]?: Scope[K] | undefined }): void => {
    const { readOnly = false, schemas, validUntil } = { ...scope, ...part };
    const bounded = readOnly || schemas !== undefined || validUntil !== undefined;
    onChange(
      bounded
        ? {
            readOnly,
            ...(schemas === undefined ? {} : { schemas }),
            ...(validUntil === undefined ? {} : { validUntil }),
          }
        : undefined,
    );
  };
  return (
    <>
      <div className={styles.full}>
        <CheckField
          label="Only read, whatever is allowed or approved"
          checked={scope?.readOnly ?? false}
          onChange={(readOnly) => change({ readOnly })}
        />
      </div>
      <div className={styles.half}>
        <TextField
          label="Schemas"
          mono
          placeholder="all"
          defaultValue={(scope?.schemas ?? []).join(', ')}
          error={problemAt(problems, `${path}.scope.schemas`)}
          hint="Separated by commas; patterns with * and ?"
          onChange={(text) => change({ schemas: namesOf(text).length === 0 ? undefined : namesOf(text) })}
        />
      </div>
      <div className={styles.half}>
        <TextField
          label="Holds until"
          type="datetime-local"
          defaultValue={localTime(scope?.validUntil)}
          error={problemAt(problems, `${path}.scope.validUntil`)}
          hint="Optional; after that the grant gives nothing"
          onChange={(text) => change({ validUntil: isoOf(text) })}
        />
      </div>
    </>
  );
}

/** What was typed in this machine's time; undefined while it is no instant. */
function isoOf(text: string): string | undefined {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** A scope in words; `at most` stands before it. */
export function scopeWords(scope: Scope | null | undefined): string {
  const { readOnly, schemas, validUntil } = scopeSchema.parse(scope ?? {});
  const words = [
    ...(readOnly ? ['reads only'] : []),
    ...(schemas === undefined ? [] : [`schemas ${schemas.join(', ')}`]),
    ...(validUntil === undefined ? [] : [`until ${new Date(validUntil).toLocaleString()}`]),
  ];
  return words.length === 0 ? 'all that its rules allow' : words.join('; ');
}
