import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ConnectionView } from '../../../../contract/index.ts';
import { useUi } from '../../../app/ui-store.ts';
import { callKey, useAction, useCall } from '../../../data/query.ts';
import { Button } from '../../../parts/Button.tsx';
import { SelectField } from '../../../parts/Field.tsx';
import { ErrorNote, Loading } from '../../../parts/Notes.tsx';
import { BacktestPanel } from './BacktestPanel.tsx';
import { BudgetFields } from './BudgetFields.tsx';
import { OwnRules } from './OwnRules.tsx';
import styles from './PolicyTab.module.css';
import { PresetRules } from './PresetRules.tsx';
import { type PolicyDraft, samePolicy, savedPolicy, usePolicyDrafts } from './policy-drafts.ts';
import { TryStatement } from './TryStatement.tsx';

/** The policy of one connection: its own rules, its preset, its budgets; and two ways to try a change before it is in force. */
export function PolicyTab({ view, readOnly }: { readonly view: ConnectionView; readonly readOnly: boolean }) {
  const connection = view.config.name;
  const saved = savedPolicy(view.config);
  const kept = usePolicyDrafts((drafts) => drafts.byConnection[connection]);
  const { set, discard } = usePolicyDrafts.getState();
  const draft = kept ?? saved;
  const dirty = !samePolicy(draft, saved);
  const [before, setBefore] = useState<PolicyDraft | null>(null);
  const presets = useCall('policy.presets', {});
  const inForce = useCall('policy.rules', { connection });
  const save = useAction('policy.save');
  const client = useQueryClient();
  const tell = useUi((ui) => ui.tell);

  const put = (policy: PolicyDraft, undo: PolicyDraft | null, said: string) =>
    save.mutate(
      { connection, policy: policy.policy, rules: [...policy.rules], budgets: policy.budgets ?? { over: 'ask' } },
      {
        onSuccess: (next) => {
          client.setQueryData<ConnectionView[]>(callKey('connections.list', {}), (list) =>
            list?.map((other) => (other.config.name === connection ? next : other)),
          );
          void client.invalidateQueries({ queryKey: callKey('policy.rules', { connection }) });
          discard(connection);
          setBefore(undo);
          tell(said);
        },
      },
    );
  const change = (part: Partial<PolicyDraft>) => set(connection, { ...draft, ...part });
  const preset = presets.data?.find((candidate) => candidate.preset === draft.policy);

  return (
    <div className={styles.layout}>
      <div className={styles.main}>
        <div className={styles.bar}>
          <SelectField
            label="Preset"
            value={draft.policy}
            disabled={readOnly}
            options={(presets.data ?? []).map((one) => ({ value: one.preset, label: one.title }))}
            onChange={(policy) => change({ policy })}
          />
          {!readOnly && (
            <div className={styles.actions}>
              {dirty && <span className={styles.dirty}>Not saved</span>}
              {!dirty && before !== null && (
                <Button
                  size="small"
                  busy={save.isPending}
                  onClick={() => put(before, null, 'The earlier policy is back')}
                >
                  Undo the last save
                </Button>
              )}
              <Button size="small" disabled={!dirty} onClick={() => discard(connection)}>
                Discard
              </Button>
              <Button
                size="small"
                variant="accent"
                disabled={!dirty}
                busy={save.isPending}
                onClick={() => put(draft, saved, 'Policy saved')}
              >
                Save
              </Button>
            </div>
          )}
        </div>
        <ErrorNote error={save.error} />
        <ErrorNote error={inForce.error} retry={() => void inForce.refetch()} />
        <OwnRules
          rules={draft.rules}
          saved={saved.rules}
          inForce={inForce.data ?? null}
          readOnly={readOnly}
          onChange={(rules) => change({ rules })}
        />
        {presets.isPending && <Loading lines={6} label="Loading the policy" />}
        <ErrorNote error={presets.error} retry={() => void presets.refetch()} />
        {preset && <PresetRules preset={preset} hits={inForce.data?.hits ?? []} />}
        <BudgetFields budgets={draft.budgets} readOnly={readOnly} onChange={(budgets) => change({ budgets })} />
      </div>
      <aside className={styles.aside}>
        <TryStatement
          connection={connection}
          draft={dirty ? { policy: draft.policy, rules: [...draft.rules] } : null}
        />
        <BacktestPanel connection={connection} draft={draft} dirty={dirty} />
      </aside>
    </div>
  );
}
