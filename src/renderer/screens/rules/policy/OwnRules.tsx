import { useState } from 'react';
import type { CallOutput, PolicyRule } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { Empty } from '../../../parts/Notes.tsx';
import { PlusIcon, ShieldIcon } from '../../../theme/icons.tsx';
import styles from './Card.module.css';
import { OwnRuleRow } from './OwnRuleRow.tsx';
import { duplicated, moved, newRule } from './policy-drafts.ts';
import { RuleDialog } from './RuleDialog.tsx';
import { RulesText } from './RulesText.tsx';

interface OwnRulesProps {
  readonly rules: readonly PolicyRule[];
  readonly saved: readonly PolicyRule[];
  /** What is in force, with hits; null while it is being asked for. */
  readonly inForce: CallOutput<'policy.rules'> | null;
  readonly readOnly: boolean;
  onChange(rules: readonly PolicyRule[]): void;
}

/** The connection's own rules in the order they are asked: before those of the preset. */
export function OwnRules({ rules, saved, inForce, readOnly, onChange }: OwnRulesProps) {
  /** The place of the rule that is open in the form; `rules.length` for a new one. */
  const [editing, setEditing] = useState<number | null>(null);
  const [asText, setAsText] = useState(false);
  const replaced = (index: number, rule: PolicyRule) =>
    index === rules.length ? [...rules, rule] : rules.map((other, place) => (place === index ? rule : other));
  return (
    <section className={styles.card} aria-label="Own rules">
      <header className={styles.head}>
        <h2>Your rules</h2>
        <div className={styles.buttons}>
          <Button size="small" onClick={() => setAsText(true)}>
            {readOnly ? 'As JSON' : 'Import, export'}
          </Button>
          {!readOnly && (
            <Button size="small" icon={<PlusIcon size={14} />} onClick={() => setEditing(rules.length)}>
              Add rule
            </Button>
          )}
        </div>
        <p className={styles.lead}>Asked in this order, before the preset; the first that holds answers.</p>
      </header>
      {rules.length === 0 ? (
        <Empty icon={<ShieldIcon size={22} />} title="No rules of your own">
          <p>The preset alone decides. Add a rule to allow, ask about or block something of your own.</p>
        </Empty>
      ) : (
        <ol>
          {rules.map((rule, index) => (
            <OwnRuleRow
              key={rule.id}
              rule={rule}
              unsaved={!saved.some((one) => JSON.stringify(one) === JSON.stringify(rule))}
              shadowedBy={
                inForce?.view.rules.find(({ id, origin }) => origin === 'own' && id === rule.id)?.shadowedBy ?? null
              }
              hits={inForce?.hits ?? []}
              readOnly={readOnly}
              first={index === 0}
              last={index === rules.length - 1}
              onEdit={() => setEditing(index)}
              onMove={(by) => onChange(moved(rules, index, by))}
              onDuplicate={() => onChange(duplicated(rules, index))}
              onToggle={() => {
                const { disabled, ...rest } = rule;
                onChange(replaced(index, disabled === true ? rest : { ...rest, disabled: true }));
              }}
              onRemove={() => onChange(rules.filter((_, place) => place !== index))}
            />
          ))}
        </ol>
      )}
      {editing !== null && (
        <RuleDialog
          rule={rules[editing] ?? newRule(rules)}
          isNew={editing === rules.length}
          others={rules.filter((_, place) => place !== editing)}
          onClose={() => setEditing(null)}
          onDone={(rule) => {
            onChange(replaced(editing, rule));
            setEditing(null);
          }}
        />
      )}
      {asText && <RulesText rules={rules} readOnly={readOnly} onClose={() => setAsText(false)} onDone={onChange} />}
    </section>
  );
}
