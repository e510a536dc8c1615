import { useState } from 'react';
import type { ConnectionConfig } from '../../../contract/index.ts';
import { useAction, useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { VerdictChip } from '../../parts/Chips.tsx';
import { effectLabels } from '../../parts/effects.ts';
import { Field } from '../../parts/Field.tsx';
import { ErrorNote, Loading } from '../../parts/Notes.tsx';
import { Visible } from '../../parts/Visible.tsx';
import styles from './PolicyCard.module.css';

/** The rules of a connection's preset, in the order they are asked, and a place to try a statement on them. */
export function PolicyCard({ config }: { readonly config: ConnectionConfig }) {
  const presets = useCall('policy.presets', {});
  const preset = presets.data?.find((candidate) => candidate.preset === config.policy);
  return (
    <div className={styles.layout}>
      <section className={styles.card} aria-label="Policy">
        {presets.isPending && <Loading lines={6} label="Loading the policy" />}
        <ErrorNote error={presets.error} retry={() => void presets.refetch()} />
        {preset && (
          <>
            <header className={styles.head}>
              <h2>{preset.title}</h2>
              <p>
                {preset.description} Rules are asked in this order; the first that answers holds. The preset is chosen
                with the connection.
              </p>
            </header>
            <ol>
              {preset.rules.map((rule) => (
                <li key={rule.id} className={styles.rule}>
                  <VerdictChip verdict={rule.verdict} />
                  <div>
                    <p className={styles.title}>{rule.title}</p>
                    <p className={styles.description}>{rule.description}</p>
                  </div>
                  <code className={styles.id}>{rule.id}</code>
                </li>
              ))}
            </ol>
          </>
        )}
      </section>
      <TestStatement connection={config.name} />
    </div>
  );
}

function TestStatement({ connection }: { readonly connection: string }) {
  const [text, setText] = useState('');
  const explain = useAction('policy.explain');
  const answer = explain.data;
  const test = () => text.trim() !== '' && explain.mutate({ connection, text });
  return (
    <section className={styles.card} aria-label="Test a statement">
      <header className={styles.head}>
        <h2>Test a statement</h2>
        <p>It is judged, not run.</p>
      </header>
      <div className={styles.test}>
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
            {answer.rule.hint !== null && <p className={styles.description}>{answer.rule.hint}</p>}
            <dl className={styles.effects}>
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
              <dt>Rule</dt>
              <dd>
                <code>{answer.rule.id}</code>
              </dd>
            </dl>
          </div>
        )}
      </div>
    </section>
  );
}
