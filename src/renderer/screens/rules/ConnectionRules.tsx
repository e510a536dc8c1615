import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CatalogTable, ConnectionView, MaskRule } from '../../../contract/index.ts';
import { useUi } from '../../app/ui-store.ts';
import { callKey, useAction, useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { plural } from '../../parts/format.ts';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { MaskIcon, PlusIcon } from '../../theme/icons.tsx';
import { CatalogTree } from './CatalogTree.tsx';
import styles from './ConnectionRules.module.css';
import { newRuleId, ruleProblems, useDrafts } from './drafts.ts';
import { suggestedMasker } from './maskers.ts';
import { SecondNet } from './net/SecondNet.tsx';
import { Suggestions } from './net/Suggestions.tsx';
import { type PreviewTarget, RulePreview } from './RulePreview.tsx';
import { RuleRow } from './RuleRow.tsx';

/** The mask rules of one connection: edit, see them on real rows, then save all of them at once. */
export function ConnectionRules({ view, readOnly }: { readonly view: ConnectionView; readonly readOnly: boolean }) {
  const connection = view.config.name;
  const saved = view.config.maskRules;
  const draft = useDrafts((drafts) => drafts.byConnection[connection]);
  const { set, discard } = useDrafts.getState();
  const save = useAction('rules.save');
  const catalog = useCall('rules.catalog', { connection });
  const client = useQueryClient();
  const tell = useUi((ui) => ui.tell);
  const [chosen, setChosen] = useState<PreviewTarget | null>(null);
  const rules: readonly MaskRule[] = draft ?? saved;
  const dirty = draft !== undefined && JSON.stringify(draft) !== JSON.stringify(saved);
  const problems = rules.map((rule) => ruleProblems(rule, rules));
  const valid = problems.every((problem) => Object.keys(problem).length === 0);
  const target = chosen ?? firstMasked(catalog.data);

  const change = (next: readonly MaskRule[]) => set(connection, next);
  const add = (schema: string, table: string, column: string) =>
    change([...rules, { id: newRuleId(table, column, rules), schema, table, column, masker: suggestedMasker(column) }]);
  const commit = () =>
    save.mutate(
      { connection, rules: [...rules] },
      {
        onSuccess: (next) => {
          // The answer is shown at once: between here and the list asked for again, the old rules would flash by.
          client.setQueryData<ConnectionView[]>(callKey('connections.list', {}), (list) =>
            list?.map((other) => (other.config.name === connection ? next : other)),
          );
          discard(connection);
          tell('Rules saved');
        },
      },
    );

  return (
    <div className={styles.layout}>
      <section className={styles.rules} aria-label="Mask rules">
        {view.credential !== 'needed' && <Suggestions view={view} readOnly={readOnly} />}
        <header className={styles.head}>
          <h2>Mask rules</h2>
          <span className={styles.count}>{plural(rules.length, 'rule')}, the first that fits a column holds</span>
          {!readOnly && (
            <div className={styles.actions}>
              {dirty && <span className={styles.dirty}>Not saved</span>}
              <Button size="small" icon={<PlusIcon size={14} />} onClick={() => add('public', '', '')}>
                Add rule
              </Button>
              <Button size="small" disabled={!dirty} onClick={() => discard(connection)}>
                Discard
              </Button>
              <Button size="small" variant="accent" disabled={!dirty || !valid} busy={save.isPending} onClick={commit}>
                Save
              </Button>
            </div>
          )}
        </header>
        <ErrorNote error={save.error} />
        {rules.length === 0 ? (
          <Empty icon={<MaskIcon size={22} />} title="Nothing is masked">
            <p>Every value reaches the agent as it is. Choose a column from the catalog to mask it.</p>
          </Empty>
        ) : (
          <ol className={styles.list}>
            {rules.map((rule, index) => (
              <RuleRow
                // biome-ignore lint/suspicious/noArrayIndexKey: the id of a rule is edited in the row; its place is not
                key={index}
                rule={rule}
                problems={problems[index] ?? {}}
                readOnly={readOnly}
                onChange={(next) => change(rules.map((other, place) => (place === index ? next : other)))}
                onRemove={() => change(rules.filter((_, place) => place !== index))}
              />
            ))}
          </ol>
        )}
        {target && <RulePreview connection={connection} target={target} rules={valid ? rules : saved} stale={!valid} />}
        <SecondNet view={view} readOnly={readOnly} />
      </section>
      <aside className={styles.catalog} aria-label="Catalog">
        <h2 className={styles.catalogTitle}>Catalog</h2>
        {catalog.isPending && <Loading lines={8} label="Loading the catalog" />}
        <ErrorNote error={catalog.error} retry={() => void catalog.refetch()} />
        {catalog.data && (
          <CatalogTree
            tables={catalog.data}
            rules={rules}
            readOnly={readOnly}
            target={target}
            onPreview={setChosen}
            onAdd={add}
          />
        )}
      </aside>
    </div>
  );
}

/** The table to show first: one with a masked column, else any table, else whatever there is (views of extensions may not work). */
function firstMasked(tables: readonly CatalogTable[] | undefined): PreviewTarget | null {
  const table =
    tables?.find(({ columns }) => columns.some((column) => column.maskedBy !== null)) ??
    tables?.find(({ kind }) => kind === 'table') ??
    tables?.[0];
  return table ? { schema: table.schema, table: table.name } : null;
}
