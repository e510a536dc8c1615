import { useState } from 'react';
import { conditionId, effectKind, environment, type RuleMatch, weekday } from '../../../../contract/index.ts';
import { effectLabels } from '../../../parts/effects.ts';
import { TextField } from '../../../parts/Field.tsx';
import { namesOf } from '../../../parts/names.ts';
import { type WhenField, whenFields } from './policy-drafts.ts';
import styles from './RuleDialog.module.css';

interface WhenFieldControlProps {
  readonly field: WhenField;
  readonly when: RuleMatch;
  readonly error: string | undefined;
  onChange(value: RuleMatch[WhenField]): void;
}

/** Values that a field may have, where these are few. */
const choices = {
  environments: environment.options,
  transaction: ['idle', 'open', 'failed'],
  effects: effectKind.options,
  conditions: conditionId.options,
  predicate: ['none', 'tautology', 'unproven', 'range', 'index', 'key'],
} as const satisfies Partial<Record<WhenField, readonly string[]>>;

const hints: Partial<Record<WhenField, string>> = {
  relations: 'schema.table, patterns with * and ?; separated by commas',
  reads: 'schema.table, patterns with * and ?; separated by commas',
  writes: 'schema.table, patterns with * and ?; separated by commas',
  columns: 'schema.table.column, patterns with * and ?; separated by commas',
  functions: 'schema.function, patterns with * and ?; separated by commas',
};

/** A field that was just added: what it may hold is still to be said. */
export function emptyWhen(field: WhenField): RuleMatch[WhenField] {
  if (field === 'estimatedRows') return {};
  return field === 'time' ? { from: '00:00', until: '00:00' } : [];
}

const hasChoices = (field: WhenField): field is keyof typeof choices => field in choices;

/** One condition of a rule: names to type, values to tick, a span of time, a number of rows. */
export function WhenFieldControl({ field, when, error, onChange }: WhenFieldControlProps) {
  if (field === 'estimatedRows') return <RowsControl when={when} error={error} onChange={onChange} />;
  if (field === 'time') return <TimeControl when={when} error={error} onChange={onChange} />;
  if (hasChoices(field)) {
    return (
      <Choices
        label={whenFields[field]}
        options={choices[field]}
        chosen={when[field] ?? []}
        error={error}
        onChange={(chosen) => onChange(chosen as RuleMatch[WhenField])}
      />
    );
  }
  return (
    <Names label={whenFields[field]} names={when[field] ?? []} hint={hints[field]} error={error} onChange={onChange} />
  );
}

interface NamesProps {
  readonly label: string;
  readonly names: readonly string[];
  readonly hint: string | undefined;
  readonly error: string | undefined;
  onChange(names: string[]): void;
}

/** Keeps what is typed as it is typed; only the names in it are handed on. */
function Names({ label, names, hint, error, onChange }: NamesProps) {
  const [text, setText] = useState(names.join(', '));
  return (
    <TextField
      label={label}
      mono
      value={text}
      hint={hint ?? 'Separated by commas; patterns with * and ?'}
      error={error}
      onChange={(next) => {
        setText(next);
        onChange(namesOf(next));
      }}
    />
  );
}

interface ChoicesProps {
  readonly label: string;
  readonly options: readonly string[];
  readonly chosen: readonly string[];
  readonly error: string | undefined;
  onChange(chosen: string[]): void;
}

function Choices({ label, options, chosen, error, onChange }: ChoicesProps) {
  return (
    <fieldset className={styles.choices}>
      <legend>{label}</legend>
      {options.map((option) => (
        <label key={option}>
          <input
            type="checkbox"
            checked={chosen.includes(option)}
            onChange={(event) =>
              onChange(options.filter((one) => (one === option ? event.target.checked : chosen.includes(one))))
            }
          />
          {option in effectLabels ? effectLabels[option as keyof typeof effectLabels] : option}
        </label>
      ))}
      {error !== undefined && <p className={styles.wrong}>{chosen.length === 0 ? 'Choose at least one.' : error}</p>}
    </fieldset>
  );
}

type SpecialProps = Omit<WhenFieldControlProps, 'field'>;

function RowsControl({ when, error, onChange }: SpecialProps) {
  const { atLeast, atMost } = when.estimatedRows ?? {};
  const number = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text));
  const put = (low: number | undefined, high: number | undefined) =>
    onChange({ ...(low === undefined ? {} : { atLeast: low }), ...(high === undefined ? {} : { atMost: high }) });
  return (
    <div className={styles.pair}>
      <TextField
        label={`${whenFields.estimatedRows}: at least`}
        inputMode="numeric"
        value={atLeast ?? ''}
        error={error}
        onChange={(text) => put(number(text), atMost)}
      />
      <TextField
        label="at most"
        inputMode="numeric"
        value={atMost ?? ''}
        onChange={(text) => put(atLeast, number(text))}
      />
    </div>
  );
}

function TimeControl({ when, error, onChange }: SpecialProps) {
  const time = when.time ?? { from: '00:00', until: '00:00' };
  return (
    <div className={styles.form}>
      <Choices
        label="now is (no day ticked: any day)"
        options={weekday.options}
        chosen={time.days ?? []}
        error={undefined}
        onChange={(days) => {
          const { days: _before, ...rest } = time;
          onChange(days.length === 0 ? rest : { ...rest, days: days as NonNullable<typeof time.days> });
        }}
      />
      <div className={styles.pair}>
        <TextField label="From" type="time" value={time.from} onChange={(from) => onChange({ ...time, from })} />
        <TextField
          label="Until"
          type="time"
          value={time.until}
          error={error}
          hint="Earlier than from: over midnight"
          onChange={(until) => onChange({ ...time, until })}
        />
        <TextField
          label="Time zone"
          placeholder="Europe/Amsterdam"
          hint="Empty: this machine’s"
          value={time.timeZone ?? ''}
          onChange={(timeZone) => {
            const { timeZone: _before, ...rest } = time;
            onChange(timeZone === '' ? rest : { ...rest, timeZone });
          }}
        />
      </div>
    </div>
  );
}
