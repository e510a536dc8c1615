import { useState } from 'react';
import type { PolicyRule } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { CopyButton } from '../../../parts/CopyButton.tsx';
import { Dialog } from '../../../parts/Dialog.tsx';
import { Field } from '../../../parts/Field.tsx';
import { InfoNote } from '../../../parts/Notes.tsx';
import styles from './Card.module.css';
import { readRules } from './policy-drafts.ts';

interface RulesTextProps {
  readonly rules: readonly PolicyRule[];
  readonly readOnly: boolean;
  onClose(): void;
  onDone(rules: readonly PolicyRule[]): void;
}

/** All rules as JSON, as a configuration file has them: to copy out, and to paste in. Faults are told with their places. */
export function RulesText({ rules, readOnly, onClose, onDone }: RulesTextProps) {
  const [text, setText] = useState(() => JSON.stringify(rules, null, 2));
  const [faults, setFaults] = useState<readonly string[]>([]);
  const take = () => {
    const read = readRules(text);
    if ('faults' in read) return setFaults(read.faults);
    onDone(read.rules);
    onClose();
  };
  return (
    <Dialog
      title="Rules as JSON"
      width="wide"
      onClose={onClose}
      footer={
        <>
          <CopyButton text={text} label="Copy" />
          <Button onClick={onClose}>{readOnly ? 'Close' : 'Cancel'}</Button>
          {!readOnly && (
            <Button variant="accent" onClick={take}>
              Put into the draft
            </Button>
          )}
        </>
      }
    >
      <div className={styles.body}>
        <Field label="policyRules" hint="The same list as in a configuration file and in postern policy --rules">
          {({ className, ...attributes }) => (
            <textarea
              {...attributes}
              data-first-focus
              className={`${className} ${styles.sql}`}
              rows={18}
              spellCheck={false}
              readOnly={readOnly}
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setFaults([]);
              }}
            />
          )}
        </Field>
        {faults.length > 0 && (
          <InfoNote tone="error">
            <p role="alert">Nothing was taken over.</p>
            <ul>
              {faults.slice(0, 10).map((fault) => (
                <li key={fault}>{fault}</li>
              ))}
            </ul>
            {faults.length > 10 && <p>and {faults.length - 10} more</p>}
          </InfoNote>
        )}
      </div>
    </Dialog>
  );
}
