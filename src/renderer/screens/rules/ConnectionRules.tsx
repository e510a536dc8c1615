import { useState } from 'react';
import type { CatalogTable, ConnectionView, MaskRule } from '../../../contract/index.ts';
import { useCall } from '../../data/query.ts';
import { Button } from '../../parts/Button.tsx';
import { plural } from '../../parts/format.ts';
import { Empty, ErrorNote, Loading } from '../../parts/Notes.tsx';
import { MaskIcon, PlusIcon } from '../../theme/icons.tsx';
import { CatalogTree } from './CatalogTree.tsx';
import styles from './ConnectionRules.module.css';
import { newRuleId } from './drafts.ts';
import { suggestedMasker } from './maskers.ts';
import { Comparisons } from './masks/Comparisons.tsx';
import { CopiedColumns } from './masks/CopiedColumns.tsx';
import { Layers } from './masks/Layers.tsx';
import { RenamedColumns } from './masks/RenamedColumns.tsx';
import { RuleNotes } from './masks/RuleNotes.tsx';
import { RulesFile } from './masks/RulesFile.tsx';
import { useMaskRules } from './masks/use-mask-rules.ts';
import { useStandings } from './masks/use-standings.ts';
import { SecondNet } from './net/SecondNet.tsx';
import { Suggestions } from './net/Suggestions.tsx';
import { TryStatement } from './policy/TryStatement.tsx';
import { type PreviewTarget, RulePreview } from './RulePreview.tsx';
import { RuleRow } from './RuleRow.tsx';

/** The mask rules of one connection: edit, see them on real rows, then save all of them at once. */
export function ConnectionRules({ view, readOnly }: { readonly view: ConnectionView; readonly readOnly: boolean }) {
  const connection = view.config.name;
  const { rules, saved, problems, dirty, valid, change, ...edit } = useMaskRules(view);
  const catalog = useCall('rules.catalog', { connection });
  const { settled, standings, hits, ...review } = useStandings(connection, valid ? rules : null);
  const [chosen, setChosen] = useState<PreviewTarget | null>(null);
  const [inFile, setInFile] = useState(false);
  const target = chosen ?? firstMasked(catalog.data);

  const add = (schema: string, table: string, column: string) =>
    change([...rules, { id: newRuleId(table, column, rules), schema, table, column, masker: suggestedMasker(column) }]);

  return (
    <div className={styles.layout}>
      <section className={styles.rules} aria-label="Mask rules">
        <Layers view={view} />
        {view.credential !== 'needed' && <Suggestions view={view} readOnly={readOnly} />}
        <header className={styles.head}>
          <h2>Mask rules</h2>
          <span className={styles.count}>{plural(rules.length, 'rule')}, the first that fits a column holds</span>
          <div className={styles.actions}>
            <Button size="small" onClick={() => setInFile(true)}>
              {readOnly ? 'Export' : 'Import, export'}
            </Button>
            {!readOnly && (
              <>
                {dirty && <span className={styles.dirty}>Not saved</span>}
                <Button size="small" icon={<PlusIcon size={14} />} onClick={() => add('public', '', '')}>
                  Add rule
                </Button>
                {!dirty && edit.undo !== null && (
                  <Button size="small" busy={edit.saving} onClick={edit.undo}>
                    Undo the last save
                  </Button>
                )}
                <Button size="small" disabled={!dirty} onClick={edit.discard}>
                  Discard
                </Button>
                <Button
                  size="small"
                  variant="accent"
                  disabled={!dirty || !valid}
                  busy={edit.saving}
                  onClick={edit.commit}
                >
                  Save
                </Button>
              </>
            )}
          </div>
        </header>
        <ErrorNote error={edit.error ?? review.error} />
        <RenamedColumns connection={connection} rules={rules} readOnly={readOnly} onChange={change} />
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
                onUp={index === 0 ? undefined : () => change(swapped(rules, index - 1))}
                onDown={index === rules.length - 1 ? undefined : () => change(swapped(rules, index))}
                onRemove={() => change(rules.filter((_, place) => place !== index))}
              >
                <RuleNotes
                  connection={connection}
                  rule={rule}
                  rules={settled}
                  standing={standings.find(({ id }) => id === rule.id)}
                  hits={hits}
                />
              </RuleRow>
            ))}
          </ol>
        )}
        {rules.length > 0 && <Comparisons view={view} readOnly={readOnly} />}
        {target && <RulePreview connection={connection} target={target} rules={valid ? rules : saved} stale={!valid} />}
        <TryStatement connection={connection} draft={dirty && valid ? { maskRules: [...rules] } : null} />
        <CopiedColumns connection={connection} />
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
      {inFile && (
        <RulesFile
          connection={connection}
          rules={rules}
          readOnly={readOnly}
          onClose={() => setInFile(false)}
          onDone={change}
        />
      )}
    </div>
  );
}

/** The rule at a place and the one behind it, the other way round. */
const swapped = (rules: readonly MaskRule[], place: number): readonly MaskRule[] =>
  rules.map((rule, at) =>
    at === place ? (rules[place + 1] ?? rule) : at === place + 1 ? (rules[place] ?? rule) : rule,
  );

/** The table to show first: one with a masked column, else any table, else whatever there is (views of extensions may not work). */
function firstMasked(tables: readonly CatalogTable[] | undefined): PreviewTarget | null {
  const table =
    tables?.find(({ columns }) => columns.some((column) => column.maskedBy !== null)) ??
    tables?.find(({ kind }) => kind === 'table') ??
    tables?.[0];
  return table ? { schema: table.schema, table: table.name } : null;
}
