import type { ReactNode } from 'react';
import type { MaskException, Masker, MaskRule } from '../../../contract/index.ts';
import { Button } from '../../parts/Button.tsx';
import { cx } from '../../parts/cx.ts';
import { SelectField, TextField } from '../../parts/Field.tsx';
import { MaskIcon, TrashIcon } from '../../theme/icons.tsx';
import { ColumnFields, columnsText } from './ColumnFields.tsx';
import { ExceptFields, exceptText } from './ExceptFields.tsx';
import { MaskerOptions } from './MaskerOptions.tsx';
import { defaultMasker, maskerChoices, maskerText } from './maskers.ts';
import { ProbeField } from './masks/ProbeField.tsx';
import { probeChoices } from './masks/words.ts';
import styles from './RuleRow.module.css';

interface RuleRowProps {
  readonly rule: MaskRule;
  readonly problems: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  /** What is known of it, under its fields. */
  readonly children: ReactNode;
  onChange(rule: MaskRule): void;
  onRemove(): void;
  /** Puts it before the rule above; absent for the first. */
  readonly onUp: (() => void) | undefined;
  /** Puts it behind the rule below; absent for the last. */
  readonly onDown: (() => void) | undefined;
}

/** One mask rule: which columns, how, and why. */
export function RuleRow({ rule, problems, readOnly, children, onChange, onRemove, onUp, onDown }: RuleRowProps) {
  if (readOnly) {
    return (
      <li className={styles.still} aria-label={`Rule ${rule.id}`}>
        <MaskIcon size={14} />
        <code>{columnsText(rule)}</code>
        <span>{maskerText(rule.masker)}</span>
        {rule.except && <span className={styles.note}>not for {exceptText(rule.except)}</span>}
        {rule.probes && rule.masker.kind !== 'withhold' && (
          <span className={styles.note}>
            when it steers a result: {probeChoices.find(({ value }) => value === rule.probes)?.label}
          </span>
        )}
        <span className={styles.note}>{rule.note}</span>
        {children}
      </li>
    );
  }
  const name = columnsText(rule);
  return (
    <li className={styles.row} aria-label={`Rule ${rule.id}`}>
      <div className={styles.fields}>
        <ColumnFields rule={rule} problems={problems} onChange={onChange} />
        <div className={cx(styles.masker, rule.masker.kind === 'json' && styles.wide)}>
          <SelectField
            label="Masker"
            value={rule.masker.kind}
            options={maskerChoices}
            hint={`leaves ${maskerChoices.find((choice) => choice.value === rule.masker.kind)?.leaves ?? ''}`}
            onChange={(kind) => onChange(withMasker(rule, defaultMasker(kind)))}
          />
          <MaskerOptions
            key={rule.masker.kind}
            masker={rule.masker}
            problems={problems}
            onChange={(masker) => onChange({ ...rule, masker })}
          />
        </div>
        <ProbeField rule={rule} onChange={onChange} />
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
        <div className={styles.except}>
          <ExceptFields
            except={rule.except}
            problems={problems}
            onChange={(except) => onChange(withExcept(rule, except))}
          />
        </div>
      </div>
      <div className={styles.side}>
        <Button
          variant="quiet"
          icon={<TrashIcon />}
          aria-label={`Remove the rule for ${name}`}
          title="Remove"
          onClick={onRemove}
        />
        <Button
          variant="quiet"
          size="small"
          disabled={onUp === undefined}
          aria-label={`Move ${rule.id} up`}
          onClick={onUp}
        >
          ↑
        </Button>
        <Button
          variant="quiet"
          size="small"
          disabled={onDown === undefined}
          aria-label={`Move ${rule.id} down`}
          onClick={onDown}
        >
          ↓
        </Button>
      </div>
      {children}
      {problems.id && <p className={styles.problem}>{problems.id}</p>}
    </li>
  );
}

function withExcept({ except: _old, ...rule }: MaskRule, except: MaskException | undefined): MaskRule {
  return except === undefined ? rule : { ...rule, except };
}

/** A withheld column cannot be named at all: what is said of probes would say nothing. */
function withMasker({ probes, ...rule }: MaskRule, masker: Masker): MaskRule {
  return { ...rule, masker, ...(probes === undefined || masker.kind === 'withhold' ? {} : { probes }) };
}
