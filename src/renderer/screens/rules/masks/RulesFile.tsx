import { useState } from 'react';
import { type MaskRule, messageOf } from '../../../../contract/index.ts';
import { Button } from '../../../parts/Button.tsx';
import { CopyButton } from '../../../parts/CopyButton.tsx';
import { Dialog } from '../../../parts/Dialog.tsx';
import { downloadText } from '../../../parts/download.ts';
import { Field, SelectField } from '../../../parts/Field.tsx';
import { InfoNote } from '../../../parts/Notes.tsx';
import { DownloadIcon } from '../../../theme/icons.tsx';
import { ImportPreview } from './ImportPreview.tsx';
import styles from './Masks.module.css';
import { readRulesFile, rulesFileText, takeOver } from './rules-file.ts';

interface RulesFileProps {
  readonly connection: string;
  readonly rules: readonly MaskRule[];
  readonly readOnly: boolean;
  onClose(): void;
  onDone(rules: readonly MaskRule[]): void;
}

const ways = [
  { value: 'merge', label: 'Merge: rules that are not in the file stay' },
  { value: 'replace', label: 'Replace: rules that are not in the file go' },
] as const;

/** Mask rules out to a file, and in from one: what it would do is shown first, and then it is a draft like any other. */
export function RulesFile({ connection, rules, readOnly, onClose, onDone }: RulesFileProps) {
  const [text, setText] = useState('');
  const [way, setWay] = useState<(typeof ways)[number]['value']>('merge');
  const [unread, setUnread] = useState<string | null>(null);
  const read = text.trim() === '' ? null : readRulesFile(text);
  const faults = unread !== null ? [unread] : read !== null && 'faults' in read ? read.faults : [];
  const found = read !== null && 'rules' in read ? read.rules : null;
  const exported = rulesFileText(rules);
  const choose = async (file: File | undefined) => {
    if (file === undefined) return;
    try {
      setText(await file.text());
      setUnread(null);
    } catch (error) {
      setUnread(`${file.name} could not be read: ${messageOf(error)}`);
    }
  };
  return (
    <Dialog
      title="Import and export of mask rules"
      width="wide"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{readOnly ? 'Close' : 'Cancel'}</Button>
          {!readOnly && (
            <Button
              variant="accent"
              disabled={found === null}
              onClick={() => {
                if (found === null) return;
                onDone(takeOver(rules, found, way));
                onClose();
              }}
            >
              Put into the draft
            </Button>
          )}
        </>
      }
    >
      <div className={styles.file}>
        <section aria-label="Export">
          <h2>Export</h2>
          <p className={styles.small}>
            The rules as they are shown, saved or not. The file holds no value and no secret.
          </p>
          <div className={styles.buttons}>
            <Button
              data-first-focus
              icon={<DownloadIcon size={14} />}
              onClick={() => downloadText(`postern-mask-rules-${connection}.json`, 'application/json', exported)}
            >
              Save as a file
            </Button>
            <CopyButton text={exported} label="Copy" />
          </div>
        </section>
        {!readOnly && (
          <section aria-label="Import" className={styles.import}>
            <h2>Import</h2>
            <Field label="File with mask rules">
              {({ className, ...attributes }) => (
                <input
                  {...attributes}
                  className={`${className} ${styles.chooser}`}
                  type="file"
                  accept="application/json,.json"
                  onChange={(event) => void choose(event.target.files?.[0])}
                />
              )}
            </Field>
            <Field label="Or its text">
              {({ className, ...attributes }) => (
                <textarea
                  {...attributes}
                  className={`${className} ${styles.text}`}
                  rows={6}
                  spellCheck={false}
                  value={text}
                  onChange={(event) => {
                    setText(event.target.value);
                    setUnread(null);
                  }}
                />
              )}
            </Field>
            {faults.length > 0 && (
              <InfoNote tone="error">
                <p role="alert">Nothing of it can be taken over.</p>
                <ul>
                  {faults.slice(0, 10).map((fault) => (
                    <li key={fault}>{fault}</li>
                  ))}
                </ul>
                {faults.length > 10 && <p>and {faults.length - 10} more</p>}
              </InfoNote>
            )}
            {found !== null && (
              <>
                <SelectField label="How" value={way} options={ways} onChange={(next) => setWay(next)} />
                <ImportPreview current={rules} read={found} way={way} />
              </>
            )}
          </section>
        )}
      </div>
    </Dialog>
  );
}
