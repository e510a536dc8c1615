import { useState } from 'react';
import type { PolicyRule, RuleMatch, Verdict } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { Dialog } from '../../../parts/Dialog.tsx';
import { CheckField, SelectField, TextField } from '../../../parts/Field.tsx';
import { InfoNote } from '../../../parts/Notes.tsx';
import { ruleIssues, type WhenField, whenFields } from './policy-drafts.ts';
import styles from './RuleDialog.module.css';
import { emptyWhen, WhenFieldControl } from './WhenFieldControl.tsx';

interface RuleDialogProps {
  readonly rule: PolicyRule;
  readonly isNew: boolean;
  readonly others: readonly PolicyRule[];
  onClose(): void;
  onDone(rule: PolicyRule): void;
}

const verdicts: readonly { readonly value: Verdict; readonly label: string }[] = [
  { value: 'allow', label: 'Allow' },
  { value: 'ask', label: 'Ask me' },
  { value: 'block', label: 'Block' },
  { value: 'terminate', label: 'End the session' },
];

/** One rule as a form. What is wrong stands at its field, and nothing typed is lost. */
export function RuleDialog({ rule, isNew, others, onClose, onDone }: RuleDialogProps) {
  const [draft, setDraft] = useState<PolicyRule>(rule);
  const [touched, setTouched] = useState(!isNew);
  const issues = ruleIssues(draft, others);
  const shown = touched ? issues : {};
  const used = (Object.keys(whenFields) as WhenField[]).filter((field) => draft.when[field] !== undefined);
  const unused = (Object.keys(whenFields) as WhenField[]).filter((field) => draft.when[field] === undefined);

  const change = (part: Partial<PolicyRule>) => setDraft({ ...draft, ...part });
  /** Fields that may be absent are left out when they are empty. */
  const changeText = (field: 'title' | 'hint' | 'validUntil', text: string) => {
    const { [field]: _before, ...rest } = draft;
    setDraft(text === '' ? rest : { ...rest, [field]: text });
  };
  const changeWhen = (field: WhenField, value: RuleMatch[WhenField] | undefined) => {
    const { [field]: _before, ...rest } = draft.when;
    change({ when: value === undefined ? rest : { ...rest, [field]: value } });
  };
  const done = () => {
    setTouched(true);
    if (Object.keys(issues).length === 0) onDone(draft);
  };

  return (
    <Dialog
      title={isNew ? 'Add a rule' : `Edit ${rule.id}`}
      width="wide"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="accent" onClick={done}>
            {isNew ? 'Add to the draft' : 'Change the draft'}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <div className={styles.pair}>
          <TextField
            label="Id"
            mono
            data-first-focus
            value={draft.id}
            error={shown.id}
            hint="Stands in journals and refusals"
            onChange={(id) => change({ id })}
          />
          <SelectField
            label="Then"
            value={draft.verdict}
            options={verdicts}
            onChange={(verdict) => {
              const { hold: _hold, ...rest } = draft;
              setDraft(verdict === 'ask' ? { ...draft, verdict } : { ...rest, verdict });
            }}
          />
        </div>
        <TextField
          label="Title"
          value={draft.title ?? ''}
          error={shown.title}
          hint="Optional; the reason stands for it"
          onChange={(title) => changeText('title', title)}
        />
        <fieldset className={styles.when}>
          <legend>When all of this holds</legend>
          {used.length === 0 && <p className={styles.every}>Every statement. Add a condition to narrow it down.</p>}
          {used.map((field) => (
            <div key={field} className={styles.condition}>
              <WhenFieldControl
                field={field}
                when={draft.when}
                error={firstIssue(shown, `when.${field}`)}
                onChange={(value) => changeWhen(field, value)}
              />
              <Button
                size="small"
                variant="quiet"
                aria-label={`Remove the condition “${whenFields[field]}”`}
                onClick={() => changeWhen(field, undefined)}
              >
                Remove
              </Button>
            </div>
          ))}
          {unused.length > 0 && (
            <SelectField<WhenField | ''>
              label="Add a condition"
              value=""
              options={[
                { value: '', label: 'Choose …' },
                ...unused.map((field) => ({ value: field, label: whenFields[field] })),
              ]}
              onChange={(field) => field !== '' && changeWhen(field, emptyWhen(field))}
            />
          )}
          {used.length > 1 && (
            <p className={styles.every}>
              {draft.verdict === 'allow'
                ? 'A rule that allows holds only when all that the statement does is listed.'
                : 'Of a list, one that the statement does is enough; what is not known counts as listed.'}
            </p>
          )}
        </fieldset>
        {draft.verdict === 'ask' && (
          <CheckField
            label="Let it run in its transaction, and ask at COMMIT"
            hint="The request then shows everything that the transaction did"
            checked={draft.hold === 'commit'}
            onChange={(on) => {
              const { hold: _hold, ...rest } = draft;
              setDraft(on ? { ...rest, hold: 'commit' } : rest);
            }}
          />
        )}
        <TextField
          label="Reason"
          value={draft.reason}
          error={shown.reason}
          hint="You and the agent read it"
          onChange={(reason) => change({ reason })}
        />
        <TextField
          label="What to do instead"
          value={draft.hint ?? ''}
          error={shown.hint}
          hint="Optional; the agent reads it"
          onChange={(hint) => changeText('hint', hint)}
        />
        <TextField
          label="Valid until"
          mono
          placeholder="2027-01-31T00:00:00+01:00"
          value={draft.validUntil ?? ''}
          error={shown.validUntil}
          hint="Optional; day, time and offset"
          onChange={(validUntil) => changeText('validUntil', validUntil.trim())}
        />
        {shown[''] !== undefined && <InfoNote tone="error">{shown['']}</InfoNote>}
      </div>
    </Dialog>
  );
}

/** The first fault of a field or of something in it. */
function firstIssue(issues: Readonly<Record<string, string>>, field: string): string | undefined {
  return Object.entries(issues).find(([path]) => path === field || path.startsWith(`${field}.`))?.[1];
}
