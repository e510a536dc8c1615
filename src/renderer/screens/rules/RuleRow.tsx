import type { MaskRule } from '../../../contract/index.ts';
import { Button } from '../../parts/Button.tsx';
import { cx } from '../../parts/cx.ts';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { MaskIcon, TrashIcon } from '../../theme/icons.tsx';
import { MaskerOptions } from './MaskerOptions.tsx';
import { defaultMasker, maskerChoices, maskerText } from './maskers.ts';
import styles from './RuleRow.module.css';

interface RuleRowProps {
  readonly rule: MaskRule;
  readonly problems: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  onChange(rule: MaskRule): void;
  onRemove(): void;
}

/** One mask rule: which columns, how, and why. */
export function RuleRow({ rule, problems, readOnly, onChange, onRemove }: RuleRowProps) {
  if (readOnly) {
    return (
      <li className={styles.still}>
        <MaskIcon size={14} />
        <code>
          {rule.schema}.{rule.table}.{rule.column}
        </code>
        <span>{maskerText(rule.masker)}</span>
        <span className={styles.note}>{rule.note}</span>
      </li>
    );
  }
  const name = `${rule.table || 'table'}.${rule.column || 'column'}`;
  return (
    <li className={styles.row} aria-label={`Rule ${rule.id}`}>
      <div className={styles.fields}>
        <TextField
          label="Schema"
          mono
          value={rule.schema}
          error={problems.schema}
          onChange={(schema) => onChange({ ...rule, schema })}
        />
        <TextField
          label="Table"
          mono
          value={rule.table}
          error={problems.table}
          onChange={(table) => onChange({ ...rule, table })}
        />
        <TextField
          label="Column"
          mono
          value={rule.column}
          error={problems.column}
          onChange={(column) => onChange({ ...rule, column })}
        />
        <div className={cx(styles.masker, rule.masker.kind === 'json' && styles.wide)}>
          <SelectField
            label="Masker"
            value={rule.masker.kind}
            options={maskerChoices}
            hint={`leaves ${maskerChoices.find((choice) => choice.value === rule.masker.kind)?.leaves ?? ''}`}
            onChange={(kind) => onChange({ ...rule, masker: defaultMasker(kind) })}
          />
          <MaskerOptions
            key={rule.masker.kind}
            masker={rule.masker}
            problems={problems}
            onChange={(masker) => onChange({ ...rule, masker })}
          />
        </div>
        <div className={styles.noteField}>
          <TextField
            label="Note"
            placeholder="Why (optional)"
            maxLength={500}
            value={rule.note ?? ''}
            error={problems.note}
            onChange={(note) => {
              const { note: _old, ...rest } = rule;
              onChange(note === '' ? rest : { ...rest, note });
            }}
          />
        </div>
      </div>
      <Button
        variant="quiet"
        icon={<TrashIcon />}
        aria-label={`Remove the rule for ${name}`}
        title="Remove"
        onClick={onRemove}
      />
      {problems.id && <p className={styles.problem}>{problems.id}</p>}
    </li>
  );
}
