import type { BudgetAmounts, Budgets } from '../../../../contract/index.ts';
import { SelectField, TextField } from '../../../parts/Field.tsx';
import styles from './BudgetFields.module.css';
import card from './Card.module.css';

interface BudgetFieldsProps {
  readonly budgets: Budgets | null;
  readonly readOnly: boolean;
  onChange(budgets: Budgets | null): void;
}

const amounts: readonly { readonly field: keyof BudgetAmounts; readonly label: string }[] = [
  { field: 'rowsRead', label: 'Rows read' },
  { field: 'rowsWritten', label: 'Rows written' },
  { field: 'statements', label: 'Statements' },
  { field: 'bytes', label: 'Bytes sent' },
  { field: 'relations', label: 'Different tables' },
];

type Span = 'perSession' | 'perHour';

/** How much an agent may take before it is asked about, or its session ends. An empty field sets no limit. */
export function BudgetFields({ budgets, readOnly, onChange }: BudgetFieldsProps) {
  const put = (span: Span, field: keyof BudgetAmounts, text: string) => {
    const { [field]: _before, ...others } = budgets?.[span] ?? {};
    const next = text.trim() === '' ? others : { ...others, [field]: Math.max(1, Math.trunc(Number(text)) || 1) };
    const { [span]: _span, ...rest } = budgets ?? { over: 'ask' as const };
    const changed: Budgets = Object.keys(next).length === 0 ? rest : { ...rest, [span]: next };
    onChange(changed.perSession === undefined && changed.perHour === undefined ? null : changed);
  };
  return (
    <section className={card.card} aria-label="Budgets">
      <header className={card.head}>
        <h2>Budgets</h2>
        <p className={card.lead}>What one session, and one agent in an hour, may take. An empty field is no limit.</p>
      </header>
      <div className={card.body}>
        {(['perSession', 'perHour'] as const).map((span) => (
          <fieldset key={span} className={styles.amounts}>
            <legend>{span === 'perSession' ? 'In one session' : 'In any hour, over all sessions of an agent'}</legend>
            {amounts.map(({ field, label }) => (
              <TextField
                key={field}
                label={label}
                type="number"
                min={1}
                disabled={readOnly}
                value={budgets?.[span]?.[field] ?? ''}
                onChange={(text) => put(span, field, text)}
              />
            ))}
          </fieldset>
        ))}
        {budgets !== null && (
          <SelectField
            label="Once it is used up"
            value={budgets.over}
            disabled={readOnly}
            options={[
              { value: 'ask', label: 'Ask me about everything further' },
              { value: 'terminate', label: 'End the session' },
            ]}
            onChange={(over) => onChange({ ...budgets, over })}
          />
        )}
      </div>
    </section>
  );
}
