import type { ValueMasker } from '../../../contract/index.ts';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { BucketField } from './BucketField.tsx';
import styles from './MaskerOptions.module.css';
import { dateUnits } from './maskers.ts';

interface ValueMaskerOptionsProps {
  readonly masker: ValueMasker;
  /** What is wrong, by field; `at` is where the masker's own fields begin. */
  readonly problems: Readonly<Record<string, string>>;
  readonly at: string;
  onChange(masker: ValueMasker): void;
}

/** What a masker of a single value lets one choose. */
export function ValueMaskerOptions({ masker, problems, at, onChange }: ValueMaskerOptionsProps) {
  switch (masker.kind) {
    case 'partial':
      return (
        <div className={styles.pair}>
          <TextField
            label="Keep first"
            type="number"
            min={0}
            max={32}
            value={masker.keepStart}
            error={problems[`${at}.keepStart`]}
            onChange={(text) => onChange({ ...masker, keepStart: Number(text) })}
          />
          <TextField
            label="Keep last"
            type="number"
            min={0}
            max={32}
            value={masker.keepEnd}
            error={problems[`${at}.keepEnd`]}
            onChange={(text) => onChange({ ...masker, keepEnd: Number(text) })}
          />
        </div>
      );
    case 'date':
      return (
        <SelectField
          label="Down to"
          value={masker.to}
          options={dateUnits}
          onChange={(to) => onChange({ ...masker, to })}
        />
      );
    case 'bucket':
      return (
        <BucketField
          by={masker.by}
          wrong={Object.keys(problems).some((field) => field === `${at}.by` || field.startsWith(`${at}.by.`))}
          onChange={(by) => onChange({ ...masker, by })}
        />
      );
    case 'fixed':
      return (
        <TextField
          label="Value"
          mono
          maxLength={200}
          value={masker.value}
          error={problems[`${at}.value`]}
          onChange={(value) => onChange({ ...masker, value })}
        />
      );
    default:
      return null;
  }
}
