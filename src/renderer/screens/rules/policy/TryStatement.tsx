import { useState } from 'react';
import type { CallInput } from '../../../../contract/index.ts';
import { useAction } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { VerdictChip } from '../../../parts/Chips.tsx';
import { effectLabels } from '../../../parts/effects.ts';
import { Field } from '../../../parts/Field.tsx';
import { ErrorNote } from '../../../parts/Notes.tsx';
import { Visible } from '../../../parts/Visible.tsx';
import { ExplainedMasking } from '../masks/ExplainedMasking.tsx';
import styles from './Card.module.css';

interface TryStatementProps {
  readonly connection: string;
  /** What is not saved yet; null when there is nothing of that. */
  readonly draft: Omit<CallInput<'policy.explain'>, 'connection' | 'text'> | null;
}

/** What an agent would get for a text, and why: under the draft where there is one, else under what is in force. */
export function TryStatement({ connection, draft }: TryStatementProps) {
  const [text, setText] = useState('');
  const explain = useAction('policy.explain');
  const answer = explain.data;
  const test = () => {
    if (text.trim() === '') return;
    explain.mutate({ connection, text, ...draft });
  };
  return (
    <section className={styles.card} aria-label="Test a statement">
      <header className={styles.head}>
        <h2>Test a statement</h2>
        <p className={styles.lead}>It is judged, not run{draft === null ? '.' : ', under the draft.'}</p>
      </header>
      <div className={styles.body}>
        <Field label="Statement">
          {({ className, ...attributes }) => (
            <textarea
              {...attributes}
              className={`${className} ${styles.sql}`}
              rows={5}
              maxLength={100_000}
              spellCheck={false}
              placeholder="update customers set …"
              value={text}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
                event.preventDefault();
                test();
              }}
            />
          )}
        </Field>
        <div>
          <Button variant="accent" busy={explain.isPending} disabled={text.trim() === ''} onClick={test}>
            Test
          </Button>
        </div>
        <ErrorNote error={explain.error} />
        {answer && (
          <div className={styles.answer} role="status">
            <p className={styles.verdict}>
              <VerdictChip verdict={answer.verdict} /> <strong>{answer.rule.title}</strong>
            </p>
            <p>
              <Visible text={answer.rule.reason} />
            </p>
            {answer.rule.hint !== null && <p className={styles.small}>{answer.rule.hint}</p>}
            {!answer.certain && (
              <p className={styles.small}>
                The database could not be reached: without its catalog the judgement is stricter than it would be.
              </p>
            )}
            <dl className={styles.facts}>
              <dt>Effects</dt>
              <dd>{answer.effects.kinds.map((kind) => effectLabels[kind]).join(', ') || 'none'}</dd>
              <dt>Writes</dt>
              <dd>
                <Visible text={answer.effects.writes.join(', ') || 'nothing'} />
              </dd>
              <dt>Reads</dt>
              <dd>
                <Visible text={answer.effects.reads.join(', ') || 'nothing'} />
              </dd>
              {answer.effects.functions.length > 0 && (
                <>
                  <dt>Calls</dt>
                  <dd>
                    <Visible text={answer.effects.functions.join(', ')} />
                  </dd>
                </>
              )}
              <dt>Rule</dt>
              <dd>
                <code>{answer.rule.id}</code>
              </dd>
            </dl>
            {answer.masking !== null && <ExplainedMasking masking={answer.masking} />}
          </div>
        )}
      </div>
    </section>
  );
}
