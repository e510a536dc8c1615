import type { MaskException } from '../../../contract/index.ts';
import { environment } from '../../../contract/index.ts';
import { CheckField, TextField } from '../../parts/Field.tsx';
import styles from './ExceptFields.module.css';

interface ExceptFieldsProps {
  readonly except: MaskException | undefined;
  readonly problems: Readonly<Record<string, string>>;
  onChange(except: MaskException | undefined): void;
}

const lists = [
  { field: 'agents', label: 'Agents' },
  { field: 'subjects', label: 'Subjects' },
  { field: 'groups', label: 'Groups' },
] as const;

/** For whom a rule does not hold, in a few words. */
export function exceptText({ agents = [], subjects = [], groups = [], environments = [] }: MaskException): string {
  return [...agents, ...subjects, ...groups, ...environments].join(', ');
}

/** For whom a rule does not hold. Folded until somebody is excepted. */
export function ExceptFields({ except, problems, onChange }: ExceptFieldsProps) {
  const set = (field: keyof MaskException, values: readonly string[]) => {
    const { [field]: _old, ...others } = except ?? {};
    const next = values.length === 0 ? others : { ...others, [field]: [...values] };
    onChange(Object.keys(next).length === 0 ? undefined : next);
  };
  const environments = except?.environments ?? [];
  return (
    <details>
      <summary>{except === undefined ? 'Holds for everybody' : `Not for ${exceptText(except)}`}</summary>
      <div className={styles.fields}>
        {lists.map(({ field, label }) => (
          <TextField
            key={field}
            label={`${label} who see the values`}
            mono
            placeholder="names or patterns, by commas"
            value={(except?.[field] ?? []).join(', ')}
            error={problems[`except.${field}`]}
            onChange={(text) => set(field, listOf(text))}
          />
        ))}
        {environment.options.map((name) => (
          <CheckField
            key={name}
            label={`In ${name}`}
            checked={environments.includes(name)}
            onChange={(checked) =>
              set('environments', checked ? [...environments, name] : environments.filter((other) => other !== name))
            }
          />
        ))}
      </div>
    </details>
  );
}

/** What is being typed stays: a comma at the end begins the next name, which is still empty. */
const listOf = (text: string): string[] => {
  const names = text.split(',').map((name, index) => (index === 0 ? name.trimStart() : name.replace(/^ /, '')));
  return names.length === 1 && names[0] === '' ? [] : names;
};
