import { useQueryClient } from '@tanstack/react-query';
import { type ConnectionView, type DetectorSettings, detectorWords, type Finding } from '../../../../contract/index.ts';
import { useUi } from '../../../app/ui-store.ts';
import { callKey, useAction, useCall } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { SelectField } from '../../../parts/Field.tsx';
import { ago, count, plural } from '../../../parts/format.ts';
import { ErrorNote } from '../../../parts/Notes.tsx';
import { useNow } from '../../../parts/use-now.ts';
import { Visible } from '../../../parts/Visible.tsx';
import styles from './Net.module.css';
import { actionChoices, actionHints, detectorChoices } from './words.ts';

/** What is done about personal data in columns without a rule, and what was found in them. */
export function SecondNet({ view, readOnly }: { readonly view: ConnectionView; readonly readOnly: boolean }) {
  const connection = view.config.name;
  const { detectors } = view.config;
  const findings = useCall('findings.list', { connection });
  const save = useAction('connections.save');
  const client = useQueryClient();
  const tell = useUi((ui) => ui.tell);
  const change = (next: DetectorSettings) =>
    save.mutate(
      { ...view.config, detectors: next },
      {
        onSuccess: (saved) => {
          client.setQueryData<ConnectionView[]>(callKey('connections.list', {}), (views) =>
            views?.map((other) => (other.config.name === connection ? saved : other)),
          );
          tell('Second net saved');
        },
      },
    );
  const overridden = Object.keys(detectors.overrides).length;
  const list = findings.data ?? [];

  return (
    <section className={styles.card} aria-label="Second net">
      <header className={styles.head}>
        <h2>Second net</h2>
        <p className={styles.lead}>
          Detectors look at values in columns that no mask rule names: addresses, cards, ids, keys and other secrets.
        </p>
      </header>
      <div className={styles.body}>
        <ErrorNote error={save.error} />
        <div className={styles.settings}>
          <SelectField
            label="When something is recognised"
            value={detectors.action}
            options={actionChoices}
            hint={actionHints[detectors.action]}
            disabled={readOnly || save.isPending}
            onChange={(action) => change({ ...detectors, action })}
          />
        </div>
        <details>
          <summary>By detector{overridden > 0 && `, ${count(overridden)} of its own`}</summary>
          <div className={styles.overrides}>
            {detectorChoices.map(({ value, label }) => (
              <SelectField
                key={value}
                label={label}
                value={detectors.overrides[value] ?? 'same'}
                options={[{ value: 'same' as const, label: 'As above' }, ...actionChoices]}
                disabled={readOnly || save.isPending}
                onChange={(chosen) => {
                  const { [value]: _old, ...others } = detectors.overrides;
                  change({ ...detectors, overrides: chosen === 'same' ? others : { ...others, [value]: chosen } });
                }}
              />
            ))}
          </div>
        </details>
      </div>
      <ErrorNote error={findings.error} retry={() => void findings.refetch()} />
      {list.length > 0 && <Findings connection={connection} findings={list} />}
    </section>
  );
}

function Findings({ connection, findings }: { readonly connection: string; readonly findings: readonly Finding[] }) {
  const dismissal = useAction('findings.dismiss');
  const client = useQueryClient();
  const now = useNow(30_000);
  const set = ({ place, kind }: Finding, dismissed: boolean) =>
    dismissal.mutate(
      { connection, places: [{ place, kind }], dismissed },
      {
        onSuccess: () => {
          void client.invalidateQueries({ queryKey: ['findings.list'] });
          void client.invalidateQueries({ queryKey: ['suggestions.list'] });
        },
      },
    );
  return (
    <>
      <h3 className={styles.findingsTitle}>Found in answers to agents</h3>
      <ErrorNote error={dismissal.error} />
      <ul className={styles.findings}>
        {findings.map((finding) => (
          <li
            key={`${finding.detector} ${finding.place}`}
            className={styles.row}
            data-dismissed={finding.dismissed || undefined}
          >
            <div className={styles.what}>
              <p>
                <code className={styles.column}>
                  <Visible text={finding.place} />
                </code>
              </p>
              <p className={styles.small}>
                {detectorWords[finding.detector]} in {count(finding.values)} of {plural(finding.looked, 'value')} looked
                at
                {finding.examples.length > 0 && (
                  <>
                    , such as <code>{finding.examples[0]}</code>
                  </>
                )}{' '}
                · {ago(finding.lastSeenAt, now)}
                {finding.dismissed && ' · dismissed'}
              </p>
            </div>
            <div className={styles.side}>
              <Button
                size="small"
                variant="quiet"
                disabled={dismissal.isPending}
                aria-label={`${finding.dismissed ? 'Bring back' : 'Dismiss'} ${detectorWords[finding.detector]} in ${finding.place}`}
                onClick={() => set(finding, !finding.dismissed)}
              >
                {finding.dismissed ? 'Bring back' : 'Dismiss'}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
